"""What the shadow cache foresees of exchanges comes to what it would have made of each."""

import logging
import re
import time
from email.utils import formatdate
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from mitmproxy import ctx
from mitmproxy.connection import Client, Server
from mitmproxy.http import Headers, HTTPFlow, Request, Response
from mitmproxy.proxy.mode_specs import ProxyMode

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.config.loading import load
from session_tracking.cookies.digest import Digester
from session_tracking.engine import Reading
from session_tracking.mitm import layouts, numbers as numbers_module
from session_tracking.mitm.addon import SessionTracker
from session_tracking.mitm.numbers import Numbers
from session_tracking.mitm.options import Options
from session_tracking.reports.registry import ReportSpec
from session_tracking.reports.run import FailOn
from session_tracking.shadow.shadow import Shadow
from session_tracking.swaps.detector import Detector

EXAMPLES = 25
START = 1_795_262_400.25
REVERSE = ProxyMode.parse("reverse:http://127.0.0.1:80")

OWN_WAYS = {
    "own-ignores": ("rfc9111", 'ignores = ["Cache-Control", "Vary"]'),
    "own-refuses": ("varnish", "refuses_set_cookie = true"),
    "own-strips": ("nginx-ignore-set-cookie", "strips_set_cookie = true"),
    "own-passes": ("squid", 'ignores = ["Set-Cookie"]\npasses_cookie = true'),
}


def configuration(tmp_path, profile, *more):
    text = f'enabled = true\n[shadow]\nenabled = true\nmax_entries = 5\nprofile = "{profile}"\n'
    if profile in OWN_WAYS:
        base, ways = OWN_WAYS[profile]
        text += f'[profiles.{profile}]\nbase = "{base}"\n{ways}\n'
    path = tmp_path / f"{profile}.toml"
    path.write_text("\n".join((text, *more)), "utf-8")
    return load(path)


@pytest.fixture(autouse=True, scope="module")
def master():
    """What the addon finds of mitmproxy where nothing runs."""
    with pytest.MonkeyPatch.context() as patched:
        known = SimpleNamespace(addons=SimpleNamespace(lookup={}))
        patched.setattr(ctx, "master", known, raising=False)
        yield


def tracker_under(current):
    tracker = SessionTracker()
    tracker._configuration = SimpleNamespace(current=current)
    tracker.engine.shadow.digester = Digester(b"the same in both")
    tracker.engine.detector = Detector(digester=Digester(b"this, too"))
    return tracker


def flow_of(template, client, time):
    method, path, asked, status, answered, date = template
    flow = HTTPFlow(client, Server(address=("127.0.0.1", 80)), live=True)
    flow.request = Request(
        "shop.test", 80, method.encode(), b"http", b"", path.encode(), b"HTTP/1.1",
        headers=Headers([(b"Host", b"shop.test"), *asked]), content=None, trailers=None,
        timestamp_start=time, timestamp_end=time,
    )  # fmt: skip
    dated = [] if date is None else [(b"Date", formatdate(time + date, usegmt=True).encode())]
    response = Response(
        b"HTTP/1.1", status, b"", headers=Headers([*dated, *answered]), content=None,
        trailers=None, timestamp_start=time, timestamp_end=None,
    )  # fmt: skip
    return flow, response


def fed(current, steps, *, at_length):
    """A tracker after exchanges, each after a time; with the long way round, if so wanted."""
    tracker = tracker_under(current)
    report = ReportSpec("json", None)  # it lists the routes
    tracker._options = Options(None, "", FailOn.NEVER, (report,))
    if at_length:
        tracker._numbers = SimpleNamespace(of=lambda *_: 0)
    time, comments = START, []
    for template, client, pause in steps:
        time += pause
        if template is None:
            tracker.engine.shadow.sweep(time)
            continue
        flow, response = flow_of(template, client, time)
        tracker.requestheaders(flow)
        flow.response = response
        tracker.responseheaders(flow)
        comments.append((flow.marked, without_ids(flow.comment)))
    assert not tracker.run.failures
    return tracker, comments


def without_ids(told):
    """What is told, less the ids of visitors, which are random."""
    return re.sub(r" visitor \w+", "", str(told))


def books_of(tracker):
    """All that may come of exchanges, but for random ids."""
    engine = tracker.engine
    held = [
        (
            key,
            entry.stored.request,
            entry.stored.response,
            entry.stored.time,
            entry.owner[:3],
            entry.site,
            entry.cookies,
            entry.born,
            entry.used,
        )
        for cache in engine.shadow._caches.values()
        for key, held in cache._urls.items()
        for entry in held.entries
    ]
    found = [
        (
            c.finding.fingerprint,
            c.finding.severity,
            c.count,
            c.masked,
            without_ids(c.finding.reasons),
        )
        for c in tracker.tally
    ]
    run = tracker.run
    return (
        engine.counters.sites(),
        held,
        found,
        engine.counts(),
        (run.exchanges, run.cookies_set, run.swaps.counts, run.routes.seen),
        engine.detector.watched,
    )


def fields_of(table, most):
    """Sections with a value of a few of these fields."""
    lines = [(name.encode(), value.encode()) for name, values in table.items() for value in values]
    return st.lists(st.sampled_from(lines), max_size=most, unique_by=lambda line: line[0]).map(
        tuple
    )


ASKED = fields_of(
    {
        "Cookie": ["a=1", "sid=0123456789abcdef0123456789abcdef", "sid=x; SessionTracking=junk"],
        "Accept-Encoding": ["gzip", "identity"],
        "User-Agent": ["one", "two"],
        "Authorization": ["Basic QTpC"],
        "Cache-Control": ["no-cache", "max-age=0", "no-store", "only-if-cached", "max-stale=60"],
        "Range": ["bytes=0-1"],
        "If-None-Match": ['"1"', '"2"'],
        "Pragma": ["no-cache"],
        "X-Mine": ["1", "2", "\x01"],
        "Host": ["shop.test"],
    },
    3,
)
SESSION = "sid=fedcba9876543210fedcba9876543210; Path=/; HttpOnly"
ANSWERED = fields_of(
    {
        "Cache-Control": [
            *("public, max-age=60", "max-age=5", "private", "no-cache", "no-store", "max-age=0"),
            *("public", "s-maxage=30, must-revalidate", 'private="x-a"', "max-age=60, no-cache"),
            *("max-age=10, stale-while-revalidate=30, stale-if-error=100",),
        ],
        "Vary": ["Accept-Encoding", "Cookie", "User-Agent", "*", "Accept-Encoding, X-Mine"],
        "Expires": ["Sat, 21 Nov 2026 12:01:00 GMT", "0", "Thu, 19 Nov 1981 08:52:00 GMT"],
        "Last-Modified": ["Sat, 21 Nov 2026 11:00:00 GMT"],
        "ETag": ['"1"'],
        "Age": ["0", "30"],
        "Pragma": ["no-cache"],
        "Content-Length": ["0", "1000", "900000"],
        "X-Accel-Expires": ["0", "20", "@1795262500"],
        "Surrogate-Control": ["no-store", "max-age=20"],
        "CDN-Cache-Control": ["max-age=40"],
        "Connection": ["vary"],
        "Set-Cookie": ["theme=dark", SESSION],
        "X-Long": ["x" * 900, "x" * 9000],
    },
    4,
)
PARTS = (
    st.sampled_from(["GET"] * 9 + ["HEAD", "POST"]),
    st.sampled_from(["/", "/a?b=1"]),
    st.just(()) | ASKED,
    st.sampled_from([200] * 9 + [301, 302, 304, 404, 500, 206]),
    ANSWERED,
    st.sampled_from([0, 0, 0, -1, -40, 100, None]),
)


@st.composite
def alternatives(draw):
    """A few exchanges that differ in little."""
    first = draw(st.tuples(*PARTS))
    parts = draw(st.lists(st.sampled_from([0, 1, 2, 2, 2, 3, 4, 4, 5]), max_size=3))
    others = [(*first[:part], draw(PARTS[part]), *first[part + 1 :]) for part in parts]
    return [first, *others]


PAUSES = st.sampled_from([0.3, 0.3, 0.3, 0, 1, 1, 4.5, 9, 31, 62, 125, 700, -0.5])
CLIENTS = [
    Client(
        peername=(f"127.0.0.{number}", 40_000),
        sockname=("127.0.0.1", 80),
        timestamp_start=START,
        proxy_mode=REVERSE,
    )
    for number in (2, 3)
]


@st.composite
def sequences(draw):
    """A few exchanges that come again and again, as they do on a site."""
    templates = draw(alternatives())
    chosen = draw(st.lists(st.sampled_from([*templates * 6, None]), min_size=8, max_size=24))
    return [(each, draw(st.sampled_from(CLIENTS)), draw(PAUSES)) for each in chosen]


@pytest.fixture(scope="module", autouse=True)
def _silent():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("profile", [*PROFILES, *OWN_WAYS])
def test_what_is_foreseen_is_what_comes(profile, tmp_path):
    current = configuration(tmp_path, profile)

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(sequences())
    def holds(steps):
        short, told = fed(current, steps, at_length=False)
        long, told_at_length = fed(current, steps, at_length=True)
        assert books_of(short) == books_of(long)
        assert told == told_at_length

    holds()


def a(path="/", asked=(), answered=(), date=0):
    lines = tuple((name.encode(), value.encode()) for name, value in answered)
    return ("GET", path, tuple(asked), 200, lines, date)


FRESH = ("Cache-Control", "public, max-age=600")
KNOWN = [(b"Cookie", b"a=1")]
WITH = a(answered=[FRESH, ("Set-Cookie", SESSION)])
PRIVATE = a("/x", KNOWN, [("Cache-Control", "private")])
WITHOUT = a(asked=KNOWN, answered=[FRESH])


@pytest.mark.parametrize("log", ["", "[log]\nenabled = true\n"])
def test_a_stored_cookie_is_told_of_where_none_is_sent(log, tmp_path):
    """It is the cache that would have handed it out: the response that came has none."""
    current = configuration(tmp_path, "rfc9111", log)
    steps = [(WITH, CLIENTS[0], 1), *[(WITHOUT, CLIENTS[1], 0.01)] * 5]
    steps += [(WITHOUT, CLIENTS[0], 0.01), *[(PRIVATE, CLIENTS[0], 1)] * 4]
    short, told = fed(current, steps, at_length=False)
    long, told_at_length = fed(current, steps, at_length=True)
    assert books_of(short) == books_of(long)
    assert told == told_at_length
    assert short.engine.counters.value("would_be_swaps") == 5
    assert sum(counted.count for counted in short.tally if counted.finding.rule.id == "ST501") == 5


def observed(monkeypatch, *steps, current):
    """How many of the exchanges were looked at, at length."""
    seen = []
    observe = Shadow.observe
    monkeypatch.setattr(
        Shadow, "observe", lambda self, *about: seen.append(about) or observe(self, *about)
    )
    fed(current, steps, at_length=False)
    return len(seen)


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    "template",
    [
        a(answered=[("Cache-Control", "private, no-cache")]),
        a(asked=[(b"Cookie", b"a=1")], answered=[("Cache-Control", "no-store"), ("Expires", "0")]),
        a(answered=[FRESH, ("ETag", '"1"'), ("Content-Length", "9")]),
        a(answered=[FRESH, ("Set-Cookie", SESSION), ("Content-Length", "9")]),
    ],
    ids=["private", "no-store", "asset", "session"],
)
def test_what_comes_again_and_again_is_looked_at_a_few_times(
    profile, template, tmp_path, monkeypatch
):
    current = configuration(tmp_path, profile)
    steps = [(template, CLIENTS[0], 0.01)] * 40
    assert observed(monkeypatch, *steps, current=current) <= 5


def test_the_lists_of_names_are_bounded(monkeypatch):
    monkeypatch.setattr(layouts, "MAX_LAYOUTS", 1)
    names = numbers_module._Names(frozenset({"a"}), frozenset({"b"}))
    lines = ((b"B", b"1"), (b"A", b"2"), (b"c", b"3"))
    assert names.of(lines) == ((b"b", b"a"), (b"2",))
    assert names.of(lines[1:]) == ((b"a",), (b"2",))
    assert names.of(((b"x" * 2000, b"1"), *lines)) == names.of(lines)
    assert len(names._layouts) == 1


def test_an_exchange_that_began_before_a_reload_is_looked_at(tmp_path, monkeypatch):
    current, other = (configuration(tmp_path, name) for name in ("rfc9111", "nginx"))
    numbers, reading = Numbers(), Reading()
    client = CLIENTS[0]
    flow, response = flow_of(WITHOUT, client, START)
    before = numbers.of(flow, response, current, reading)
    assert before == numbers.of(flow, response, current, reading) != 0
    assert numbers.of(flow, response, other, reading) == 0
    flow, response = flow_of(WITHOUT, client, time.time() + 1)
    assert numbers.of(flow, response, other, reading) not in {0, before}
