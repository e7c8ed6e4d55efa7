"""What the user is told at the start."""

from collections.abc import Iterator

from mitmproxy import ctx
from mitmproxy.proxy.mode_specs import ProxyMode, ReverseMode

from session_tracking import __version__
from session_tracking.config.sites import forward_mode_notice
from session_tracking.mitm.configuration import LiveConfiguration


def start_notices(live: LiveConfiguration) -> Iterator[str]:
    """The lines of the start: version, what cannot be seen from here, what was switched on."""
    configuration = live.current
    files = ", ".join(map(str, configuration.files))
    yield f"version {__version__}, configuration: {files}"
    if ctx.options.rfile:
        yield (
            "reading a file: nothing is issued, everything is audited; what a cache did after the"
            " recording cannot be seen in it"
        )
        return
    if not configuration.issues:
        yield "enabled is false: no cookies are given out, responses are audited"
    modes = [ProxyMode.parse(mode) for mode in ctx.options.mode]
    yield (
        "a cache between the visitors and this proxy cannot be seen from here: it answers before"
        " requests arrive, and may store what passes"
    )
    if any(not isinstance(mode, ReverseMode) for mode in modes):
        notice = forward_mode_notice(configuration)
        if notice is not None:
            yield str(notice)
        elif configuration.sites:
            yield f"cookies are given out for the listed sites only: {_listed(configuration.sites)}"
    yield from live.warnings()


def _listed(sites: tuple[str, ...]) -> str:
    shown = ", ".join(sites[:_SHOWN])
    return shown if len(sites) <= _SHOWN else f"{shown} and {len(sites) - _SHOWN} more"


_SHOWN = 10
