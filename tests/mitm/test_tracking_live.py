"""The tracker through a real mitmdump: who gets a cookie, and what is on the wire."""

import httpx
import pytest

from session_tracking.mitm import convert
from tests.h2_origin import H2Origin
from tests.mitm.wire import get, raw_exchange
from tests.proxy import Proxy
from tests.waiting import PATIENCE

ISSUED = "SessionTracking="


def ours(answer):
    return [
        line
        for line in answer.split(b"\r\n\r\n")[0].split(b"\r\n")
        if line.startswith(b"Set-Cookie: SessionTracking=")
    ]


def test_a_newcomer_gets_a_cookie_with_safe_fields(origin, reverse):
    origin.answer("/new", "Cache-Control: max-age=0", 'ETag: "1"', "Set-Cookie: origin=1")
    head = get(reverse.port, "/new").split(b"\r\n\r\n")[0].split(b"\r\n")
    assert b'ETag: "1"' in head
    assert b"Set-Cookie: origin=1" in head
    assert b"Cache-Control: private, no-store" in head
    assert b"Expires: Thu, 01 Jan 1970 00:00:00 GMT" in head
    assert b"Cache-Control: max-age=0" not in head
    assert len([line for line in head if line.startswith(b"Set-Cookie: SessionTracking=")]) == 1


def test_two_newcomers_get_different_ids(origin, reverse):
    origin.answer("/two")
    assert ours(get(reverse.port, "/two")) != ours(get(reverse.port, "/two"))


def test_a_request_with_any_cookie_passes_byte_for_byte(origin, reverse):
    answer = b"HTTP/1.1 200 OK\r\nX-oDD:  spaced \r\nCache-Control: Max-Age=5\r\nContent-Length: 2\r\n\r\nok"
    origin.raw("/seen", answer)
    received = get(reverse.port, "/seen", "Cookie: lang=en")
    assert received == answer.replace(b"X-oDD:  spaced \r\n", b"X-oDD: spaced\r\n")
    assert b"Cookie: lang=en\r\n" in origin.requests[-1]


WITHOUT = [
    ("C5-head", "HEAD", (), "200 OK", ()),
    ("C5-options", "OPTIONS", (), "200 OK", ()),
    ("C6-206", "GET", ("Range: bytes=0-1",), "206 Partial Content", ()),
    ("C10-cacheable", "GET", (), "200 OK", ("Cache-Control: public, max-age=60",)),
    ("C13-gpc", "GET", ("Sec-GPC: 1",), "200 OK", ()),
    ("C4-collision", "GET", (), "200 OK", ("Set-Cookie: SessionTracking=theirs",)),
]


@pytest.mark.parametrize(
    ("method", "request_lines", "status", "lines"), [pytest.param(*r, id=i) for i, *r in WITHOUT]
)
def test_no_cookie(origin, reverse, method, request_lines, status, lines):
    origin.answer("/none", *lines, status=status, body=b"" if method == "HEAD" else b"ok")
    received = get(reverse.port, "/none", *request_lines, method=method)
    assert received.startswith(f"HTTP/1.1 {status}".encode())
    assert [line for line in ours(received) if b"theirs" not in line] == []
    for line in lines:
        assert line.encode() in received


def test_304(origin, reverse):
    origin.raw("/fresh", b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
    received = get(reverse.port, "/fresh", 'If-None-Match: "1"')
    assert received.startswith(b"HTTP/1.1 304")
    assert ours(received) == []


WITH = [
    ("C7-redirect", "302 Found", ("Location: /x",)),
    ("C7-not-found", "404 Not Found", ()),
    ("C7-error", "500 Internal Server Error", ()),
    ("C10-document", "200 OK", ("Content-Type: text/html", "Cache-Control: public, max-age=60")),
]


@pytest.mark.parametrize(("status", "lines"), [pytest.param(*r, id=i) for i, *r in WITH])
def test_a_cookie_on_errors_redirects_and_documents(origin, reverse, status, lines):
    origin.answer("/with", *lines, status=status)
    received = get(reverse.port, "/with", "Sec-Fetch-Mode: navigate", "Accept: text/html")
    assert len(ours(received)) == 1
    assert b"Cache-Control: private, no-store" in received
    assert b"max-age=60" not in received


def test_early_hints_pass(origin, reverse):
    origin.raw(
        "/hints",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    )
    received = get(reverse.port, "/hints")
    assert received.startswith(b"HTTP/1.1 103")
    assert b"Set-Cookie" not in received.split(b"\r\n\r\n")[0]


def test_websocket_upgrade_passes(origin, reverse):
    origin.raw(
        "/ws",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "close",
    )
    head = (
        b"GET /ws HTTP/1.1\r\nHost: shop.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    received = raw_exchange(reverse.port, head)
    assert received.startswith(b"HTTP/1.1 101")
    assert ours(received) == []


def test_a_streamed_body_has_the_cookie_on_the_wire(origin, tmp_path):
    origin.answer("/big", "Content-Type: text/html", body=b"x" * 300_000)
    mode = f"reverse:http://127.0.0.1:{origin.port}"
    with Proxy(tmp_path, "--mode", mode, "--set", "stream_large_bodies=1k") as proxy:
        received = get(proxy.port, "/big")
    assert len(ours(received)) == 1
    assert b"Cache-Control: private, no-store" in received
    assert received.count(b"x" * 1000) == 300


def test_http2(tmp_path):
    upstream = H2Origin(
        [("content-type", "text/html"), ("set-cookie", "a=1"), ("set-cookie", "b=2")]
    )
    mode = f"reverse:https://127.0.0.1:{upstream.port}"
    with (
        Proxy(tmp_path, "--mode", mode, "--ssl-insecure") as proxy,
        httpx.Client(http2=True, verify=False, timeout=PATIENCE, trust_env=False) as visitor,  # noqa: S501 - its own
    ):
        upstream.start(proxy.conf_dir / "mitmproxy-ca.pem")
        first = visitor.get(f"https://127.0.0.1:{proxy.port}/h2")
        second = visitor.get(f"https://127.0.0.1:{proxy.port}/h2")
        assert proxy.stop() == 0
        upstream.close()
    assert first.http_version == "HTTP/2"
    cookies = first.headers.get_list("set-cookie")
    assert cookies[:2] == ["a=1", "b=2"]
    assert cookies[2].startswith(ISSUED)
    assert "Secure" in cookies[2]
    assert first.headers["cache-control"] == "private, no-store"
    assert second.headers.get_list("set-cookie") == ["a=1", "b=2"]
    sent = [value for name, value in upstream.requests[1] if name == b"cookie"]
    assert b"".join(sent).count(b"SessionTracking=") == 1
    assert "2 responses seen, 2 setting cookies" in proxy.log
    assert f"GET https://127.0.0.1:{upstream.port}/h2" in proxy.log


def test_finish_answers_without_upstream(origin, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('enabled = true\non_new = "finish"\n')
    origin.answer("/finish")
    mode = f"reverse:http://127.0.0.1:{origin.port}"
    with Proxy(tmp_path, "--mode", mode, "--set", f"session_tracker_config={config}") as proxy:
        proxy.wait_for("connection_strategy was set to lazy")
        first = get(proxy.port, "/finish")
        assert origin.hits["/finish"] == 0
        cookie = ours(first)[0].removeprefix(b"Set-Cookie: ").split(b";")[0].decode()
        second = get(proxy.port, "/finish", f"Cookie: {cookie}")
    assert first.startswith(b"HTTP/1.1 200")
    assert b"Content-Length: 0" in first.title()
    assert b"private, no-store" in first
    assert second.endswith(b"ok")
    assert origin.hits["/finish"] == 1


def test_answers_of_other_addons(origin, tmp_path):
    other = tmp_path / "other.py"
    other.write_text(
        "from mitmproxy.http import Response\n"
        "def requestheaders(flow):\n"
        "    if flow.request.path == '/early':\n"
        "        flow.response = Response.make(401, b'', {'WWW-Authenticate': 'Basic'})\n"
        "def request(flow):\n"
        "    if flow.request.path == '/made':\n"
        "        flow.response = Response.make(200, b'made', {'Cache-Control': 'max-age=9'})\n"
    )
    # -s is in the order of the command line: ours runs first, and has decided by then.
    mode = f"reverse:http://127.0.0.1:{origin.port}"
    with Proxy(tmp_path, "--mode", mode, "-s", str(other)) as proxy:
        made = get(proxy.port, "/made", "Accept: text/html", "Sec-Fetch-Mode: navigate")
        early = get(proxy.port, "/early")
    for answer, status in ((made, b"200"), (early, b"401")):
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert len(ours(answer)) == 1
        assert b"private, no-store" in answer
    assert not origin.hits["/made"]
    assert not origin.hits["/early"]


def test_an_earlier_addon_that_answers_the_request_keeps_its_answer(origin, tmp_path):
    mode = f"reverse:http://127.0.0.1:{origin.port}"
    with Proxy(tmp_path, "--mode", mode, "--proxyauth", "user:pass") as proxy:
        refused = get(proxy.port, "/auth")
    assert refused.startswith(b"HTTP/1.1 401")
    assert ours(refused) == []


def test_recorded_answers_of_mitmproxy_are_answers_like_any_other(origin, tmp_path):
    origin.answer("/recorded", "X-From: origin")
    mode = f"reverse:http://127.0.0.1:{origin.port}"
    flows = tmp_path / "flows.mitm"
    with Proxy(tmp_path, "--mode", mode, "-w", str(flows)) as proxy:
        get(proxy.port, "/recorded", "Cookie: a=b")
    hits = origin.hits["/recorded"]
    with Proxy(tmp_path, "--mode", mode, "--server-replay", str(flows)) as proxy:
        received = get(proxy.port, "/recorded")
    assert b"X-From: origin" in received
    assert len(ours(received)) == 1
    assert b"private, no-store" in received
    assert origin.hits["/recorded"] == hits


def test_mitmproxy_s_own_answer_to_an_origin_that_fails_has_no_cookie(origin, tmp_path):
    origin.raw("/silent", "close")
    mode = f"reverse:http://127.0.0.1:{origin.port}"
    with Proxy(tmp_path, "--mode", mode) as proxy:
        received = get(proxy.port, "/silent")
        assert proxy.stop() == 0
    assert received.startswith(b"HTTP/1.1 502")
    assert ours(received) == []
    assert "0 responses seen" in proxy.log


@pytest.mark.parametrize(
    ("options", "name"),
    [
        pytest.param((), b"Upstream", id="upstream-s-host"),
        pytest.param(("--set", "keep_host_header=true"), b"Typed", id="host-that-was-typed"),
    ],
)
def test_sites_match_the_host_that_is_seen(origin, tmp_path, options, name):
    config = tmp_path / "config.toml"
    config.write_text(
        'enabled = true\n[[site]]\nhost = "shop.test"\ncookie.name = "Typed"\n'
        '[[site]]\nhost = "127.0.0.1"\ncookie.name = "Upstream"\n'
    )
    origin.answer("/site")
    mode = ("--mode", f"reverse:http://127.0.0.1:{origin.port}")
    chosen = ("--set", f"session_tracker_config={config}", *options)
    with Proxy(tmp_path, *mode, *chosen) as proxy:
        assert b"Set-Cookie: " + name + b"=" in get(proxy.port, "/site")


def test_forward_mode_tracks_listed_sites_only(origin, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('enabled = true\n[[site]]\nhost = "localhost"\n')
    origin.answer("/forward")
    with Proxy(tmp_path, "--set", f"session_tracker_config={config}") as proxy:
        said = "cookies are given out for the listed sites only: localhost"
        proxy.wait_for(said)
        listed, other = (
            raw_exchange(
                proxy.port,
                f"GET http://{host}:{origin.port}/forward HTTP/1.1\r\nHost: {host}:{origin.port}\r\n"
                "Connection: close\r\n\r\n".encode(),
            )
            for host in ("localhost", "127.0.0.1")
        )
    assert len(ours(listed)) == 1
    assert ours(other) == []
    assert proxy.log.count(said) == 1


def test_forward_mode_without_a_site_says_so_and_audits(origin, tmp_path):
    origin.answer("/audited", "Set-Cookie: sid=1", "Cache-Control: max-age=60")
    with Proxy(tmp_path) as proxy:
        proxy.wait_for("E22")
        raw_exchange(
            proxy.port,
            f"GET http://127.0.0.1:{origin.port}/audited HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "Connection: close\r\n\r\n".encode(),
        )
        proxy.wait_for("ST201")


def test_own_cookie_is_hidden_from_upstream_where_asked(origin, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("enabled = true\nforward_cookie = false\n")
    origin.answer("/hidden")
    mode = f"reverse:http://127.0.0.1:{origin.port}"
    with Proxy(tmp_path, "--mode", mode, "--set", f"session_tracker_config={config}") as proxy:
        get(proxy.port, "/hidden", "Cookie: SessionTracking=abcdefghijklmnopqrstuv; lang=en")
        assert b"Cookie: lang=en\r\n" in origin.requests[-1]
        get(proxy.port, "/hidden", "Cookie: SessionTracking=abcdefghijklmnopqrstuv")
        assert b"ookie" not in origin.requests[-1]


def test_an_edit_that_would_split_the_field_section_is_refused():
    from mitmproxy.http import Response  # noqa: PLC0415 - only this test needs it

    from session_tracking.http.edit import Edit  # noqa: PLC0415

    response = Response.make(200)
    before = response.headers.fields
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        convert.apply(Edit(frozenset(), (("X", "a\r\nY: b"),), "tracker"), response)
    assert response.headers.fields == before


def test_forward_mode_with_the_tracker_switched_off_says_nothing_of_sites(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("enabled = false\n")
    with Proxy(tmp_path, "--set", f"session_tracker_config={config}") as proxy:
        proxy.wait_for("cannot be seen from here")
        proxy.stop()
    assert "listed" not in proxy.log
