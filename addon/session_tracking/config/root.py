"""The tables that give the keys their places: the whole file, sites, paths, delegations."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from session_tracking.config.model import Log, Settings, Trace
from session_tracking.config.section import CHOICE, Names, Section
from session_tracking.records.settings import Rollover

__all__ = [
    "KEYS",
    "LOCKS",
    "TOP_KEYS",
    "Alert",
    "Delegate",
    "Fleet",
    "Ledger",
    "Log",
    "Logs",
    "Metrics",
    "Path",
    "Profile",
    "Root",
    "RuleSeverity",
    "Site",
    "Suppress",
    "TenantFile",
    "Trace",
    "Traces",
]


class Level(Settings):
    """Keys, and which of them the levels below may set."""

    locked: Literal["*"] | Names = ()
    """Keys or tables that no level below may write, not even with the same value; "*" is all."""
    locked_except: Names = ()
    """Lock all keys except these."""
    override: Literal["allow", "deny"] = "allow"
    """`deny` locks everything for the levels below."""


class Path(Level):
    """``[[site.path]]``: other values below a path of the site above it."""

    path: str
    """First segments of the URL's path, such as `/shop`; the longest match goes first."""


class Site(Level):
    """``[[site]]``: other values for a host."""

    host: str
    """Host name, without a port; `*.shop.test` is every host below shop.test."""
    path: Annotated[tuple[Path, ...], Field(strict=False)] = ()
    """Tables `[[site.path]]`."""


class Delegate(Section):
    """``[[delegate]]``: the hosts that an included file may speak for."""

    file: str
    """Name of the file, relative to the folder that `include` names."""
    hosts: Names
    """Hosts; `*.acme.test` is every host below acme.test."""


class Profile(Section):
    """``[profiles.NAME]``: a cache of yours, by how it differs from a known one."""

    base: str
    """The profile that it is like: one of `session-tracker caches`."""
    ignores: Names = ()
    """Response fields that it was told to ignore, such as `Cache-Control` and `Set-Cookie`."""
    refuses_set_cookie: bool = False
    """It never stores a response that sets a cookie."""
    strips_set_cookie: bool = False
    """It takes Set-Cookie out of what it reuses."""
    passes_cookie: bool = False
    """It answers no request that has a Cookie field from what it stored."""


class Ledger(Section):
    """``[ledger]``: the memory of the detector of swaps, one for all sites."""

    values: Annotated[int, Field(gt=0, le=100_000_000)] = 100_000
    """Cookie values that are remembered, as digests: 100 octets of memory each."""
    hours: Annotated[int, Field(gt=0, le=10_000)] = 24
    """Hours after its last sight that a value is remembered."""


class Fleet(Section):
    """``[fleet]``: one ledger for many proxies, in Redis or Valkey; needs the extra `fleet`."""

    ledger: str = ""
    """URL: `redis:`, `rediss:` (TLS), `unix:`, `redis+cluster:`, `rediss+cluster:`; empty: none."""
    name: str = "session-tracker"
    """Begin of all keys there; a fleet is the proxies with the same ledger and name."""
    secret_file: str = ""
    """File with the secret that digests are made with, the same for all proxies."""
    secret_env: str = ""
    """Environment variable with it, instead of a file."""
    username: str = ""
    """Name to log in with, where the server has users."""
    password_file: str = ""
    """File with the password; as all files here, relative to this one."""
    password_env: str = ""
    """Environment variable with it, instead of a file."""
    ca_file: str = ""
    """File with the certificates to trust with TLS; empty: those of the system."""
    waiting: Annotated[int, Field(gt=0, le=1_000_000)] = 10_000
    """Sights of values that may wait while the ledger is slow or gone; more are a counted gap."""


class Alert(Section):
    """``[[alert]]``: what to do when a counter passes a number; the end is told, too."""

    name: str
    """Name of the alert, as the log tells it."""
    when: str
    """`COUNTER OP INTEGER`, such as `unsafe_current > 0`; `sessions.counters` names them."""
    site: str = ""
    """Host of the site whose counter is meant; empty is the sum over all."""
    command: Names = ()
    """Program and arguments to run; facts are in the environment as SESSION_TRACKER_…."""
    webhook: str = ""
    """URL that gets the facts as JSON, by POST."""
    min_interval: Annotated[int, Field(gt=0, le=31_536_000)] = 60
    """Seconds from one beginning that is told to the next."""


class Metrics(Section):
    """``[metrics]``: the counters for Prometheus; needs the extra `metrics`."""

    listen: str = ""
    """Address and port, such as 127.0.0.1:9464; port 0 takes any. Empty: not served."""


class Logs(Log):
    """``[log]``: a line for each exchange, in the W3C extended format as IIS writes it."""

    dir: str = "logs"
    """Folder of the log, relative to this file; each site has a folder in it."""
    rollover: Annotated[Rollover, CHOICE] = Rollover.DAILY
    """When a new file begins; by UTC."""
    size: Annotated[int, Field(ge=1_048_576, le=2**40)] = 20_971_520
    """With `log.rollover = "size"`: octets after which a new file begins."""
    keep: str = "30 days"
    """How long a file is kept after its last line: hours, days or weeks; "forever" deletes none."""
    key_file: str = ""
    """File with the key of the digests, relative to this file; empty: `digest.key` in `dir`."""


class RuleSeverity(StrEnum):
    """What a rule's findings are to be: a severity, or nothing at all."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    OFF = "off"


class Suppress(Section):
    """``[[suppress]]``: findings to live with, for a reason and until a date."""

    rule: str
    """Rule id, such as ST203; `*` and `?` allowed, here and in the patterns below."""
    site: str = "*"
    """Host, as findings name it."""
    path: str = "*"
    """Route, as findings name it: `/orders/{}`."""
    cookie: str = "*"
    """Name of the cookie."""
    reason: str
    """Why; it stands in every report."""
    expires: date
    """The last day on which it holds, in UTC; from then on it fails every run."""


class Traces(Trace):
    """``[trace]``: a HAR file for each exchange, with what was decided and why."""

    dir: str = "traces"
    """Folder of the traces, relative to this file; each site has a folder in it."""
    max_files: Annotated[int, Field(gt=0, le=999_999)] = 50
    """Traces of a site; the next one takes the place of the first."""


class Root(Level):
    """The whole of ``config.toml``."""

    log: Logs = Logs()  # pyright: ignore[reportIncompatibleVariableOverride] # the keys of both
    trace: Traces = Traces()  # pyright: ignore[reportIncompatibleVariableOverride] # same

    ledger: Ledger = Ledger()
    fleet: Fleet = Fleet()
    alert: Annotated[tuple[Alert, ...], Field(strict=False)] = ()
    """Tables `[[alert]]`."""
    metrics: Metrics = Metrics()

    include: str = ""
    """Further files with sites of tenants, such as `sites.d/*.toml`; empty includes none."""
    site: Annotated[tuple[Site, ...], Field(strict=False)] = ()
    """Tables `[[site]]`."""
    profiles: dict[str, Profile] = Field(default_factory=dict)
    """Tables `[profiles.NAME]`."""
    delegate: Annotated[tuple[Delegate, ...], Field(strict=False)] = ()
    """Tables `[[delegate]]`."""
    rules: dict[str, Annotated[RuleSeverity, CHOICE]] = Field(default_factory=dict)
    """Severity of a rule's findings, such as `ST203 = "warning"`, or "off"."""
    suppress: Annotated[tuple[Suppress, ...], Field(strict=False)] = ()
    """Tables `[[suppress]]`."""


class TenantFile(Section):
    """An included file: sites, and nothing else."""

    site: Annotated[tuple[Site, ...], Field(strict=False)] = ()
    """Tables `[[site]]`, for hosts that the main file delegates to this one."""


def _keys(model: type[Section], prefix: str = "") -> dict[str, Any]:
    """Dotted key → its field, for a table and the tables inside, in the order of the file."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            found |= _keys(inner, f"{prefix}{name}.")
        else:
            found[prefix + name] = field
    return found


KEYS = _keys(Settings)
"""Every key that a site may set, dotted, with its pydantic field."""

TOP_KEYS = {key: field for key, field in _keys(Root).items() if key not in _keys(Level)}
"""Every key that only the top of the main file may set, dotted, with its pydantic field."""

LOCKS = ("locked", "locked_except", "override")
"""The keys that speak about keys."""
