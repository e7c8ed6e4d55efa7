"""ST22x: what people send in the belief that it keeps a cookie from other visitors.

A note beside the finding on the level, once a response, on its gravest cookie.
"""

import re
from collections.abc import Callable, Iterator

from session_tracking.audit.declare import rule
from session_tracking.audit.findings import AuditedCookie, AuditFacts, Evidence, Rule, Severity
from session_tracking.audit.rules.set_cookie import SEVERITIES
from session_tracking.caching.directives import Directives, parse_directives
from session_tracking.caching.levels import Level, Reason
from session_tracking.caching.profiles.model import Outcome
from session_tracking.cookies.classify import CookieClass
from session_tracking.http.fields import OWS, split_members
from session_tracking.spec import Spec, rfc9110, rfc9111

type _Test = Callable[[AuditFacts, Directives], bool]
"""(facts, the directives of Cache-Control) → whether the mistake is there."""

_CLASSES = list(CookieClass)
_HARMLESS = frozenset({Outcome.MISS, Outcome.FRESH})
_SEND = 'Send "Cache-Control: private, no-store"'
_SQUID = Spec(
    "Squid 5.7 HttpHdrCc.cc",
    "",
    "https://github.com/squid-cache/squid/blob/SQUID_5_7/src/HttpHdrCc.cc",
)


def _mistake(
    *,
    number: int,
    name: str,
    title: str,
    spec: tuple[Spec, ...],
    meaning: str,
    remedy: str,
    also_safe: bool = False,
) -> Callable[[_Test], Rule]:
    """Declare the rule of one mistake; its title is the reason that findings give.

    `also_safe` is for a mistake that some cache punishes where the standard sees none.
    """

    def declare(test: _Test) -> Rule:
        def check(facts: AuditFacts) -> Iterator[Evidence]:
            if facts.level is Level.SAFE and not also_safe:
                return
            said = parse_directives(facts.exchange.response.fields.values("cache-control"))
            if test(facts, said) and (cookie := _gravest(facts)) is not None:
                yield Evidence(cookie, Severity.NOTE, (Reason(title, spec[0]),), remedy)

        return rule(
            id=f"ST{number}",
            name=name,
            title=title,
            severity=Severity.NOTE,
            spec=spec,
            help=f"{meaning} {remedy}",
        )(check)

    return declare


def _gravest(facts: AuditFacts) -> AuditedCookie | None:
    """The gravest of the response's cookies; None if nobody is in danger.

    Caches that the user names and that hand out neither the cookie nor the body end the matter.
    """
    if not facts.cookies or (facts.outcomes and _HARMLESS.issuperset(facts.outcomes.values())):
        return None
    return min(facts.cookies, key=lambda cookie: _CLASSES.index(cookie.cookie_class))


def _open(facts: AuditFacts, said: Directives) -> bool:
    """Whether the level calls for a finding and Cache-Control holds nothing that protects."""
    if facts.level is None or said.unqualified("private") or "no-store" in said:
        return False
    return any(facts.level in SEVERITIES[cookie.cookie_class] for cookie in facts.cookies)


@_mistake(
    number=220,
    name="no-cache-alone",
    title="no-cache forbids reuse without asking the origin, not storing",
    spec=(rfc9111("5.2.2.4"), rfc9111("4.3.4")),
    meaning="A cache may store the response, ask the origin, and after a 304 send the stored"
    " Set-Cookie to whoever asked; some caches do not even ask.",
    remedy=f"{_SEND} instead of no-cache.",
)
def no_cache_alone(facts: AuditFacts, said: Directives) -> bool:
    """An unqualified no-cache and nothing that forbids storing."""
    return said.unqualified("no-cache") and _open(facts, said)


@_mistake(
    number=221,
    name="max-age-zero-alone",
    title="max-age=0 makes the response stale at once, not unstorable",
    spec=(rfc9111("5.2.2.1"), rfc9111("4.2.4")),
    meaning="A stale response stays in the store: it is reused after validation, by a cache that"
    " cannot reach the origin, and by caches with a minimum lifetime of their own.",
    remedy=f"{_SEND} instead of max-age=0.",
)
def max_age_zero_alone(facts: AuditFacts, said: Directives) -> bool:
    """max-age=0, with or without must-revalidate, and no stronger word."""
    return (
        said.seconds("max-age") == 0
        and "s-maxage" not in said
        and not said.unqualified("no-cache")
        and _open(facts, said)
    )


@_mistake(
    number=222,
    name="pragma-alone",
    title="Pragma has no meaning in a response",
    spec=(rfc9111("5.4"),),
    meaning="Pragma: no-cache was defined for requests of HTTP/1.0. Most caches do not look at it"
    " in a response, and store it by what the other fields say.",
    remedy=f"{_SEND}; Pragma may stay beside it.",
)
def pragma_alone(facts: AuditFacts, said: Directives) -> bool:
    """Pragma: no-cache where Cache-Control does not say at least as much."""
    pragma = facts.exchange.response.fields.members("pragma")
    return (
        any(member.lower() == "no-cache" for member in pragma)
        and not said.unqualified("no-cache")
        and _open(facts, said)
    )


@_mistake(
    number=223,
    name="qualified-directive",
    title="The qualified form speaks of the listed fields only, and few caches implement it",
    spec=(rfc9111("5.2.2.7"), rfc9111("5.2.2.4")),
    meaning='private="Set-Cookie" and no-cache="Set-Cookie" leave the rest of the response to be'
    " stored; caches that do not know the form store and hand out the cookie too.",
    remedy=f"{_SEND}, without a list of fields.",
)
def qualified_directive(facts: AuditFacts, said: Directives) -> bool:
    """A list of field names after private or no-cache."""
    listed = said.qualified("private") or said.qualified("no-cache")
    return bool(listed) and _open(facts, said)


@_mistake(
    number=224,
    name="vary-cookie",
    title="Vary: Cookie does not part visitors who send no Cookie: absent matches absent",
    spec=(rfc9111("4.1"),),
    meaning="Two newcomers have no cookie yet, so their requests match, and the second one is"
    " given the first one's response with its Set-Cookie.",
    remedy=f"{_SEND}; Vary says which request a response fits, not who may have it.",
)
def vary_cookie(facts: AuditFacts, said: Directives) -> bool:
    """Vary lists Cookie, and Cache-Control asks for no validation."""
    vary = facts.exchange.response.fields.members("vary")
    return (
        any(member.lower() == "cookie" for member in vary)
        and not said.unqualified("no-cache")
        and _open(facts, said)
    )


@_mistake(
    number=225,
    name="private-and-public",
    title="public contradicts private and no-store: a cache may obey either",
    spec=(rfc9111("5.2.2.7"), rfc9111("5.2.2.9")),
    meaning="Mostly one part of an application adds private and another one public. Careful caches"
    " keep to the stricter word; HAProxy 2.6 goes by the last one, and hands out the cookie.",
    remedy=f"{_SEND}, and take public away.",
)
def private_and_public(_facts: AuditFacts, said: Directives) -> bool:
    """Public beside an unqualified private, or beside no-store."""
    return "public" in said and (said.unqualified("private") or "no-store" in said)


_PROTECTIVE = frozenset({"private", "no-store", "no-cache"})


@_mistake(
    number=226,
    name="upper-case-directive",
    title="Squid knows directives in lower case only: to it this one is not there",
    spec=(_SQUID, rfc9111("5.2")),
    meaning="The names of directives are case-insensitive, but Squid 5.7 compares them with case:"
    " measured, a response with NO-STORE or Private that could be stored without it is stored,"
    " and its body given to the next visitor.",
    remedy='Write the directives in lower case: "Cache-Control: private, no-store".',
    also_safe=True,
)
def upper_case_directive(facts: AuditFacts, _said: Directives) -> bool:
    """A protective directive in capitals, and none that Squid obeys; whatever the level."""
    names = {
        member.partition("=")[0].strip(OWS)
        for value in facts.exchange.response.fields.values("cache-control")
        if not value.islower()
        for member in split_members(value)
    }
    capital = any(name not in _PROTECTIVE and name.lower() in _PROTECTIVE for name in names)
    return capital and not any(name in names for name in ("private", "no-store"))


_IN_QUOTES = re.compile(r'"((?:[^"\\]+|\\.)*)', re.DOTALL)
_HIDDEN = re.compile(r"(?<![\w-])(?:private|no-store|no-cache)(?![\w-])", re.IGNORECASE)


@_mistake(
    number=227,
    name="quoted-directive",
    title="A directive inside of a quoted string is text, not a directive",
    spec=(rfc9110("5.6.4"), rfc9111("5.2")),
    meaning="Quotation marks around the whole value, or one that is never closed, turn directives"
    " into an argument that caches skip; some find them all the same, so a test may look safe.",
    remedy=f"{_SEND} without quotation marks.",
)
def quoted_directive(facts: AuditFacts, said: Directives) -> bool:
    """A protective directive within quotation marks, and none outside."""
    values = facts.exchange.response.fields.values("cache-control")
    quoted = (text for value in values for text in _IN_QUOTES.findall(value))
    return any(_HIDDEN.search(text) for text in quoted) and _open(facts, said)


@_mistake(
    number=228,
    name="s-maxage-zero",
    title="s-maxage=0 makes the response stale for shared caches, not unstorable",
    spec=(rfc9111("5.2.2.10"), rfc9111("4.3.4")),
    meaning="A shared cache may store the response and must validate it before each reuse; after a"
    " 304 it sends the stored Set-Cookie. Caches that do not know s-maxage go by max-age.",
    remedy=f"{_SEND} instead of s-maxage=0.",
)
def s_maxage_zero(facts: AuditFacts, said: Directives) -> bool:
    """s-maxage=0 and no stronger word."""
    return said.seconds("s-maxage") == 0 and not said.unqualified("no-cache") and _open(facts, said)


@_mistake(
    number=229,
    name="must-revalidate-alone",
    title="must-revalidate speaks of stale responses: a fresh one is reused without asking",
    spec=(rfc9111("5.2.2.2"),),
    meaning="must-revalidate and proxy-revalidate forbid the reuse of a stale response without"
    " validation. They say nothing about storing, nor about a response that is fresh.",
    remedy=f"{_SEND} instead of must-revalidate.",
)
def must_revalidate_alone(facts: AuditFacts, said: Directives) -> bool:
    """must-revalidate or proxy-revalidate, no lifetime of zero, and no stronger word."""
    return (
        ("must-revalidate" in said or "proxy-revalidate" in said)
        and 0 not in {said.seconds("max-age"), said.seconds("s-maxage")}
        and not said.unqualified("no-cache")
        and _open(facts, said)
    )
