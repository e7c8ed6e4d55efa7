"""The clients of a probe over real sockets, and how their steps are carried out."""

import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from itertools import count

import pytest

from session_tracking.swaps.probe import connection
from session_tracking.swaps.probe.connection import Network, take_step, tls_context
from session_tracking.swaps.probe.driving import Driver
from session_tracking.swaps.probe.facts import Kind, Target, Visitor
from session_tracking.swaps.probe.plan import STEPS, Probe
from session_tracking.swaps.probe.reading import ProbeSettings
from session_tracking.swaps.probe.verdict import Result
from tests.origin import Origin
from tests.waiting import wait_until

FAST = 10_000.0
SID = "Set-Cookie: sid={n}"


@pytest.fixture(scope="module")
def origin():
    started = Origin()
    yield started
    started.close()


def probe(origin, path, *lines, network=None, **settings):
    target = Target.of(f"http://127.0.0.1:{origin.port}{path}", lines)
    driver = Driver(network or Network(), FAST)
    return driver.run(Probe(target, ProbeSettings(**settings)))


def test_what_is_sent(origin):
    origin.answer("/sent", SID, "Cache-Control: private", body=b"{n}")
    before = len(origin.requests)
    verdict = probe(origin, "/sent?a=1", ("Host", "shop.test"), ("Accept", "text/html"))
    assert verdict.result is Result.SAFE
    first, *others = origin.requests[before:]
    line, *fields = first.decode().splitlines()
    assert line.startswith("GET /sent?a=1&session-tracker-probe=")
    assert line.endswith("1 HTTP/1.1")
    name, _, agent = fields.pop(1).partition(": ")
    assert (name.lower(), agent.startswith("session-tracker/")) == ("user-agent", True)
    assert [field.lower() for field in fields] == [
        "host: shop.test",
        "accept: text/html",
        "connection: close",
    ]
    assert len(others) == 10
    assert {request.split()[0] for request in others} == {b"GET", b"HEAD"}
    assert verdict.answers[0].content != verdict.answers[1].content
    assert [answer.length for answer in verdict.answers[:2]] == [6, 6]


def test_past_the_cache(origin):
    origin.answer("/constant", "Set-Cookie: sid=constant")
    before = len(origin.requests)
    assert probe(origin, "/constant", bare=True).result is Result.NOT_ASSESSABLE
    last = origin.requests[-1].lower()
    assert b"cache-control: no-cache" in last
    assert b"pragma: no-cache" in last
    assert b"get /constant http/1.1" in last
    assert len(origin.requests) - before == 10


def test_visitors_have_addresses_of_their_own():
    with socket.create_server(("127.0.0.1", 0)) as server:
        peers = []

        def serve():
            for _ in range(11):
                client, (address, _) = server.accept()
                with client:
                    client.settimeout(10)
                    peers.append(address)
                    client.recv(4096)
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        network = Network(addresses={Visitor.A: "127.0.0.2", Visitor.B: "127.0.0.3"})
        target = Target.of(f"http://127.0.0.1:{server.getsockname()[1]}/")
        Driver(network, FAST).run(Probe(target))
    assert peers == ["127.0.0.2", "127.0.0.3"]


BROKEN = [
    ("no answer", ["break"], {}, "reset"),
    ("closed", ["close"], {}, "no HTTP/1.1"),
    ("no HTTP", [b"SSH-2.0-x\r\n\r\n"], {}, "no HTTP/1.1"),
    ("too long a head", [b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000], {}, "no HTTP/1.1"),
    ("silent", [], {"timeout": 0.2}, "nothing came within 0.2 s"),
]


@pytest.mark.parametrize(("parts", "settings", "problem"), [row[1:] for row in BROKEN], ids=[r[0] for r in BROKEN])  # fmt: skip
def test_no_answer(origin, parts, settings, problem):
    origin.raw("/broken", b"", *parts)
    verdict = probe(origin, "/broken", network=Network(**settings))
    assert verdict.result is Result.NOT_ASSESSABLE
    assert problem in verdict.reasons[0]
    assert len(verdict.answers) == 2  # whoever does not answer is left alone


def test_nobody_listens_and_no_such_name():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    refused = Driver(Network(), FAST).run(Probe(Target.of(f"http://127.0.0.1:{port}/")))
    assert "A got no answer (two queries): Connection refused" in refused.reasons
    label = "x" * 64
    unnamed = Driver(Network(), FAST).run(Probe(Target.of(f"http://{label}.test/")))
    assert "cannot be written" in unnamed.reasons[0]


HEAD = (
    b"HTTP/1.1 200 OK\r\nCache-Control: private\r\nSet-Cookie: sid={n}\r\nContent-Length: 9\r\n\r\n"
)


def test_content_that_does_not_come_to_its_end(origin, monkeypatch):
    origin.raw("/cut", HEAD + b"x")
    target = Target.of(f"http://127.0.0.1:{origin.port}/cut")
    answers = take_step(Probe(target), STEPS[Kind.CONTROL], Network(timeout=0.5), print)
    assert [(answer.status, answer.cut) for answer in answers] == [
        (200, "nothing came within 0.5 s")
    ] * 2
    monkeypatch.setattr(connection, "MAX_CONTENT", 1)
    origin.raw("/long", HEAD + b"x" * 9)
    assert "it is longer than" in probe(origin, "/long").reasons[0]


def test_an_interim_answer_is_none(origin):
    origin.raw("/hints", b"HTTP/1.1 103 Early Hints\r\n\r\n", HEAD + b"x" * 9)
    assert probe(origin, "/hints").result is Result.SAFE


def test_the_second_is_sent_while_the_first_is_under_way(origin, monkeypatch):
    """The first one's content comes when the second has asked; the second one's head takes long."""
    monkeypatch.setattr(connection, "_JOIN_SECONDS", 0.05)
    second_asked = threading.Event()
    numbers = count(1)

    def come():
        if next(numbers) == 2:
            second_asked.set()
            time.sleep(1)

    origin.raw("/slow", come, HEAD, lambda: second_asked.wait(60), b"x" * 9)
    target = Target.of(f"http://127.0.0.1:{origin.port}/slow")
    first, second = take_step(Probe(target), STEPS[Kind.OVERLAPPING], Network(), print)
    assert (first.length, second.length, first.cut, second.cut) == (9, 9, "", "")
    assert first.received <= second.time


# ----------------------------------------------------------------------------- https


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Key and certificate of shop.test, signed by itself."""
    folder = tmp_path_factory.mktemp("certificate")
    key, file = folder / "key.pem", folder / "shop.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", "/CN=shop.test", "-addext", "subjectAltName=DNS:shop.test",
         "-keyout", key, "-out", file],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_text(key.read_text() + file.read_text())
    return file


@contextmanager
def https(certificate):
    """A server over TLS that gives each its own session; its port, and the names asked for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asked = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    server = socket.create_server(("127.0.0.1", 0))

    def talk(client, number):
        client.settimeout(10)
        with client, suppress(OSError), context.wrap_socket(client, server_side=True) as stream:
            method = stream.recv(4096).split()[0]
            body = b"" if method == b"HEAD" else b"x" * 9
            stream.sendall(HEAD.replace(b"{n}", b"%d" % number) + body)

    def serve():
        for number in count(1):
            try:
                client, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(client, number), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1], asked
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def over_tls(port, context):
    target = Target.of(f"https://127.0.0.1:{port}/", (("Host", "shop.test"),))
    return Driver(Network(tls=context), FAST).run(Probe(target))


def test_https_is_checked_for_the_host_that_is_asked_for(certificate):
    with https(certificate) as (port, asked):
        trusting = tls_context()
        trusting.load_verify_locations(certificate)
        assert over_tls(port, trusting).result is Result.SAFE
        assert set(asked) == {"shop.test"}
        refused = over_tls(port, tls_context())
        assert refused.result is Result.NOT_ASSESSABLE
        assert "the certificate is not to be trusted: " in refused.reasons[0]
        assert over_tls(port, tls_context(insecure=True)).result is Result.SAFE


def test_a_server_without_tls_is_named_so():
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        for _ in range(2):
            with server.accept()[0] as client:
                client.recv(4096)
                client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    with server:
        refused = over_tls(server.getsockname()[1], tls_context())
        thread.join(10)
    assert refused.result is Result.NOT_ASSESSABLE
    assert "no TLS with the server: " in refused.reasons[0]
    assert "_ssl.c" not in " ".join(refused.reasons)


# ---------------------------------------------------------------------------- driving


def test_a_host_is_asked_no_faster_than_allowed(origin):
    origin.answer("/paced", SID, "Cache-Control: private", body=b"{n}")
    target = Target.of(f"http://127.0.0.1:{origin.port}/paced")
    begun = time.time()
    verdict = Driver(Network(), 20).run(Probe(target))
    times = sorted(answer.time for answer in verdict.answers)
    # Two of them may be sent at once, and a busy machine sends later, never earlier.
    assert all(when - begun >= (number - 1) / 20 - 0.01 for number, when in enumerate(times))


def test_verdicts_come_in_the_order_of_the_urls(origin):
    origin.answer("/one", SID, "Cache-Control: private", body=b"{n}")
    origin.answer("/two", body=b"{n}")
    urls = [f"http://127.0.0.1:{origin.port}/{path}" for path in ("one", "two", "one?x", "two?x")]
    probes = [Probe(Target.of(url)) for url in urls]
    found = list(Driver(Network(), FAST, concurrency=3).run_all(probes))
    assert [verdict.target.url for verdict in found] == urls
    assert {verdict.result for verdict in found} == {Result.SAFE}


def test_several_urls_are_asked_at_the_same_time(origin):
    """The first answer to each waits until all were asked."""
    together = threading.Barrier(3)
    for path in ("/a", "/b", "/c"):
        first = iter([together.wait])
        origin.raw(path, lambda first=first: next(first, list)(), HEAD + b"x" * 9)
    probes = [Probe(Target.of(f"http://127.0.0.1:{origin.port}/{path}")) for path in "abc"]
    found = list(Driver(Network(), FAST, concurrency=3).run_all(probes))
    assert [verdict.result for verdict in found] == [Result.SAFE] * 3


def test_the_ports_of_a_host_share_its_limit(origin):
    origin.answer("/stopped", SID, body=b"{n}")
    driver = Driver(Network(timeout=0.2), 1 / 3600)
    first = Target.of(f"http://127.0.0.1:{origin.port}/stopped")
    other = Target.of("http://127.0.0.1:1/")
    answers = driver.run_all([Probe(first), Probe(other)])
    before = len(origin.requests)
    stopping = threading.Thread(
        target=lambda: wait_until(lambda: len(origin.requests) > before) and driver.stop()
    )
    stopping.start()
    reasons = [verdict.reasons for verdict in answers]
    stopping.join()
    assert reasons[1] == ("nothing was asked",)  # where nobody listens


def test_stopping_sends_nothing_more(origin):
    origin.answer("/stopped", SID, body=b"{n}")
    target = Target.of(f"http://127.0.0.1:{origin.port}/stopped")
    driver = Driver(Network(), 1 / 3600)
    answers = driver.run_all([Probe(target), Probe(target)])

    def asked():
        return sum(b"/stopped" in request for request in origin.requests)

    stopping = threading.Thread(target=lambda: wait_until(asked) and driver.stop())
    stopping.start()
    verdicts = list(answers)  # the next one would be asked in an hour
    stopping.join()
    assert [verdict.result for verdict in verdicts] == [Result.NOT_ASSESSABLE] * 2
    assert asked() == 1
