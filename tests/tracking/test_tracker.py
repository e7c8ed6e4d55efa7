from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from session_tracking.cookies.cookie import cookie_values
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.tracking.identifiers import Identifiers, IdFormat
from session_tracking.tracking.policy import Rule, State
from session_tracking.tracking.tracker import Tracker
from tests.strategies_tracking import (
    NOW,
    OLD_KEY,
    SIGNED,
    UNSIGNED,
    all_settings,
    make_exchange,
    make_request,
    make_settings,
    make_template,
    octets,
    response_lines,
)

SITE = "shop.test"
CLIENT = ClientId("192.0.2.1", "c1")
OWN = "SessionTracking=" + "A" * 22
OTHER = "SessionTracking=" + "B" * 21 + "A"
OWN_COOKIE = {"detect": "own-cookie"}
SIGNED_IDS = {"identifiers": SIGNED}
VALID = "SessionTracking=" + SIGNED.new("SessionTracking", SITE)
ALTERED = VALID.replace(".k1.", ".k0.")


def ask(tracker, settings, request, client=CLIENT, now=NOW, *, allowed=True):
    return tracker.on_request(settings, request, client, site=SITE, allowed=allowed, now=now)


def answer(tracker, decision, settings, exchange=None, *, https=False):
    exchange = exchange or make_exchange()
    return tracker.on_response(decision, settings, exchange, site=SITE, https=https)


def cookies(*values, **line):
    return make_request(*(("Cookie", value) for value in values), **line)


NEW, SEEN, FORGED, SKIPPED, PASSED = State
GPC = ("Sec-GPC", "1")
BAD = "SessionTracking=x"

ROWS = [
    ("disabled", {"enabled": False}, cookies(), SKIPPED, Rule.DISABLED, False),
    ("new", {}, cookies(), NEW, Rule.NEW, True),
    ("C1-any-cookie", {}, cookies("a=1"), PASSED, Rule.FOREIGN, False),
    ("C1-any-cookie-nameless", {}, cookies("x"), PASSED, Rule.FOREIGN, False),
    ("C1-own-cookie", OWN_COOKIE, cookies("a=1"), NEW, Rule.FOREIGN, True),
    ("C1-exact-name", OWN_COOKIE, cookies("sessiontracking=1"), NEW, Rule.FOREIGN, True),
    ("C1-emptied", OWN_COOKIE, cookies("SessionTracking="), NEW, Rule.FOREIGN, True),
    ("C1-own", OWN_COOKIE, cookies(f"a=1; {OWN}; b=2"), SEEN, Rule.SEEN, False),
    ("C1-own-with-any", {}, cookies(OWN), SEEN, Rule.SEEN, False),
    ("C1-own-quoted", OWN_COOKIE, cookies(OWN.replace("=", '="') + '"'), SEEN, Rule.SEEN, False),
    ("C2-several-lines", OWN_COOKIE, cookies("a=1", OWN), SEEN, Rule.SEEN, False),
    ("C2-duplicate", OWN_COOKIE, cookies(f"{OWN}; {OTHER}"), SEEN, Rule.AMBIGUOUS, False),
    ("C2-duplicate-lines", OWN_COOKIE, cookies(OWN, OTHER), SEEN, Rule.AMBIGUOUS, False),
    ("C3-empty", {}, cookies(""), NEW, Rule.EMPTY, True),
    ("C3-no-pair", {}, cookies("; $Version=1"), NEW, Rule.EMPTY, True),
    ("C3-own-mode", OWN_COOKIE, cookies(" ;"), NEW, Rule.EMPTY, True),
    ("C5-head", {}, cookies(method="HEAD"), SKIPPED, Rule.METHOD, False),
    ("C12-unsigned", OWN_COOKIE, cookies(BAD), FORGED, Rule.FORGED, True),
    ("C12-signed-with-any", SIGNED_IDS, cookies(ALTERED), FORGED, Rule.FORGED, True),
    ("C12-signed", OWN_COOKIE | SIGNED_IDS, cookies(OWN), FORGED, Rule.FORGED, True),
    ("C12-valid", SIGNED_IDS, cookies(VALID), SEEN, Rule.SEEN, False),
    ("C12-unsigned-any", {}, cookies(BAD), PASSED, Rule.FOREIGN, False),
    ("C13-before-the-session", {}, make_request(GPC, ("Cookie", OWN)), SKIPPED, Rule.GPC, False),
    ("C15-websocket", {}, make_request(("Upgrade", "websocket")), SKIPPED, Rule.UPGRADE, False),
    ("C15-event-stream", {}, make_request(("Accept", "text/event-stream")), NEW, Rule.NEW, True),
    ("C17-sliding", {"refresh": "sliding"}, cookies(OWN), SEEN, Rule.REFRESH, True),
    ("C17-sliding-foreign", {"refresh": "sliding"}, cookies("a=1"), PASSED, Rule.FOREIGN, False),
    ("C17-never", {}, cookies(OWN), SEEN, Rule.SEEN, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "request_", "state", "rule", "sends"),
    [pytest.param(*row, id=i) for i, *row in ROWS],
)
def test_request(changes, request_, state, rule, sends):
    decision = ask(Tracker(), make_settings(**changes), request_)

    assert (decision.state, decision.rule) == (state, rule)
    assert (decision.value is not None) is sends
    assert not decision.finish
    assert decision.cookie_lines is None


def test_a_host_that_is_not_allowed_is_left_alone():
    tracker, settings = Tracker(), make_settings(forward_cookie=False)
    decision = ask(tracker, settings, cookies(OWN), allowed=False)

    assert (decision.state, decision.rule) == (State.SKIPPED, Rule.HOST)
    assert decision.cookie_lines is None
    assert answer(tracker, decision, settings) == (decision, None)


def test_c2_the_first_validly_signed_value_counts():
    tracker = Tracker()
    decision = ask(tracker, make_settings(**SIGNED_IDS), cookies(f"{ALTERED}; {VALID}"))

    assert decision.presented == VALID.partition("=")[2]
    assert decision.rule is Rule.AMBIGUOUS
    assert (tracker.counters.ambiguous, tracker.counters.forged) == (1, 0)


def test_c2_of_unsigned_values_the_first():
    decision = ask(Tracker(), make_settings(), cookies(OTHER, OWN))

    assert decision.presented == OTHER.partition("=")[2]


def test_c4_origin_wins_and_the_notice_comes_once():
    tracker, settings = Tracker(), make_settings()
    exchange = make_exchange(("Set-Cookie", "SessionTracking=theirs"))
    first, edit = answer(tracker, ask(tracker, settings, cookies()), settings, exchange)
    second, _ = answer(tracker, ask(tracker, settings, cookies()), settings, exchange)

    assert edit is None
    assert (first.state, first.rule, first.value) == (State.SKIPPED, Rule.COLLISION, None)
    assert "SessionTracking" not in first.notice
    assert first.notice
    assert not second.notice
    assert tracker.counters.collisions == 2
    assert tracker.counters.issued == 0


@pytest.mark.parametrize(
    ("rule", "status", "lines", "changes"),
    [
        (Rule.STATUS, 304, [], {}),
        (Rule.ERROR, 500, [], {"errors": False}),
        (Rule.CACHEABLE, 200, [("Cache-Control", "max-age=9")], {}),
    ],
)
def test_responses_that_get_no_cookie(rule, status, lines, changes):
    tracker, settings = Tracker(), make_settings(**changes)
    exchange = make_exchange(*lines, status=status)
    decision, edit = answer(tracker, ask(tracker, settings, cookies()), settings, exchange)

    assert edit is None
    assert (decision.state, decision.rule, decision.notice) == (State.SKIPPED, rule, "")
    assert tracker.counters.skipped == {rule: 1}


def test_c8_a_client_that_returns_no_cookie_is_given_no_more():
    tracker, settings = Tracker(), make_settings(unconfirmed_per_minute=2)
    request = make_request(("User-Agent", "ua"))
    exchange = replace(make_exchange(request=request), client=CLIENT)
    given_ = [ask(tracker, settings, request)]
    answer(tracker, given_[0], settings, exchange)
    given_.append(ask(tracker, settings, request))
    answer(tracker, given_[1], settings, exchange)

    assert ask(tracker, settings, request).rule is Rule.UNCONFIRMED
    assert ask(tracker, settings, make_request(("User-Agent", "other"))).rule is Rule.NEW
    assert ask(tracker, settings, request, ClientId("192.0.2.2")).rule is Rule.NEW
    assert ask(tracker, settings, request, now=NOW + 60).rule is Rule.NEW
    back = make_request(("User-Agent", "ua"), ("Cookie", f"SessionTracking={given_[0].value}"))
    assert ask(tracker, settings, back).rule is Rule.SEEN
    assert ask(tracker, settings, request).rule is Rule.NEW


def test_c8_a_response_without_cookie_does_not_count_towards_the_limit():
    tracker, settings = Tracker(), make_settings(unconfirmed_per_minute=1)
    answer(tracker, ask(tracker, settings, cookies()), settings, make_exchange(status=304))

    assert ask(tracker, settings, cookies()).rule is Rule.NEW


def test_c8_without_a_limit_nothing_is_refused():
    tracker, settings = Tracker(), make_settings()
    for _ in range(100):
        answer(tracker, ask(tracker, settings, cookies()), settings)

    assert tracker.counters.issued == 100


def test_c10_made_safe():
    tracker, settings = Tracker(), make_settings(on_cacheable="make-safe")
    exchange = make_exchange(
        ("Cache-Control", "public, max-age=600"), ("Content-Type", "image/png")
    )
    _, edit = answer(tracker, ask(tracker, settings, cookies()), settings, exchange)

    assert ("Cache-Control", "private, no-store") in edit.add
    assert "cache-control" in edit.remove


def test_c10_fail_gives_a_notice_for_each_page_once():
    tracker, settings = Tracker(), make_settings(on_cacheable="fail")

    def fetch(path):
        request = cookies(path=path)
        exchange = make_exchange(("Cache-Control", "max-age=600"), request=request)
        return answer(tracker, ask(tracker, settings, request), settings, exchange)

    decision, edit = fetch("/logo.png")
    assert edit is None
    assert decision.rule is Rule.CACHEABLE
    assert "on_cacheable" in decision.notice
    assert not fetch("/logo.png?v=2")[0].notice
    assert fetch("/other.png")[0].notice
    assert tracker.counters.skipped == {Rule.CACHEABLE: 3}


REUSE = {"reuse_on_connection": True}
REUSES = [
    ("C11-same-connection", REUSE, CLIENT, 9.9, True),
    ("C11-after-ten-seconds", REUSE, CLIENT, 10.0, False),
    ("C11-other-connection", REUSE, ClientId("192.0.2.1", "c2"), 0.0, False),
    ("C11-off-by-default", {}, CLIENT, 0.0, False),
    ("C11-off-behind-a-proxy", REUSE | {"behind_proxy": True}, CLIENT, 0.0, False),
]


@pytest.mark.parametrize(
    ("changes", "client", "later", "same"), [pytest.param(*row, id=i) for i, *row in REUSES]
)
def test_c11(changes, client, later, same):
    tracker, settings = Tracker(), make_settings(**changes)
    first = ask(tracker, settings, cookies())
    second = ask(tracker, settings, cookies(), client, NOW + later)

    assert (first.value == second.value) is same
    assert second.rule is (Rule.CONNECTION if same else Rule.NEW)


def test_c11_an_unknown_connection_is_nobodys():
    tracker, settings = Tracker(), make_settings(**REUSE)
    client = ClientId("192.0.2.1")

    assert (
        ask(tracker, settings, cookies(), client).value
        != ask(tracker, settings, cookies(), client).value
    )


def test_c11_a_shared_id_is_issued_once():
    tracker, settings = Tracker(), make_settings(**REUSE)
    decisions = [ask(tracker, settings, cookies()) for _ in range(3)]
    edits = [answer(tracker, decision, settings)[1] for decision in decisions]

    assert all(edit is not None for edit in edits)
    assert tracker.counters.issued == 1


def test_c12_forged_is_counted_and_replaced():
    tracker, settings = Tracker(), make_settings(**SIGNED_IDS)
    decision = ask(tracker, settings, cookies(ALTERED))
    final, edit = answer(tracker, decision, settings)

    assert decision.presented is None
    assert SIGNED.check(decision.value, "SessionTracking", SITE) == "valid"
    assert edit.add[-1][1].startswith(f"SessionTracking={decision.value};")
    assert final is decision
    assert (tracker.counters.forged, tracker.counters.issued) == (1, 1)


def test_c12_a_forged_one_stays_forged_when_the_response_takes_no_cookie():
    tracker, settings = Tracker(), make_settings(**SIGNED_IDS)
    decision = ask(tracker, settings, cookies(ALTERED))
    final, edit = answer(tracker, decision, settings, make_exchange(status=206))

    assert edit is None
    assert (final.state, final.rule) == (State.FORGED, Rule.STATUS)


FORWARD = [
    ("C16-off", {}, [OWN], None),
    ("C16-own-goes", {"forward_cookie": False}, [f"a=1; {OWN}; b=2 "], ("a=1; b=2 ",)),
    ("C16-alone", {"forward_cookie": False}, [OWN], ()),
    ("C16-invalid-goes-too", {"forward_cookie": False}, ["SessionTracking=x; a"], ("a",)),
    ("C16-foreign-stays", {"forward_cookie": False}, ["a=1;"], None),
    ("C16-no-cookie", {"forward_cookie": False}, [], None),
    ("C16-disabled", {"forward_cookie": False, "enabled": False}, [OWN], None),
    ("C16-own-mode", OWN_COOKIE | {"forward_cookie": False}, ["a=1", OWN], ("a=1",)),
]


@pytest.mark.parametrize(
    ("changes", "lines", "kept"), [pytest.param(*row, id=i) for i, *row in FORWARD]
)
def test_c16(changes, lines, kept):
    assert ask(Tracker(), make_settings(**changes), cookies(*lines)).cookie_lines == kept


def test_c16_holds_for_skipped_requests_too():
    settings = make_settings(forward_cookie=False)
    decision = ask(Tracker(), settings, cookies(OWN, "a=1", method="HEAD"))

    assert (decision.rule, decision.cookie_lines) == (Rule.METHOD, ("a=1",))


def test_c17_a_refresh_gets_the_safe_fields_and_keeps_the_id():
    tracker, settings = Tracker(), make_settings(refresh="sliding")
    decision = ask(tracker, settings, cookies(OWN))
    final, edit = answer(tracker, decision, settings)

    assert final is decision
    assert edit.add[0] == ("Cache-Control", "private, no-store")
    assert edit.add[-1][1].startswith(f"{OWN};")
    assert (tracker.counters.refreshed, tracker.counters.issued) == (1, 0)


def test_c17_no_refresh_on_a_publicly_cacheable_image():
    tracker, settings = Tracker(), make_settings(refresh="sliding")
    exchange = make_exchange(("Cache-Control", "public"))
    final, edit = answer(tracker, ask(tracker, settings, cookies(OWN)), settings, exchange)

    assert edit is None
    assert (final.state, final.rule) == (State.SEEN, Rule.CACHEABLE)
    assert final.presented is not None
    assert not tracker.counters.skipped


@pytest.mark.parametrize(
    ("request_", "finishes"), [(cookies(), True), (cookies(OWN), False), (cookies("x=1"), False)]
)
def test_finish(request_, finishes):
    tracker, settings = Tracker(), make_settings(on_new="finish")
    decision = ask(tracker, settings, request_)
    _, edit = answer(tracker, decision, settings)

    assert decision.finish is finishes
    assert (edit is not None) is finishes


def test_finish_is_for_new_visitors_only():
    settings = make_settings(on_new="finish", **SIGNED_IDS)

    assert not ask(Tracker(), settings, cookies(ALTERED)).finish


@pytest.mark.parametrize("https", [True, False])
def test_the_edit_of_a_new_visitor(https):
    tracker, settings = Tracker(), make_settings()
    decision = ask(tracker, settings, cookies())
    final, edit = answer(tracker, decision, settings, https=https)

    secure = "; Secure" if https else ""
    assert final is decision
    assert edit.add == (
        ("Cache-Control", "private, no-store"),
        ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("Set-Cookie", f"SessionTracking={decision.value}; Path=/{secure}; HttpOnly; SameSite=Lax"),
    )


def test_counts():
    tracker, settings = Tracker(), make_settings()
    decision = ask(tracker, settings, cookies())
    answer(tracker, decision, settings)
    for _ in range(2):
        back = ask(tracker, settings, cookies(f"SessionTracking={decision.value}"))
        answer(tracker, back, settings)
    ask(tracker, settings, cookies(OWN))
    ask(tracker, settings, cookies("a=1"))
    ask(tracker, settings, cookies(method="OPTIONS"))

    counters = tracker.counters
    assert (counters.issued, counters.seen, counters.confirmed) == (1, 3, 1)
    assert (counters.passed, counters.forged, counters.ambiguous) == (1, 0, 0)
    assert counters.skipped == {Rule.METHOD: 1}


def test_an_id_of_an_earlier_run_is_confirmed_by_its_signature():
    tracker = Tracker()
    old = Identifiers(IdFormat.SIGNED, (OLD_KEY,)).new("SessionTracking", SITE)
    for _ in range(2):
        ask(tracker, make_settings(**SIGNED_IDS), cookies(f"SessionTracking={old}"))

    assert (tracker.counters.seen, tracker.counters.confirmed) == (2, 1)


def test_values_are_not_shown():
    decision = ask(Tracker(), make_settings(), cookies(OWN))

    assert OWN.partition("=")[2] not in repr(decision)


# ------------------------------------------------------------------------ the short way


def raw(request):
    return [(n.encode("latin-1"), v.encode("latin-1")) for n, v in request.fields.lines]


def pass_by(tracker, settings, request, *, allowed=True):
    return tracker.pass_by(settings, request.method, raw(request), site=SITE, allowed=allowed)


SHORT = [
    ("no-cookie", {}, cookies(), True),
    ("no-cookie-shared", {"reuse_on_connection": True}, cookies(), False),
    ("empty-cookie", {}, cookies(""), False),
    ("foreign", {}, cookies("a=1"), True),
    ("own", {}, cookies("a=1", OWN), True),
    ("other-fields", {}, make_request(("Accept", "*/*"), ("Cookie", "a=1")), True),
    ("same-site", {}, make_request(("Cookie", "a=1"), ("Sec-Fetch-Site", "same-site")), True),
    ("cross-site", {}, make_request(("Cookie", "a=1"), ("Sec-Fetch-Site", "cross-site")), False),
    ("gpc", {}, make_request(("SEC-GPC", "1"), ("Cookie", "a=1")), False),
    ("upgrade", {}, make_request(("Cookie", "a=1"), ("Upgrade", "websocket")), False),
    ("head", {}, cookies("a=1", method="head"), False),
    ("disabled", {"enabled": False}, cookies(), True),
    ("own-cookie", OWN_COOKIE, cookies("a=1"), False),
    ("documents", {"scope": "documents"}, cookies("a=1"), False),
    ("sliding", {"refresh": "sliding"}, cookies("a=1"), False),
    ("not-forwarded", {"forward_cookie": False}, cookies("a=1"), False),
    ("limited", {"unconfirmed_per_minute": 1}, cookies("a=1"), False),
    ("dnt", {"respect_dnt": True}, cookies("a=1"), False),
    ("consent", {"consent_cookie": "c"}, cookies("a=1"), False),
    ("user-agents", {"skip_user_agents": (None,)}, cookies("a=1"), False),
    ("signed", SIGNED_IDS, cookies("a=1"), False),
]


@pytest.mark.parametrize(
    ("changes", "request_", "short"), [pytest.param(*row, id=i) for i, *row in SHORT]
)
def test_short_way(changes, request_, short):
    settings = make_settings(**changes)
    decision = pass_by(Tracker(), settings, request_)

    assert (decision is not None) is short


def test_short_way_leaves_other_hosts_alone():
    assert pass_by(Tracker(), make_settings(), cookies("a=1"), allowed=False).rule is Rule.HOST


def test_short_way_confirms():
    tracker, settings = Tracker(), make_settings()
    decision = ask(tracker, settings, cookies())
    answer(tracker, decision, settings)
    back = pass_by(tracker, settings, cookies(f"SessionTracking={decision.value}"))

    assert (back.state, back.presented) == (State.SEEN, decision.value)
    assert (tracker.counters.seen, tracker.counters.confirmed) == (1, 1)


request_lines = st.lists(
    st.tuples(
        st.sampled_from(["Cookie", "cookie"]),
        st.sampled_from(["", "a=1", OWN, f"{OWN}; {OTHER}", "SessionTracking=x", VALID, ALTERED])
        | st.just(f'$Version=1; {OWN}; $Path="/"')
        | octets(),
    )
    | st.tuples(
        st.sampled_from(
            [
                "Accept",
                "Sec-Fetch-Mode",
                "Sec-Fetch-Site",
                "Sec-GPC",
                "DNT",
                "User-Agent",
                "Upgrade",
                "Host",
                "X-Other",
            ]
        ),
        st.sampled_from(["1", "navigate", "cross-site", "text/html", "websocket"]) | octets(),
    )
    | st.tuples(octets(), octets()),
    max_size=8,
).map(tuple)
methods = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "QUERY", "\xff"])


@given(all_settings, methods, request_lines)
def test_short_way_decides_as_the_long_one(settings, method, lines):
    request = make_request(*lines, method=method)
    one, two = Tracker(), Tracker()
    short = pass_by(one, settings, request)

    if short is None:
        assert one.counters == two.counters
    else:
        long = ask(two, settings, request)
        if short.value is not None:  # which is another one each time
            assert settings.identifiers.check(short.value, settings.cookie.name, SITE) == "valid"
            short, long = (each._replace(value="") for each in (short, long))
        assert short == long
        assert one.counters == two.counters


@given(
    all_settings,
    methods,
    request_lines,
    response_lines,
    st.sampled_from([100, 101, 200, 204, 206, 301, 304, 404, 500, 999]),
    st.text(st.characters(), max_size=20),
)
def test_no_traffic_raises_and_every_cookie_is_safe(
    settings, method, lines, answer_lines, status, url
):
    tracker = Tracker()
    request = RequestFacts(method, url, FieldSection(lines))
    exchange = Exchange(
        request, ResponseFacts(status, FieldSection(answer_lines)), "", CLIENT, NOW, NOW
    )
    decision = ask(tracker, settings, request)
    final, edit = answer(tracker, decision, settings, exchange)

    if decision.cookie_lines is not None:
        assert not settings.forward_cookie
        assert not cookie_values(decision.cookie_lines, settings.cookie.name)
    assert (edit is None) is (final.value is None)
    if edit is not None:
        names = {name.lower() for name, _ in edit.add}
        assert {"cache-control", "expires"} <= names & edit.remove
        assert names & {"set-cookie", "set-cookie2"}
        assert not any(set("\r\n\0") & set(name + value) for name, value in edit.add)


def test_ids_of_two_visitors_differ():
    tracker, settings = Tracker(), make_settings(identifiers=UNSIGNED)
    values = {ask(tracker, settings, cookies()).value for _ in range(100)}

    assert len(values) == 100


def test_settings_of_another_style_send_set_cookie2():
    settings = make_settings(cookie=make_template(style="rfc2965", also_set_cookie=True))
    tracker = Tracker()
    _, edit = answer(tracker, ask(tracker, settings, cookies()), settings)

    assert [name for name, _ in edit.add[-2:]] == ["Set-Cookie2", "Set-Cookie"]


HUGE = [
    ("lines", [("Cookie", f"a{i}=1") for i in range(10_000)]),
    ("own-lines", [("Cookie", VALID.replace(".k1.", ".k0.")) for _ in range(10_000)]),
    ("value", [("Cookie", "a=" + "\xff" * 1_000_000)]),
    ("own-value", [("Cookie", "SessionTracking=" + "A" * 1_000_000)]),
    ("separators", [("Cookie", ";" * 1_000_000)]),
    ("quotes", [("Cookie", '$Version=1; SessionTracking="' + '\\"' * 500_000)]),
    ("accept", [("Accept", '"' * 1_000_000), ("Upgrade", "," * 1_000_000)]),
    ("user-agent", [("User-Agent", "x" * 1_000_000)]),
]


@pytest.mark.parametrize("lines", [pytest.param(lines, id=i) for i, lines in HUGE])
def test_huge_fields_are_read_and_judged(lines):
    tracker = Tracker()
    settings = make_settings(
        detect="own-cookie", forward_cookie=False, scope="documents", unconfirmed_per_minute=9
    )
    settings = replace(settings, identifiers=SIGNED)
    request = make_request(("Sec-Fetch-Mode", "navigate"), *lines)
    answer_lines = [("Set-Cookie", value) for _, value in lines]
    decision = ask(tracker, settings, request)
    _, edit = answer(
        tracker, decision, settings, make_exchange(*answer_lines, *lines, request=request)
    )

    collides = any(value.startswith("SessionTracking") for _, value in lines)
    assert (edit is None) is collides
    short = pass_by(Tracker(), make_settings(), request)
    assert short is None or short.rule is ask(Tracker(), make_settings(), request).rule


def test_who_comes_again_is_counted_as_before():
    tracker, settings = Tracker(), make_settings()
    known = cookies(f"SessionTracking={settings.identifiers.new('SessionTracking', SITE)}")
    for request in (known, cookies("a=1"), cookies(method="HEAD")):
        decision = ask(tracker, settings, request)
        before = replace(tracker.counters, skipped=tracker.counters.skipped.copy())
        tracker.again(decision)
        after = tracker.counters
        assert after.seen + after.passed + after.skipped.total() == (
            before.seen + before.passed + before.skipped.total() + 1
        )
    assert (after.seen, after.passed, after.skipped[Rule.METHOD]) == (2, 2, 2)


def test_what_was_attached_once_is_attached_to_its_like():
    tracker, settings = Tracker(), make_settings(refresh="sliding")
    decision, edit = answer(tracker, ask(tracker, settings, cookies()), settings)
    other = ask(tracker, settings, cookies())
    again = tracker.issue_again(other, settings, edit, site=SITE, now=NOW, https=False)
    name, line = again.add[-1]
    assert (again.remove, again.add[:-1], again.reason) == (edit.remove, edit.add[:-1], "tracker")
    assert line == edit.add[-1][1].replace(decision.value, other.value)
    assert (name, tracker.counters.issued) == ("Set-Cookie", 2)
    seen = ask(tracker, settings, cookies(f"SessionTracking={other.value}"))
    tracker.issue_again(seen, settings, edit, site=SITE, now=NOW, https=True)
    assert (tracker.counters.issued, tracker.counters.refreshed) == (2, 1)
