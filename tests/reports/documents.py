"""Judged reports for the tests of the formats."""

from dataclasses import replace
from datetime import timedelta

from session_tracking.audit.findings import Severity
from session_tracking.audit.suppressions import Suppression
from session_tracking.caching.outcomes import outcomes, reference_run
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.reports.document import found_of
from session_tracking.reports.known import Baseline, Known
from session_tracking.reports.run import FailOn, Run, Tally
from session_tracking.swaps.events import EventKind
from tests.reports.test_run import TODAY, judged
from tests.reports.test_swaps import event, findings_of_events, record
from tests.strategies import NOW, exchange, findings_of

SECRET = "Zq7rT2xW9kLm4VbN8sPd3FhJ6yCg1AuE"
MARKUP = "<script>alert(1)</script>|*_`[x](http://evil.test)&\"'%0A::error::"
UNSAFE = ("Cache-Control", "public, max-age=600")


def planted(cookie, url="https://shop.test/a", *lines):
    """An exchange with the secret wherever one may stand."""
    return exchange(
        UNSAFE,
        *lines,
        ("ETag", f'"{SECRET}"'),
        ("Location", f"https://u:{SECRET}@shop.test/n;jsessionid={SECRET}?t={SECRET}"),
        ("X-Token", SECRET),
        ("Server", f"back-{SECRET}"),
        cookie=cookie,
        url=url,
        request=(
            ("Host", "shop.test"),
            ("Cookie", f"sid={SECRET}; other={SECRET}"),
            ("Authorization", f"Bearer {SECRET}"),
            ("Referer", f"https://shop.test/?sid={SECRET}"),
        ),
    )


EXCHANGES = (
    planted(f"sid={SECRET}; Path=/; HttpOnly; Max-Age=600"),
    planted(f"sid={SECRET}; HttpOnly", f"https://u:{SECRET}@shop.test/u/{SECRET}?t={SECRET}#x"),
    planted(f"{MARKUP}={SECRET}", "https://shop.test/markup"),
    planted("lang=<script>alert(2)</script>", "https://shop.test/lang"),
    planted(f"sid={SECRET}", "https://pay.test/mild", ("Cache-Control", "no-cache")),
)


def a_tally(*exchanges):
    filled = Tally()
    for given in exchanges or EXCHANGES:
        outcome = outcomes(PROFILES.values(), reference_run(given))
        for finding in findings_of(given):
            filled.add(replace(finding, site=given.request.host, caches=outcome), given)
    return filled


def a_run(**facts):
    run = Run("live", NOW, NOW + 60, exchanges=7, cookies_set=5)
    for path in ("/a", "/markup", "/clean"):
        run.routes.see("shop.test", path)
    for name, value in facts.items():
        setattr(run, name, value)
    return run


def suppression(days=30, **patterns):
    texts = {"rule": "*", "site": "*", "path": "*", "cookie": "*", **patterns}
    return Suppression(
        **texts, reason=f"told {MARKUP}", expires=TODAY + timedelta(days), place="config.toml:9"
    )


def everything(fail_on=FailOn.ERROR):
    """A report with something of all there is: swaps, suppressions, a baseline, gaps."""
    filled = a_tally()
    swaps = event(EventKind.CONFIRMED), event(EventKind.SUSPECTED)
    for finding in findings_of_events(*swaps):
        filled.add(replace(finding, level=None), EXCHANGES[0])
    (masked,) = findings_of(planted(f"visit={SECRET}", "https://shop.test/masked"))
    filled.add(masked.masked("tracker"), EXCHANGES[1])
    filled.dropped = 2
    filled.dropped_by[Severity.ERROR] = 2
    known = [
        Known.of(found_of(c)) for c in filled if c.finding.route == "/a" and not c.finding.swap
    ]
    gone = [
        Known("ST202", Severity.ERROR, "shop.test", path, MARKUP) for path in ("/clean", "/else")
    ]
    gone.append(Known("ST999", Severity.ERROR, "shop.test", "/clean", "sid"))
    return judged(
        a_run(swaps=record(*swaps), incomplete={f"because {MARKUP}": None}, unjudged=2),
        filled,
        fail_on,
        suppressions=(
            suppression(cookie="lang"),
            suppression(-1, rule="ST201"),
            suppression(site="x"),
        ),
        baseline=Baseline("known.toml", (*known, *gone)),
        off=("ST224", "ST225"),
    )


def plain(**run):
    """A report without anything of that kind."""
    return judged(a_run(**run), a_tally())


def clean():
    return judged(a_run(cookies_set=0), Tally())


def empty():
    run = a_run(exchanges=0, cookies_set=0)
    run.routes.seen.clear()
    return judged(run, Tally())


def many(count=400):
    given = [planted(f"c{n}={SECRET}", f"https://shop.test/p{n}x") for n in range(count)]
    return judged(a_run(), a_tally(*given))


DOCUMENTS = {"everything": everything, "plain": plain, "clean": clean, "empty": empty, "many": many}
