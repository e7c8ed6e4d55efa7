"""Traces: one exchange as a HAR, the files, and what is read of them."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from hypothesis import given, strategies as st

from session_tracking.cli.main import session_tracker
from session_tracking.records import trace_files
from session_tracking.records.settings import TraceSettings
from session_tracking.records.status_codes import StatusCodes, parse_status_codes
from session_tracking.records.trace import Account, Step, har
from session_tracking.records.trace_files import TraceFiles, is_trace_name
from tests.records.w3c import KEY, NOON, OWN, visit
from tests.waiting import PATIENCE, wait_until

SCHEMA = json.loads((Path(__file__).parent / "schemas/har-1.2.json").read_text())
SECRET = "3f2a9c81d0e7b645"


def settings(root="/x", **changed):
    values = {
        "folder": "shop.test",
        "max_files": 3,
        "status_codes": StatusCodes(((100, 999),)),
        "min_seconds": 0.0,
        "paths": (),
        "only_findings": False,
        "secrets": False,
        "own_name": "SessionTracking",
        "origins": (("enabled", "config.toml:1"),),
    } | changed
    return TraceSettings(Path(root), **values)


def entry(exchange, account=None, url="http://shop.test/", **changed):
    document = har(url, exchange, account or Account(), settings(**changed), KEY)
    jsonschema.validate(document, SCHEMA)
    (found,) = document["log"]["entries"]
    return found


def exchange(**changed):
    values = {
        "session_id": OWN,
        "event": "new",
        "level": "unsafe",
        "request_lines": (
            (b"Host", b"shop.test"),
            (b"Cookie", f"sid={SECRET}; SessionTracking={OWN}; e=".encode()),
            (b"Authorization", f"Basic {SECRET}".encode()),
            (b"X-Api-Key", SECRET.encode()),
        ),
        "response_lines": (
            (b"Set-Cookie", f"sid={SECRET}; Path=/; Domain=a.test; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Secure; SameSite=Lax".encode()),
            (b"Content-Type", b"text/html"),
            (b"Location", b"/next"),
            (b"Set-Cookie", f"SessionTracking={OWN}; HttpOnly".encode()),
        ),
    } | changed  # fmt: skip
    return visit(**values)


ACCOUNT = Account(
    "new-visitor",
    [Step(0, "request", "came"), Step(120, "decide", "new")],
    ((b"Set-Cookie", f"SessionTracking={OWN}; HttpOnly".encode()),),
    ((b"Cache-Control", b"public"),),
    "tracker",
    ("explicit",),
    ({"rule": "ST201", "name": "n", "severity": "error", "told": "error ST201"},),
)


def test_secrets_are_digests():
    found = entry(exchange(), ACCOUNT)
    assert SECRET not in json.dumps(found)
    request, response = found["request"], found["response"]
    digest = request["cookies"][0]["value"]
    assert digest.startswith("digest:")
    assert request["cookies"][1:] == [
        {"name": "SessionTracking", "value": OWN},
        {"name": "e", "value": ""},
    ]
    assert request["headers"][1]["value"] == f"sid={digest}; SessionTracking={OWN}; e="
    assert request["headers"][2]["value"].startswith("Basic digest:")
    assert request["headers"][3]["value"].startswith("digest:")
    assert response["cookies"][0] == {
        "name": "sid",
        "value": digest,
        "httpOnly": False,
        "secure": True,
        "path": "/",
        "domain": "a.test",
        "expires": "2026-10-21T07:28:00.000Z",
        "sameSite": "Lax",
    }
    assert response["headers"][0]["value"] == (
        f"sid={digest}; path=/; domain=a.test; expires=Wed, 21 Oct 2026 07:28:00 GMT; secure;"
        " samesite=Lax"
    )
    assert response["headers"][3]["value"] == f"SessionTracking={OWN}; httponly"
    assert (response["redirectURL"], response["content"]["mimeType"]) == ("/next", "text/html")


@pytest.mark.parametrize(
    "line",
    [
        "a=1; Path=/, sid={}; Path=/",
        "a=1; Path=/; sid={}",
        "a=1; SameSite=Lax, sid={}",
        "a=1; Domain=a.test,sid={}",
        "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT, sid={}; Secure",
        "sid={}",
    ],
)
@pytest.mark.parametrize("field", [b"Set-Cookie", b"Set-Cookie2"])
def test_a_second_cookie_in_a_line_is_a_secret_too(line, field):
    exchanged = visit(level="unsafe", response_lines=((field, line.format(SECRET).encode()),))
    assert SECRET not in json.dumps(entry(exchanged))
    assert SECRET in json.dumps(entry(exchanged, secrets=True))


def test_what_we_did():
    found = entry(exchange(), ACCOUNT, "http://shop.test/a?b=c&d=")
    ours = found["_sessionTracker"]
    assert (ours["state"], ours["rule"], ours["session"]) == ("new", "new-visitor", OWN)
    assert ours["configuration"] == {"enabled": "config.toml:1"}
    assert ours["events"][1] == {"t": 120, "name": "decide", "told": "new"}
    assert ours["headersRemoved"] == [{"name": "Cache-Control", "value": "public"}]
    assert ours["editedBy"] == "tracker"
    assert found["_cacheSafety"]["level"] == "unsafe"
    assert found["_cacheSafety"]["findings"][0]["rule"] == "ST201"
    assert found["request"]["queryString"] == [
        {"name": "b", "value": "c"},
        {"name": "d", "value": ""},
    ]
    assert found["time"] == pytest.approx(4.2)
    assert found["startedDateTime"] == "2026-11-21T11:59:59.995Z"


def test_everything_in_clear_where_it_is_asked_for():
    found = entry(exchange(), secrets=True)
    assert found["request"]["cookies"][0]["value"] == SECRET
    assert found["request"]["headers"][2]["value"] == f"Basic {SECRET}"


def test_what_is_not_known():
    found = entry(visit(status=None, response_octets=None, request_octets=None), url="http://[x")
    assert found["response"]["status"] == 0
    assert (found["request"]["bodySize"], found["response"]["bodySize"]) == (-1, -1)
    assert "_cacheSafety" not in found
    assert found["_sessionTracker"]["state"] is None


octets = st.binary(max_size=40)
lines = st.lists(
    st.tuples(st.sampled_from([b"Set-Cookie", b"Cookie", b"set-cookie2", b"Authorization"]) | octets, octets),
    max_size=5,
).map(tuple)  # fmt: skip


@given(st.builds(visit, request_lines=lines, response_lines=lines, method=octets), st.text())
def test_whatever_comes_is_a_har(hostile, url):
    found = entry(hostile, url=url)
    assert len(found["request"]["headers"]) == len(hostile.request_lines)


CODES = [
    ("200-500", [(200, 0), (500, 9), (302, 1)], [(199, 0), (501, 0)]),
    ("200-399,404.2, 500", [(200, 0), (404, 2), (500, 7)], [(404, 0), (404, 3), (501, 0)]),
    ("502.3", [(502, 3)], [(502, 0)]),
]


@pytest.mark.parametrize(("text", "meant", "others"), CODES)
def test_statuses(text, meant, others):
    codes = parse_status_codes(text)
    assert all(codes.match(*status) for status in meant)
    assert not any(codes.match(*status) for status in others)


@pytest.mark.parametrize("text", ["", "99", "1000", "500-200", "200,", "2xx", "200.", "200-", "-1"])
def test_what_are_no_statuses(text):
    assert parse_status_codes(text) is None


# ------------------------------------------------------------------------------- files


def write(root, *exchanges, **changed):
    told = []
    files = TraceFiles(KEY, told.append)
    for each in exchanges:
        files.put(settings(root, **changed), "http://shop.test/a", each, ACCOUNT)
    files.stop()
    return told


def started(path):
    """When the one exchange of a trace began."""
    (found,) = json.loads(path.read_text())["log"]["entries"]
    return found["startedDateTime"]


def traced(folder):
    """The names of the traces, and when their exchanges began."""
    assert [path.name for path in folder.glob(".*")] == [".last"]
    return {path.name: started(path) for path in sorted(folder.glob("tr*.har"))}


def test_numbers_begin_again_after_the_last(tmp_path):
    folder = tmp_path / "shop.test"
    assert write(tmp_path, *(exchange(ended=NOON + n) for n in range(4))) == []
    write(tmp_path, exchange(ended=NOON + 10))
    assert traced(folder) == {
        "tr000001.har": "2026-11-21T12:00:02.995Z",
        "tr000002.har": "2026-11-21T12:00:09.995Z",
        "tr000003.har": "2026-11-21T12:00:01.995Z",
    }
    assert (folder / "tr000002.har").stat().st_mode & 0o777 == 0o640
    (folder / ".last").write_bytes(b"")
    write(tmp_path, exchange(ended=NOON + 20))
    assert started(folder / "tr000001.har") == "2026-11-21T12:00:19.995Z"


WRITER = """
import sys
from pathlib import Path
from tests.records.test_trace import exchange, write
first, count, most = map(int, sys.argv[2:])
input(".")
ended = range(first, first + count)
print(write(Path(sys.argv[1]), *(exchange(ended=float(n)) for n in ended), max_files=most))
"""


@pytest.mark.parametrize("most", [100, 20])
def test_two_processes_take_turns_in_one_folder(tmp_path, most):
    begins, count = (0, 1000), 50
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, str(begin), str(count), str(most)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        for begin in begins
    ]
    assert [writer.stdout.read(1) for writer in writers] == [".", "."]
    for writer in writers:  # both are there, and write at once
        writer.stdin.write("\n")
        writer.stdin.flush()
    assert [writer.communicate(timeout=PATIENCE)[0] for writer in writers] == ["[]\n"] * 2
    kept = traced(tmp_path / "shop.test")
    assert list(kept) == [f"tr{number:06}.har" for number in range(1, most + 1)]
    every = {
        datetime.fromtimestamp(begin + n - 0.0042, UTC).isoformat(timespec="milliseconds")
        for begin in begins
        for n in range(count)
    }
    found = {when.replace("Z", "+00:00") for when in kept.values()}
    assert len(found) == most
    assert found <= every
    assert int((tmp_path / "shop.test/.last").read_text()) == most


def test_sites_nobody_named_are_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(trace_files, "MAX_FOLDERS", 1)
    files = TraceFiles(KEY, print)
    for name in ("a.test", "b.test", "c.test"):
        files.put(settings(tmp_path, folder=name), "http://x/", exchange(), ACCOUNT)
    files.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["+others", "a.test"]
    assert list(traced(tmp_path / "+others")) == ["tr000001.har", "tr000002.har"]


def test_a_folder_that_cannot_be_made_is_told_once(tmp_path):
    (tmp_path / "shop.test").write_text("in the way")
    assert write(tmp_path, exchange(), exchange()) == ["traces are missing: File exists"]
    assert write(tmp_path, exchange(), folder="b\0") == ["traces are missing: ValueError"]


def test_too_many_wait(tmp_path, monkeypatch):
    """A named pipe that nobody reads stands for a disk that hangs."""
    monkeypatch.setattr(trace_files, "MAX_WAITING", 1)
    monkeypatch.setattr(trace_files, "_STOP_SECONDS", 0.05)
    pipe = tmp_path / f"shop.test/.tr000001.har.{os.getpid()}"
    pipe.parent.mkdir()
    os.mkfifo(pipe)
    told = []
    files = TraceFiles(KEY, told.append)

    def put(number):
        chosen = settings(tmp_path)
        files.put(chosen, "http://shop.test/", exchange(ended=NOON + number), ACCOUNT)

    put(1)
    wait_until(files._waiting.empty)  # it hangs in the first one
    put(2)
    put(3)
    put(4)
    files.stop()
    assert told == ["traces are missing: too many wait for the disk"]
    written = json.loads(pipe.read_text())
    monkeypatch.undo()
    files.stop()
    assert written["log"]["entries"][0]["startedDateTime"] == "2026-11-21T12:00:00.995Z"
    assert started(tmp_path / "shop.test/tr000002.har") == "2026-11-21T12:00:01.995Z"
    assert told == ["traces are missing: too many wait for the disk"]


def test_names():
    assert is_trace_name("tr000001.har")
    assert not is_trace_name("tr1.har")


# ----------------------------------------------------------------------------- command


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(session_tracker, ["trace", *arguments], catch_exceptions=False)

    return run


def test_list_show_and_merge(run, tmp_path):
    write(
        tmp_path / "t", exchange(), visit(NOON - 5, status=None), exchange(substatus=3, status=502)
    )
    listed = run("list", "t").output.splitlines()
    assert listed[0].split()[:3] == ["t/shop.test/tr000002.har", "2026-11-21T11:59:54.995Z", "-"]
    assert listed[1].split()[2:] == [
        "200",
        "4.2",
        "ms",
        "GET",
        "http://shop.test/a",
        "new",
        "unsafe",
    ]
    assert " 502.3 " in listed[2]
    shown = run("show", "t/shop.test/tr000001.har").output
    assert f"  + Set-Cookie: SessionTracking={OWN}; httponly\n" in shown
    assert "  - Cache-Control: public\n" in shown
    assert "       120 µs  decide    new\n" in shown
    assert f"  visitor: new, by the rule new-visitor, session {OWN}\n" in shown
    assert "  cookies of the application: unsafe (explicit)\n    error ST201\n" in shown
    assert "  changed by: tracker\n  enabled is set at config.toml:1\n" in shown
    assert "none were set" in run("show", "t").output
    assert run("merge", "t", "-o", "all.har").exit_code == 0
    document = json.loads((tmp_path / "all.har").read_text())
    jsonschema.validate(document, SCHEMA)
    assert len(document["log"]["entries"]) == 3
    assert len(run("list", "all.har").output.splitlines()) == 3


def test_little_is_known(run, tmp_path):
    files = TraceFiles(KEY, print)
    plain = visit(level="safe")
    files.put(settings(tmp_path, origins=()), "http://shop.test/\x1b", plain, Account())
    files.stop()
    shown = run("show", "shop.test").output
    assert "\x1b" not in shown
    assert shown.endswith("  visitor: not looked at\n  cookies of the application: safe\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [("{}", "x.har is no trace."), ("[]", "x.har is no trace."), ('{"log": {"entries": [{}]}}', "x.har is no trace."), ("\0", "x.har is no trace.")],
)  # fmt: skip
def test_what_is_no_trace(run, tmp_path, text, told):
    (tmp_path / "x.har").write_text(text)
    result = run("list", "x.har")
    assert (result.exit_code, told in result.output) == (2, True)
    assert "missing cannot be read: No such file" in run("list", "missing").output
    (tmp_path / "empty").mkdir()
    assert "empty holds no traces." in run("show", "empty").output
