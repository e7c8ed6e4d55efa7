"""Where caches of good name do not do what RFC 9111 says, and a level has to know it.

Each was seen on the caches of Debian 12 in their default configurations (`profiles`).
"""

from dataclasses import dataclass

from session_tracking.caching.directives import Directives
from session_tracking.http.exchange import Exchange
from session_tracking.spec import Spec, rfc9111

SECTIONS = {"no-store": "5.2.2.5", "private": "5.2.2.7"}
HTTPD = Spec("Apache httpd mod_cache", "", "https://httpd.apache.org/docs/2.4/mod/mod_cache.html")


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of the reasoning, with the section that it rests on."""

    text: str
    spec: Spec


def doubt(directives: Directives, forbidding: list[str]) -> Reason | None:
    """Why caches of good name do not obey what forbids storing; None if all do.

    Each was seen on the caches of Debian 12 (`session-tracker caches`).
    """
    plain = [name for name in forbidding if directives.unqualified(name)]
    if "public" in directives:
        # HAProxy stores and replays `private, no-store, public`.
        text = f"{forbidding[0]} and public contradict each other, and some caches obey the latter"
    elif not plain:
        text = "no-store with an argument is not known to Apache httpd and HAProxy"
    elif all(name in directives.odd for name in plain):
        text = f"{plain[0]} is not in lower case, so Squid does not know it"
    else:
        return None
    return Reason(text, rfc9111(SECTIONS[forbidding[0]]))


def httpd_stores(exchange: Exchange, directives: Directives) -> bool:
    """Whether a Cache-Control without a lifetime makes Apache httpd store any status.

    It takes one that does not forbid storing for leave to store; after a server error even
    no-cache is, in case the next answer is an error too (CacheStaleOnError).
    """
    if not directives.arguments:
        return False
    return not directives.unqualified("no-cache") or exchange.response.status >= 500
