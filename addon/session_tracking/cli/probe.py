"""`session-tracker probe`: asks as two visitors, and tells who was handed whose cookie."""

import ipaddress
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from session_tracking.cli.cache_names import Caches, caches_option, chosen_caches, config_option
from session_tracking.cli.inputs import FILE
from session_tracking.cli.probe_targets import Targets, header_lines
from session_tracking.config.loading import load
from session_tracking.config.sites import Configuration
from session_tracking.cookies.digest import Digester
from session_tracking.http.exchange import RequestFacts
from session_tracking.reports.probes import (
    probe_lines,
    probes_json,
    probes_status,
    probes_summary,
)
from session_tracking.swaps.probe.connection import Network, tls_context
from session_tracking.swaps.probe.driving import RATE, Driver
from session_tracking.swaps.probe.facts import Target, Visitor
from session_tracking.swaps.probe.plan import Probe
from session_tracking.swaps.probe.reading import ProbeSettings
from session_tracking.swaps.probe.verdict import ProbeVerdict

__all__ = ["probe"]


@click.command(
    epilog="""\b
Examples:
  session-tracker probe https://shop.test/ https://shop.test/logo.png
  session-tracker probe --from findings.json --rate 1
  session-tracker probe --from capture.mitm --format json > probe.json
  session-tracker probe --header 'Host: shop.test' --insecure https://192.0.2.7/

\b
Answers, and the exit status that the worst of them gives:
  3  proven swap     the second visitor was given the cookie of the first
  3  collapsed swap  two who asked at the same time were given one cookie
  2  not assessable  it cannot be told; the reason says what would help
  1  stripped        the second visitor got a stored answer without its cookie
  0  safe            each was given a cookie of their own, or none
Wrong usage is 64, a wrong configuration 78."""
)
@click.argument("urls", metavar="[URL]...", nargs=-1)
@click.option(
    "--from", "files", type=FILE, multiple=True, metavar="FILE",
    help="Ask what set a cookie in a recording, or has a finding in a JSON report. Repeatable.",
)  # fmt: skip
@click.option(
    "--header", "headers", multiple=True, metavar="NAME:VALUE",
    help="Field of every request, such as Host or Accept-Language; no Cookie. Repeatable.",
)  # fmt: skip
@click.option(
    "--allow-bare-url", "bare", is_flag=True,
    help="Where it takes that, ask without a query of our own. Real visitors may then be given what"
    " the probe stored.",
)  # fmt: skip
@click.option(
    "--ignore", multiple=True, metavar="NAME",
    help="Cookie (pattern) not to look at, such as one that is the same for all. Repeatable.",
)  # fmt: skip
@click.option(
    "--concurrency", type=click.IntRange(1, 64), default=8, show_default=True,
    help="URLs that are asked at the same time.",
)  # fmt: skip
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), default=RATE, show_default=True,
    help="Requests a second that one host is sent.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(0, min_open=True), default=10.0, show_default=True,
    help="Seconds for a connection, a head and a content.",
)  # fmt: skip
@click.option(
    "--local-address", "addresses", multiple=True, metavar="ADDRESS",
    help="Address that the visitors connect from; given twice, one each.",
)  # fmt: skip
@click.option("--insecure", is_flag=True, help="Check no certificates.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@caches_option
@config_option
def probe(  # noqa: PLR0913 - one an option
    urls: tuple[str, ...],
    *,
    files: tuple[str, ...],
    headers: tuple[str, ...],
    bare: bool,
    ignore: tuple[str, ...],
    concurrency: int,
    rate: float,
    timeout: float,
    addresses: tuple[str, ...],
    insecure: bool,
    form: str,
    caches: str | None,
    config: Path | None,
) -> None:
    """Ask each URL as two visitors without cookies, and tell whether they are given one cookie.

    They ask in turn, at once, and while an answer is under way: up to 20 requests a URL, GET and
    HEAD only, each on a connection of its own, under a query of our own so that nobody else is
    given what a cache stores of it. Redirects are not followed.
    """
    targets = Targets(header_lines(headers))
    for url in urls:
        targets.add_url(url)
    for name in files:
        targets.add_file(name)
    if not targets and not targets.problems:
        raise click.UsageError("Name a URL, or a file with --from.")
    network = Network(timeout, tls_context(insecure=insecure), _addresses(addresses))
    driver = Driver(network, rate, concurrency)
    configuration = load(config)
    chosen = chosen_caches(caches, config) if caches is not None else None
    probes = [
        Probe(target, _settings(target, configuration, chosen, ignore, bare=bare))
        for target in targets
    ]
    verdicts: list[ProbeVerdict] = []
    problems = list(targets.problems)
    digester = Digester()
    shown = _with_progress(driver.run_all(probes), len(probes))
    try:
        for verdict in shown:
            verdicts.append(verdict)
            if form == "text" and not sys.stderr.isatty():
                _tell(verdict, digester)
    except KeyboardInterrupt:
        problems.append("it was interrupted: not every URL was asked")
    _finish(verdicts, problems, digester, form)
    raise click.exceptions.Exit(probes_status(verdicts, complete=not problems))


def _finish(
    verdicts: Sequence[ProbeVerdict], problems: Sequence[str], digester: Digester, form: str
) -> None:
    if form == "json":
        click.echo(probes_json(verdicts, problems, digester))
        return
    if sys.stderr.isatty():  # a bar was there until now
        for verdict in verdicts:
            _tell(verdict, digester)
    for problem in problems:
        click.echo(f"incomplete: {problem}", err=True)
    click.echo(probes_summary(verdicts))


def _tell(verdict: ProbeVerdict, digester: Digester) -> None:
    click.echo("\n".join(probe_lines(verdict, digester)))
    sys.stdout.flush()


def _with_progress(verdicts: Iterator[ProbeVerdict], count: int) -> Iterator[ProbeVerdict]:
    """The verdicts, with a bar on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield from verdicts
        return
    with click.progressbar(verdicts, length=count, file=sys.stderr) as bar:
        yield from bar


def _addresses(given: tuple[str, ...]) -> dict[Visitor, str]:
    if len(given) > 2:
        raise click.UsageError("--local-address is given at most twice.")
    for address in given:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise click.UsageError("--local-address is no address.") from None
    return dict(zip(Visitor, (given * 2)[:2], strict=False)) if given else {}


def _settings(
    target: Target,
    configuration: Configuration,
    caches: Caches | None,
    ignore: Sequence[str],
    *,
    bare: bool,
) -> ProbeSettings:
    """What the configuration says about the URL, and the options before that."""
    parts = target.parts
    site = configuration.for_url(target.host, parts.path or "/")
    asked = site.audit.caches
    if caches is not None:
        asked = caches(RequestFacts("GET", target.seen_url))
    return ProbeSettings(bare, (*site.swaps.ignore, *ignore), site.audit.names, asked)
