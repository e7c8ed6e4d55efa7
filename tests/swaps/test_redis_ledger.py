"""The store on real servers: alone, with a password, with TLS, as a cluster, and gone."""

import datetime as dt
import ipaddress
import json
import subprocess
import sys
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, strategies as st

from scripts.ports import free_port
from session_tracking.cookies.classify import CookieClass
from session_tracking.cookies.digest import Digester, TokenDigest
from session_tracking.swaps.clients import Client
from session_tracking.swaps.courier import Refused, StoreError
from session_tracking.swaps.ledger import Entry
from session_tracking.swaps.names import Name
from session_tracking.swaps.redis_ledger import (
    TIMEOUT,
    FleetError,
    FleetSettings,
    RedisLedger,
    address_problem,
)
from session_tracking.swaps.sharing import Answer, Record, Sight, Token
from tests.redis_server import SECRET, RedisServer
from tests.swaps.test_ledger import entries
from tests.waiting import PATIENCE, wait_until

KEY = SECRET.encode()
A, B = Client(b"a" * 16, 1), Client(b"b" * 16, 2)


def ledger(url, lifetime=3600, **settings):
    return RedisLedger(FleetSettings(url, KEY, **settings), lambda: lifetime)


def sight(number, client=A, first=1000.0, aliases=()):
    digest = TokenDigest(number.to_bytes(16))
    token = Token("sid", CookieClass.SESSION, "set-cookie", digest, Name())
    record = Record(Entry(client, first, 7, last=int(first)), "http://shop.test/")
    return Sight(token, record, client, aliases, presented=False)


@given(entries, st.text(), st.booleans())
def test_packing_keeps_all_that_can_be_shown(entry, url, cached):
    read = Record.unpack(Record(entry, url, cached).pack())
    assert (read.entry, read.cached) == (entry, cached)
    assert read.url.isprintable()
    assert Record.unpack(read.pack()).entry == entry


@given(st.binary(max_size=200))
def test_unpacking_takes_anything(octets):
    found = Record.unpack(octets)
    assert found is None or found.url.isprintable()


def test_the_first_one_is_stored_and_the_second_one_told(server):
    one, two = ledger(server.url), ledger(server.url)
    assert one.share([sight(1), sight(2)]) == [None, None]
    [answer, none] = two.share([sight(1, B, 1001.0), sight(3, B, 1001.0)])
    assert none is None
    assert isinstance(answer, Answer)
    assert answer.record.entry == sight(1).record.entry
    assert answer.record.url == "http://shop.test/"
    assert server.values() == 3


def test_to_share_again_changes_nothing(server):
    """Whatever of a batch had arrived before it failed: the whole is sent again."""
    one, two = ledger(server.url), ledger(server.url)
    one.share([sight(1)])
    first = two.share([sight(1, B, 1001.0), sight(2, B, 1001.0)])
    again = two.share([sight(1, B, 1001.0), sight(2, B, 1001.0)])
    assert first[1] is again[1] is None
    assert first[0].record.same(again[0].record)
    assert again[0].record.entry.other == again[0].record.entry.other != 0


def test_within_one_batch_the_order_counts(server):
    [none, answer] = ledger(server.url).share([sight(1), sight(1, B, 1001.0)])
    assert none is None
    assert answer.record.entry.owner == A


def test_one_round_trip_stores_a_batch(server):
    store = ledger(server.url)
    store.share([sight(0)])
    with server.client() as client:
        before = client.info("stats")["total_reads_processed"]
        store.share([sight(number) for number in range(1, 31)])
        # One read for the batch, and the question itself.
        assert client.info("stats")["total_reads_processed"] - before <= 3


def test_what_is_stored_ends_by_itself(server):
    store = ledger(server.url, lifetime=1)
    store.share([sight(1)])
    wait_until(lambda: server.values() == 0)


def test_what_is_seen_again_lives_on(server):
    ledger(server.url, lifetime=2).share([sight(1)])
    ledger(server.url, lifetime=3600).share([sight(1)])
    with server.client() as client:
        [key] = client.scan_iter("session-tracker:value:*")
        assert client.ttl(key) > 3000


def test_nothing_of_the_value_is_stored(server):
    store = ledger(server.url, name="fleet-7")
    store.share([sight(1)])
    store.greet(b'{"seen": 99999999999, "sites": {}}')
    with server.client() as client:
        keys = sorted(key.decode() for key in client.scan_iter())
    assert keys == ["fleet-7:counters", "fleet-7:secret", f"fleet-7:value:{1:032x}"]


@pytest.mark.parametrize("octets", [b"", b"x" * 100, b"\x01"])
def test_a_key_that_holds_something_else(server, octets):
    with server.client() as client:
        client.set(f"session-tracker:value:{1:032x}", octets)
    store = ledger(server.url)
    refused, none = store.share([sight(1), sight(2)])
    assert (refused.again, none) == (False, None)


def test_a_key_of_another_kind(server):
    with server.client() as client:
        client.lpush(f"session-tracker:value:{1:032x}", "x")
    [refused] = ledger(server.url).share([sight(1)])
    assert refused == Refused(refused.reason, again=False)


def test_a_full_server_refuses_for_now(server):
    store = ledger(server.url)
    with server.client() as client:
        client.config_set("maxmemory", "1")
        [refused] = store.share([sight(1)])
        assert refused.again
        assert "memory" in refused.reason
        with pytest.raises(StoreError, match="memory"):
            store.greet(b"{}")
        client.config_set("maxmemory", "0")
    assert store.share([sight(1)]) == [None]


# ---------------------------------------------------------------------------------- the fleet


def told(seen):
    return json.dumps({"seen": seen, "sites": {}}).encode()


def test_the_counters_of_all(server):
    one, two = ledger(server.url), ledger(server.url)
    now = time.time()
    assert one.greet(told(now)).counters == (told(now),)
    greeting = two.greet(told(now + 1))
    assert set(greeting.counters) == {told(now), told(now + 1)}
    assert (greeting.problem, len(greeting.identity)) == ("", 1)
    assert greeting.identity == one.greet(told(now)).identity


@pytest.mark.parametrize("text", [told(1000), b"x", b"[]", b'{"seen": null}', b"{}"])
def test_who_was_silent_for_long_is_forgotten(server, text):
    store = ledger(server.url)
    with server.client() as client:
        client.hset("session-tracker:counters", "gone", text)
        now = told(time.time())
        assert store.greet(now).counters == (now,)
        assert client.hkeys("session-tracker:counters") == [store.instance.encode()]


def test_another_secret_is_told(server):
    ledger(server.url).greet(told(time.time()))
    other = RedisLedger(FleetSettings(server.url, b"another" * 8), lambda: 60)
    assert "another secret" in other.greet(told(time.time())).problem


def test_a_restart_is_noticed():
    with RedisServer() as server:
        store = ledger(server.url)
        before = store.greet(told(time.time())).identity
        server.kill()
        with pytest.raises(StoreError):
            store.share([sight(1)])
        with pytest.raises(StoreError):
            store._identity()
        server.start()
        assert store.share([sight(1)]) == [None]
        assert store.greet(told(time.time())).identity != before
        store.close()


# ------------------------------------------------------------------------------ getting there


def test_a_paused_server_is_given_up_in_time():
    with RedisServer() as server:
        store = ledger(server.url)
        store.share([sight(1)])
        server.pause()
        begun = time.monotonic()
        with pytest.raises(StoreError):
            store.share([sight(2)])
        assert TIMEOUT * 0.9 < time.monotonic() - begun < PATIENCE
        server.resume()
        assert store.share([sight(2), sight(3)]) == [None, None]


def test_a_password():
    with RedisServer("--requirepass", "sesame") as server:
        assert ledger(server.url, password="sesame").share([sight(1)]) == [None]
        for password in ("", "wrong"):
            with pytest.raises(StoreError, match=r"(?i)auth|password|username"):
                ledger(server.url, password=password).greet(b"{}")


def test_a_user():
    rules = ["on", ">sesame", "~fleet:*", "+@all"]
    with RedisServer("--user", "proxy", *rules) as server:
        store = ledger(server.url, username="proxy", password="sesame", name="fleet")
        assert store.share([sight(1)]) == [None]
        other = ledger(server.url, username="proxy", password="sesame", name="elsewhere")
        [refused] = other.share([sight(1)])
        assert refused.again


def test_a_tcp_port_and_a_database():
    port = free_port()
    with RedisServer(port=port) as server:
        assert ledger(f"redis://127.0.0.1:{port}/3").share([sight(1)]) == [None]
        assert server.values() == 0
        with server.client(db=3) as client:
            assert client.dbsize() == 1


def test_nobody_there():
    store = ledger(f"redis://127.0.0.1:{free_port()}")
    with pytest.raises(StoreError, match="refused"):
        store.share([sight(1)])
    store.close()
    ledger("redis://127.0.0.1").close()


def test_no_member_of_a_cluster_there():
    store = ledger(f"redis+cluster://127.0.0.1:{free_port()}")
    with pytest.raises(StoreError, match="connect"):
        store.share([sight(1)])


def certificate(folder, name="localhost"):
    """A key and a certificate that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    alternatives = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(pem))


def test_tls(tmp_path):
    certificate(tmp_path)
    port = free_port()
    files = [
        *("--tls-port", str(port), "--tls-cert-file", str(tmp_path / "ca.pem")),
        *("--tls-key-file", str(tmp_path / "key.pem"), "--tls-auth-clients", "no"),
    ]
    with RedisServer(*files):
        url = f"rediss://127.0.0.1:{port}"
        assert ledger(url, ca_file=str(tmp_path / "ca.pem")).share([sight(1)]) == [None]
        with pytest.raises(StoreError, match=r"(?i)certificate"):
            ledger(url).share([sight(1)])


@pytest.fixture(scope="module")
def cluster():
    """Three servers that each hold a third of the keys."""
    limits = (0, 5461, 10923, 16384)
    servers = [
        RedisServer("--cluster-enabled", "yes", "--cluster-node-timeout", "2000", port=free_port())
        for _ in range(3)
    ]
    try:
        for each, first, end in zip(servers, limits, limits[1:], strict=False):
            each.start()
            with each.client() as client:
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, end - 1)
        for each in servers[1:]:
            with each.client() as client:
                client.execute_command("CLUSTER", "MEET", "127.0.0.1", servers[0].port)
        for each in servers:
            with each.client() as client:
                wait_until(lambda c=client: _whole(c))
        yield servers
    finally:
        for each in servers:
            each.__exit__()


def _whole(client):
    facts = client.execute_command("CLUSTER", "INFO")
    text = (
        facts
        if isinstance(facts, dict)
        else dict(line.split(":") for line in facts.decode().split())
    )
    return text["cluster_state"] == "ok" and text["cluster_known_nodes"] == "3"


def test_a_cluster(cluster):
    url = "redis+cluster://" + ",".join(f"127.0.0.1:{each.port}" for each in cluster)
    one, two = ledger(url), ledger(url)
    assert one.share([sight(number) for number in range(100)]) == [None] * 100
    assert all(each.values() > 10 for each in cluster)
    answers = two.share([sight(number, B, 1001.0) for number in range(100)])
    assert all(answer.record.entry.owner == A for answer in answers)
    # The marks of the swap are stored, too.
    [again] = one.share([sight(1, Client(b"c" * 16, 3), 1002.0)])
    assert again.record.entry.score == 9
    now = told(time.time())
    assert one.greet(now).counters == (now,)
    assert len(one.greet(now).identity) == 3
    one.close()


def test_a_cluster_whose_part_is_gone(cluster):
    """What the others hold is stored; the rest waits until the part is back."""
    url = f"redis+cluster://127.0.0.1:{cluster[0].port}"
    store = ledger(url)
    assert store.share([sight(1000)]) == [None]
    cluster[2].kill()

    def shared():
        try:
            return store.share([sight(number) for number in range(2000, 2100)])
        except StoreError as error:
            return [Refused(str(error), again=True)]

    wait_until(lambda: any(shared()))
    assert all(each.again for each in shared() if each is not None)
    cluster[2].start()
    with cluster[0].client() as client:
        wait_until(lambda: _whole(client))
    wait_until(lambda: not any(shared()))
    store.close()


# ------------------------------------------------------------------------------- the settings


GOOD = [
    "redis://cache.test", "redis://127.0.0.1:6379/0", "redis://[::1]:6380/", "rediss://cache.test/2",
    "unix:///run/redis.sock", "redis+cluster://a.test:7000,b.test:7001", "rediss+cluster://a.test",
]  # fmt: skip


@pytest.mark.parametrize("url", GOOD)
def test_addresses(url):
    assert address_problem(url) is None


BAD = [
    ("http://cache.test", "no ledger's URL"),
    ("cache.test", "no ledger's URL"),
    ("redis://:sesame@cache.test", "password"),
    ("redis://cache.test:x", "no URL"),
    ("redis://cache.test:99999", "no URL"),
    ("redis://[::1", "no URL"),
    ("redis://", "no host"),
    ("redis+cluster://a.test,", "no host"),
    ("redis://a.test,b.test", "several"),
    ("redis://cache.test/zero", "database"),
    ("redis+cluster://cache.test/1", "database"),
    ("redis://cache.test/0?timeout=1", "behind its path"),
    ("unix://run/redis.sock", "no socket"),
    ("unix://", "no socket"),
]


@pytest.mark.parametrize(("url", "problem"), BAD)
def test_wrong_addresses(url, problem):
    assert problem in address_problem(url)[0]


def test_the_settings_do_not_show_what_is_secret():
    shown = repr(FleetSettings("redis://cache.test", KEY, password="sesame"))
    assert "sesame" not in shown
    assert SECRET not in shown


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(FleetError, match=r"pipx inject mitmproxy .*\[fleet\]"):
        ledger("redis://cache.test")


def test_the_library_is_imported_by_nothing_but_this():
    text = "import sys, session_tracking.mitm.addon; print('redis' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


def test_digests_agree():
    assert Digester(KEY).digest("a", "b", "c") == Digester(KEY).digest("a", "b", "c")
