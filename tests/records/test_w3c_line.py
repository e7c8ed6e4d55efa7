import re
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings as effort, strategies as st

from session_tracking.cookies.digest import Digester
from session_tracking.records import w3c_line
from session_tracking.records.settings import ClientAddress, CookieMode
from session_tracking.records.w3c_fields import DEFAULT_FIELDS, FIELDS
from session_tracking.records.w3c_line import Layout
from session_tracking.records.w3c_read import Reader
from session_tracking.records.w3c_text import encode
from tests.records.w3c import KEY, OWN, files, settings, visit

SECRET = "3f2a9c81d0e7b645"


def word(field, exchange, **changed):
    """The one word of a field."""
    layout = Layout(settings(files("/x"), fields=[field], **changed), Digester(KEY))
    words = layout.line(exchange).split(" ")
    return words[layout.fields.index(field)]


def asked(*lines, **changed):
    return visit(request_lines=tuple(lines), **changed)


def sent(*lines, **changed):
    return visit(response_lines=tuple(lines), **changed)


COOKIE = (b"Cookie", f"sid={SECRET}; SessionTracking={OWN}; e=".encode())
FIELD_ROWS = [
    ("date", "date", visit(), "2026-11-21"),
    ("time", "time", visit(1_795_305_599.999), "23:59:59"),
    ("site", "s-sitename", visit(), "shop.test"),
    ("server", "s-ip", visit(), "127.0.0.1"),
    ("port", "s-port", visit(), "8080"),
    ("method", "cs-method", visit(method=b"M G"), "M+G"),
    ("stem", "cs-uri-stem", visit(target=b"/a%20b c?d?e"), "/a%20b+c"),
    ("query", "cs-uri-query", visit(target=b"/a?d?e f"), "d?e+f"),
    ("no-query", "cs-uri-query", visit(target=b"/a"), "-"),
    ("empty-query", "cs-uri-query", visit(target=b"/a?"), "-"),
    ("user", "cs-username", visit(user="jo ann"), "jo+ann"),
    ("no-user", "cs-username", visit(), "-"),
    ("client", "c-ip", visit(), "192.0.2.7"),
    ("mapped", "c-ip", visit(client="::ffff:192.0.2.7"), "192.0.2.7"),
    ("scope", "c-ip", visit(client="fe80::1%eth0"), "fe80::1"),
    ("no-address", "c-ip", visit(client="a b"), "-"),
    ("version", "cs-version", visit(version=b"HTTP/2.0"), "HTTP/2.0"),
    ("host", "cs-host", visit(authority=b""), "-"),
    ("status", "sc-status", visit(status=404), "404"),
    ("no-status", "sc-status", visit(status=None), "-"),
    ("substatus", "sc-substatus", visit(substatus=3), "3"),
    ("win32", "sc-win32-status", visit(win32_status=64), "64"),
    ("taken", "time-taken", visit(), "4"),
    ("level", "x-cache-level", visit(level="unsafe"), "unsafe"),
    ("event", "x-session-event", visit(event="new"), "new"),
    ("session", "x-session-id", visit(session_id=OWN), OWN),
    ("no-session", "x-session-id", visit(), "-"),
    ("agent", "cs(User-Agent)", asked((b"user-AGENT", b"a (b c)")), "a+(b+c)"),
    ("literal-plus", "cs(User-Agent)", asked((b"User-Agent", b"a+b")), "a+b"),
    ("utf8", "cs(User-Agent)", asked((b"User-Agent", "ü€".encode())), "ü€"),
    ("no-utf8", "cs(User-Agent)", asked((b"User-Agent", b"\xfcx\xe2\x82")), "+x++"),
    ("controls", "cs(User-Agent)", asked((b"User-Agent", b"a\r\n#b\0\x1b")), "a++#b++"),
    ("separators", "cs(User-Agent)", asked((b"User-Agent", "\u2028\u00a0\u202e\ud7a4".encode())), "++++"),
    ("twice", "cs(User-Agent)", asked((b"User-Agent", b"a"), (b"User-Agent", b"b")), "a,+b"),
    ("absent", "cs(User-Agent)", asked(), "-"),
    ("empty", "cs(User-Agent)", asked((b"User-Agent", b"")), "-"),
    ("any", "cs(X-A)", asked((b"x-a", b"1")), "1"),
    ("any-sent", "sc(X-A)", sent((b"x-a", b"1"), (b"X-A", b"2")), "1,+2"),
    ("long", "sc(X-A)", sent((b"X-A", b"a" * 9000)), "a" * 4093 + "..."),
    ("many-cookies", "sc(Set-Cookie)", sent(*[(b"Set-Cookie", b"a" * 100 + b"=")] * 300), (("a" * 100 + "=;+") * 40)[:4093] + "..."),
    ("no-cookie", "cs(Cookie)", asked(), "-"),
    ("no-set-cookie", "sc(Set-Cookie)", sent(), "-"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "exchange", "expected"), [pytest.param(*r, id=i) for i, *r in FIELD_ROWS]
)
def test_a_field(field, exchange, expected):
    assert word(field, exchange) == expected


def test_this_machine_is_named():
    assert re.fullmatch(r"\S+", word("s-computername", visit()))


def test_sizes_are_those_of_http_1_1():
    exchange = asked((b"Host", b"a"), (b"X", b"yz"), target=b"/?q", request_octets=7)
    assert word("cs-bytes", exchange) == str(
        len(b"GET /?q HTTP/1.1\r\nHost: a\r\nX: yz\r\n\r\n") + 7
    )
    assert word("cs-bytes", asked(request_octets=None)) == "-"
    exchange = sent((b"A", b"b"), response_octets=5)
    assert word("sc-bytes", exchange) == str(len(b"HTTP/1.1 200\r\nA: b\r\n\r\n") + 5)
    assert word("sc-bytes", sent(response_octets=None)) == "-"
    assert word("sc-bytes", sent(status=None)) == "0"


def test_our_id_alone_is_in_clear():
    shown = word("cs(Cookie)", asked(COOKIE, session_id=OWN))
    assert re.fullmatch(rf"sid=[0-9a-f]{{16}};\+SessionTracking={OWN};\+e=", shown)
    # A value that is not the visitor's own id is nobody's business.
    forged = word("cs(Cookie)", asked(COOKIE, session_id=""))
    assert OWN not in forged
    assert SECRET not in shown + forged
    assert shown.split(";")[0] == forged.split(";")[0]


def test_a_cookie_has_one_digest_wherever_it_is():
    line = (b"Set-Cookie", f"sid={SECRET}; Path=/; HttpOnly".encode())
    given_out = word(
        "sc(Set-Cookie)",
        sent(line, (b"set-cookie", f'SessionTracking="{OWN}"'.encode()), session_id=OWN),
    )
    came_back = word("cs(Cookie)", asked(COOKIE, session_id=OWN))
    assert given_out.split(";+") == came_back.split(";+")[:2]
    older = word(
        "sc(Set-Cookie2)", sent((b"Set-Cookie2", f'sid="{SECRET}";Version=1, b=c'.encode()))
    )
    assert [pair.split("=")[0] for pair in older.split(";+")] == ["sid", "b"]
    elsewhere = word("cs(Cookie)", asked(COOKIE, session_id=OWN), site="other.test")
    assert elsewhere.split(";+")[0] != came_back.split(";+")[0]


def test_digests_only():
    exchange = asked(COOKIE, session_id=OWN)
    shown = word("cs(Cookie)", exchange, cookies=CookieMode.HASH)
    digest = word("x-session-id", exchange, cookies=CookieMode.HASH)
    assert re.fullmatch(r"[0-9a-f]{16}", digest)
    assert shown.split(";+")[1] == f"SessionTracking={digest}"


def test_everything():
    exchange = visit(request_lines=(COOKIE,), response_lines=((b"Set-Cookie", b"a=b c; Path=/"),))
    assert (
        word("cs(Cookie)", exchange, cookies=CookieMode.ALL)
        == f"sid={SECRET};+SessionTracking={OWN};+e="
    )
    assert word("sc(Set-Cookie)", exchange, cookies=CookieMode.ALL) == "a=b+c"


def test_what_is_kept_ready_is_forgotten_in_time(monkeypatch):
    monkeypatch.setattr(w3c_line, "_KEPT", 2)
    layout = Layout(settings(files("/x"), fields=["cs(Cookie)"]), Digester(KEY))
    exchanges = [asked((b"Cookie", b"a=%d" % n), (b"X-%d" % n, b"")) for n in range(5)]
    first = [layout.line(exchange) for exchange in exchanges]
    assert [layout.line(exchange) for exchange in exchanges] == first
    assert [layout.line(exchange) for exchange in reversed(exchanges)] == first[::-1]
    assert len(layout._ready) <= 2
    assert len(set(first)) == 5


def test_equal_requests_are_looked_at_once(monkeypatch):
    monkeypatch.setattr(w3c_line, "_KEPT", 2)
    layout = Layout(settings(files("/x"), fields=FIELDS), Digester(KEY))
    exchanges = [
        visit(
            number=number,
            target=b"/%d" % turn,
            user=f"user{turn}",
            server=("127.0.0.1", turn),
            status=200 + turn,
            request_octets=turn,
            level="unsafe" if turn else "",
            client=f"192.0.2.{number}",
            session_id=f"{number}",
            request_lines=(COOKIE, (b"User-Agent", b"agent %d" % number)),
        )
        for turn in range(3)
        for number in (1, 1, 2, 3)
    ]
    lines = [layout.line(exchange) for exchange in exchanges]
    assert len(layout._asked) <= 2
    anew = Layout(settings(files("/x"), fields=FIELDS), Digester(KEY))
    assert lines == [anew.line(replace(exchange, number=0)) for exchange in exchanges]
    assert not anew._asked


def test_layouts_share_what_they_keep_and_keep_nothing_long():
    kept, chosen = {}, settings(files("/x"), fields=FIELDS)
    exchange = visit(number=7, session_id=OWN, request_lines=(COOKIE,))
    own = Layout(chosen, Digester(KEY), kept)
    hashed = Layout(replace(chosen, cookies=CookieMode.HASH), Digester(KEY), kept)
    lines = [layout.line(exchange) for layout in (own, hashed, own, hashed)]
    assert lines[:2] == lines[2:]
    assert lines[0] != lines[1]
    assert len(kept) == 2
    own.line(visit(number=8, request_lines=((b"User-Agent", b"x" * 3000),)))
    assert len(kept) == 2


@pytest.mark.parametrize(
    ("client", "network"), [("192.0.2.7", "192.0.2.0"), ("2001:db8:1:2::3", "2001:db8:1::")]
)
def test_addresses_that_are_kept_back(client, network):
    truncated = word("c-ip", visit(client=client), client_address=ClientAddress.TRUNCATED)
    assert truncated == network
    hashed = word("c-ip", visit(client=client), client_address=ClientAddress.HASH)
    assert re.fullmatch(r"fd[0-9a-f]{2}:[0-9a-f:]+", hashed)
    assert word("c-ip", visit(client=client), client_address=ClientAddress.HASH) == hashed
    forwarded = asked((b"X-Forwarded-For", client.encode()))
    assert word("cs(X-Forwarded-For)", forwarded) == client
    kept_back = word("cs(X-Forwarded-For)", forwarded, client_address=ClientAddress.HASH)
    assert re.fullmatch(r"[0-9a-f]{16}", kept_back)


def test_credentials_are_digests():
    assert re.fullmatch(
        r"[0-9a-f]{16}", word("cs(Authorization)", asked((b"Authorization", b"Basic x")))
    )
    assert word("cs(Authorization)", asked()) == "-"


octets = st.binary(max_size=60) | st.sampled_from(
    [b"a\r\n2026-11-21 00:00:00 evil", b"\n#Fields: x", b"\x85", b" ", b"-", "\u2028".encode(), b"a=b; c=d"]
)  # fmt: skip
names = st.sampled_from([b"User-Agent", b"Referer", b"Cookie", b"X-A", b"authorization"]) | octets
lines = st.lists(st.tuples(names, octets), max_size=6).map(tuple)
sent_names = st.sampled_from([b"Set-Cookie", b"set-cookie2", b"X-B"]) | octets
sent_lines = st.lists(st.tuples(sent_names, octets), max_size=6).map(tuple)
texts = st.text(max_size=20) | octets.map(lambda o: o.decode("utf-8", "surrogateescape"))


@effort(max_examples=300)
@given(
    st.sampled_from(CookieMode),
    st.sampled_from(ClientAddress),
    st.builds(
        visit,
        target=octets,
        method=octets,
        version=octets,
        authority=octets,
        client=texts,
        user=texts,
        session_id=texts,
        request_lines=lines,
        response_lines=sent_lines,
        status=st.none() | st.integers(0, 999),
    ),
)
def test_whatever_comes_is_one_line_with_all_its_fields(cookies, address, exchange):
    fields = (*FIELDS, "cs(X-A)", "cs(Authorization)", "sc(X-B)", "sc(Set-Cookie2)")
    chosen = settings(files("/x"), fields=fields, cookies=cookies, client_address=address)
    layout = Layout(chosen, Digester(KEY))
    line = layout.line(exchange)
    text = f"#Fields: {' '.join(layout.fields)}\n{line}\n".encode()
    reader = Reader()
    (row,) = reader.read_stream(BytesIO(text))
    assert reader.skipped == []
    assert tuple(row.values) == layout.fields

    def listed(sent, wanted):
        return b", ".join(value for name, value in sent if name.lower() == wanted)

    told = {
        "cs-method": exchange.method,
        "cs-uri-stem": exchange.target.partition(b"?")[0],
        "cs-uri-query": exchange.target.partition(b"?")[2],
        "cs-host": exchange.authority,
        "cs-version": exchange.version,
        "cs-username": exchange.user.encode("utf-8", "surrogateescape"),
        "cs(User-Agent)": listed(exchange.request_lines, b"user-agent"),
        "cs(Referer)": listed(exchange.request_lines, b"referer"),
        "cs(X-A)": listed(exchange.request_lines, b"x-a"),
        "sc(X-B)": listed(exchange.response_lines, b"x-b"),
    }
    assert {name: row.values[name] for name in told} == {
        name: None if encode(value) == "-" else encode(value) for name, value in told.items()
    }


@given(st.binary())
def test_the_encoding_loses_no_more_than_it_says(value):
    text = encode(value)
    assert text.isprintable()
    assert " " not in text
    assert text
    assert len(text.encode()) <= 4096
    try:
        plain = value.decode()
    except UnicodeDecodeError:
        return
    if plain and plain.isprintable() and " " not in plain:
        assert text == plain


def test_the_usual_fields_are_iis_s_own_and_ours():
    assert [name for name in DEFAULT_FIELDS if name.startswith("x-")] == [
        "x-session-id",
        "x-session-event",
        "x-cache-level",
    ]
