"""Probes of the real caches, in front of a real origin."""

from email.utils import formatdate

import pytest
from click.testing import CliRunner

from scripts.lab.caches import CACHES, Cache
from session_tracking.cli.main import session_tracker
from tests.caches import running_cache
from tests.origin import Origin

SID = "Set-Cookie: sid={n}; HttpOnly"
OLD = "Last-Modified: Sun, 01 Nov 2020 09:30:00 GMT"
LATE = "HTTP/1.1 200 OK\r\n{}\r\nCache-Control: max-age=3600\r\n{}\r\nContent-Length: 2000\r\n\r\n"
FORGETS_QUERIES = Cache("httpd", "httpd", "httpd.conf.in", "CacheIgnoreQueryString On")
NO_ARGS = Cache(
    "nginx", "nginx", "nginx.conf.in",
    "proxy_ignore_headers Set-Cookie; proxy_cache_key $scheme$host$uri;",
)  # fmt: skip

SWAP, JOINED, STRIPPED = "proven swap", "collapsed swap", "stripped"
SAFE, UNCLEAR = "safe", "not assessable"


@pytest.fixture(scope="module")
def origin():
    started = Origin()
    # Of now: caches count the age from it, and tests are collected long before they run.
    date = f"Date: {formatdate(usegmt=True)}"
    started.answer("/stored", date, "Cache-Control: max-age=3600", SID, body=b"{n}")
    started.answer("/private", date, "Cache-Control: private", SID, body=b"{n}")
    started.answer("/silent", date, OLD, SID, body=b"{n}")
    started.answer(
        "/constant", date, "Cache-Control: max-age=3600", "Set-Cookie: sid=same", body=b"{n}"
    )
    started.raw("/late", LATE.format(date, SID).encode(), 0.15, b"x" * 2000)
    yield started
    started.close()


ROWS = [
    (CACHES["nginx"], [], {"/stored": SAFE, "/late": SAFE}, 0),
    (CACHES["nginx-ignore-set-cookie"], [], {"/stored": SWAP, "/private": SAFE, "/constant": SAFE}, 3),
    (NO_ARGS, [], {"/stored": UNCLEAR, "/private": SAFE}, 2),
    (NO_ARGS, ["--allow-bare-url"], {"/stored": UNCLEAR}, 2),
    (CACHES["httpd"], [], {"/stored": SWAP, "/silent": UNCLEAR, "/private": SAFE}, 3),
    (CACHES["httpd"], ["--allow-bare-url"], {"/silent": SWAP}, 3),
    (FORGETS_QUERIES, [], {"/stored": UNCLEAR}, 2),
    (FORGETS_QUERIES, ["--allow-bare-url"], {"/stored": SWAP}, 3),
    (CACHES["squid"], [], {"/stored": STRIPPED, "/private": SAFE}, 1),
    (CACHES["squid"], [], {"/late": JOINED, "/silent": UNCLEAR}, 3),
    (CACHES["squid"], ["--allow-bare-url"], {"/silent": STRIPPED}, 1),
    (CACHES["varnish"], ["--caches", "varnish"], {"/stored": SAFE, "/silent": SAFE, "/late": SAFE}, 0),
    (CACHES["varnish-deliver"], [], {"/private": SWAP, "/constant": SAFE}, 3),
    (CACHES["trafficserver"], [], {"/stored": STRIPPED, "/private": SAFE}, 1),
    (CACHES["haproxy"], [], {"/stored": SWAP, "/private": SAFE}, 3),
]  # fmt: skip


@pytest.mark.parametrize(
    ("cache", "options", "expected", "status"),
    ROWS,
    ids=[f"{row[0].name} {row[0].extra.strip()} {' '.join(row[1])}" for row in ROWS],
)
def test_real_caches(origin, cache, options, expected, status):
    with running_cache(cache, origin.port) as port:
        urls = [f"http://127.0.0.1:{port}{path}" for path in expected]
        done = CliRunner().invoke(
            session_tracker,
            ["probe", "--rate", "1000", "--concurrency", "1", *options, *urls],
        )
    found = {
        line.rpartition(str(port))[2]: line.partition(": http:")[0]
        for line in done.stdout.splitlines()
        if line.endswith(tuple(urls))
    }
    assert (found, done.exit_code) == (expected, status), done.output
