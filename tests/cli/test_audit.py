"""The command as a process, held against the only other way to audit a file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from mitmproxy.http import Headers
from mitmproxy.test import tflow, tutils

from session_tracking.cli import audit
from session_tracking.cli.main import session_tracker
from session_tracking.http.edit import Edit
from session_tracking.mitm import convert, marks
from tests.proxy import run
from tests.records.test_har_recording import entry, har
from tests.records.test_mitm_capture import dump

COMMAND = Path(sys.executable).with_name("session-tracker")
TOKENS = [f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}" for number in range(1, 9)]


def visit(number, address, asked=(), answered=(), path="/", **flow):
    """A flow with these field lines."""

    def fields(lines):
        return Headers([(name.encode(), value.encode()) for name, value in lines])

    made = tflow.tflow(
        req=tutils.treq(
            host="shop.test",
            port=80,
            path=path.encode(),
            headers=fields([("Host", "shop.test"), *asked]),
            timestamp_start=1_795_253_400 + number,
        ),
        resp=tutils.tresp(
            headers=fields(answered), content=b"", timestamp_start=1_795_253_400.5 + number
        ),
    )
    made.client_conn.peername = (address, 40_000 + number)
    made.client_conn.id = f"{address} {number // 3}"
    for name, value in flow.items():
        setattr(made, name, value)
    return made


def session(token):
    return ("Set-Cookie", f"sid={token}; HttpOnly; Path=/")


CACHED, KEPT = ("Cache-Control", "public, max-age=60"), ("Cache-Control", "no-store")


def edited():
    flow = visit(7, "10.0.0.7", answered=[session(TOKENS[6]), CACHED], path="/edited")
    edit = Edit(frozenset({"cache-control"}), (KEPT,), "enforce")
    marks.remember(flow, convert.apply(edit, flow.response))
    return flow


def sent(token, agent):
    return [("Cookie", f"sid={token}"), ("User-Agent", agent)]


SIMULATED = {"session_tracker": {"simulated": "nginx"}}
FLOWS = [
    visit(1, "10.0.0.1", answered=[session(TOKENS[0]), CACHED], path="/item/1"),
    visit(2, "10.0.0.1", answered=[session(TOKENS[1]), CACHED], path="/item/2"),
    visit(3, "10.0.0.2", answered=[session(TOKENS[2]), KEPT], path="/login"),
    visit(4, "10.0.0.3", answered=[session(TOKENS[2]), KEPT, ("Age", "5")], path="/login"),
    visit(5, "10.0.0.2", asked=sent(TOKENS[3], "A"), path="/mine"),
    visit(6, "10.0.0.4", asked=sent(TOKENS[3], "B"), answered=[KEPT], path="/mine"),
    edited(),
    visit(8, "10.0.0.5", answered=[("Set-Cookie", "lang=de"), ("Pragma", "no-cache")]),
    visit(9, "10.0.0.6", answered=[session(TOKENS[4]), CACHED], is_replay="request"),
    visit(9, "10.0.0.8", answered=[session(TOKENS[7]), CACHED], metadata=SIMULATED),
    tflow.tflow(err=True),
    tflow.ttcpflow(),
]
COOKIES = [{"name": "Set-Cookie", "value": f"sid={TOKENS[5]}; HttpOnly"}]
HAR = har(
    entry({"httpVersion": "HTTP/1.1", "url": "http://a.test/"}, {"httpVersion": "HTTP/1.1"}),
    *[
        entry(
            {"url": "https://a.test:8443/b?c", "httpVersion": "h2"},
            {
                "headers": [*COOKIES, {"name": name, "value": value}],
                "httpVersion": "h2",
                "content": {"size": 5, "text": "hallo"},
            },
        )
        for name, value in [CACHED, KEPT, ("Content-Encoding", "gzip"), ("Age", "7")]
    ],
)


def of_mitmproxy(text):
    """What mitmproxy asks of a HAR."""
    document = json.loads(text)
    for number, each in enumerate(document["log"]["entries"]):
        each |= {"startedDateTime": f"2026-11-21T09:30:{number:02}Z", "time": 7}
        each["response"].setdefault("content", {"size": 0})
    return json.dumps(document).encode()


def left_out():
    bare = entry({"httpVersion": ""}, {"headers": [], "httpVersion": ""})
    return of_mitmproxy(har(bare, creator={"name": "WebInspector"}))


RECORDINGS = {
    "everything.mitm": (dump(*FLOWS), 3),
    "unsafe.mitm": (dump(*FLOWS[:2]), 1),
    "clean.mitm": (dump(FLOWS[5]), 0),
    "own-cookie.mitm": (
        dump(visit(1, "10.0.0.1", answered=[("Set-Cookie", f"SessionTracking={TOKENS[0]}"), KEPT])),
        2,
    ),
    "browser.har": (of_mitmproxy(HAR), None),
    "left-out.har": (left_out(), 2),
}


def report_of(path):
    """A report without what differs by nature: times of the run, ids of entries of HARs."""
    report = json.loads(path.read_text("utf-8"))
    del report["run"]["started"], report["run"]["ended"]
    for found in report["findings"]:
        if report["run"]["source"].endswith(".har"):
            # mitmproxy makes up an id, and a Content-Length for the request.
            del found["exchange"]
            fields = found["example"]["request"]["fields"]
            found["example"]["request"]["fields"] = [
                line for line in fields if line[0] != "content-length"
            ]
        if found["swap"]:
            del found["swap"]["digest"]  # its key is made anew for each run
        for message in ("request", "response"):
            found["example"][message]["fields"] = [
                [name.lower(), value] for name, value in found["example"][message]["fields"]
            ]
    return report


def command(*arguments, **options):
    return subprocess.run(
        [str(COMMAND), "audit", *map(str, arguments)],
        capture_output=True,
        check=False,
        timeout=60,
        **options,
    )


@pytest.mark.parametrize(("name", "content", "status"), [(n, *r) for n, r in RECORDINGS.items()])
def test_both_ways_tell_the_same(tmp_path, name, content, status):
    file, ours, theirs = tmp_path / name, tmp_path / "ours.json", tmp_path / "theirs.json"
    file.write_bytes(content)
    audited = command(file, "--report", f"json={ours}")
    read = run(tmp_path, "-nr", str(file), "--set", f"session_tracker_report={theirs}")
    assert report_of(ours) == report_of(theirs)
    assert audited.returncode == read.process.returncode == (status or audited.returncode)
    assert not any(token in ours.read_text() for token in TOKENS)


def test_the_summary_and_the_findings_are_printed(tmp_path):
    (tmp_path / "a.mitm").write_bytes(dump(*FLOWS))
    ended = command(tmp_path / "a.mitm")
    told = ended.stdout.decode()
    assert "ST201" in told
    assert "Fix: " in told
    assert "proven swap (exit status 3" in told
    assert (ended.returncode, ended.stderr) == (3, b"")


def test_several_files_are_one_recording(tmp_path):
    files = [tmp_path / "1.mitm", tmp_path / "2.mitm", tmp_path / "3.har"]
    for file, content in zip(files, [dump(FLOWS[2]), dump(FLOWS[3]), HAR], strict=True):
        file.write_bytes(content)
    ended = command(*files, "--report", "json=-")
    document = json.loads(ended.stdout)
    assert (ended.returncode, document["run"]["exchanges"]) == (3, 7)
    assert "3:2" in {found["exchange"] for found in document["findings"]}
    assert b"proven swap" in ended.stderr


def test_standard_input_that_is_cut_off(tmp_path):
    ended = command("-", input=dump(*FLOWS[:2])[:-1])
    at = len(dump(*FLOWS[:2])) - 1
    assert ended.returncode == 2
    assert (
        f"standard input is broken at byte {at}: the flow that begins at".encode() in ended.stdout
    )
    assert b"1 response seen" in ended.stdout


def test_suppressions_and_baselines_hold(tmp_path):
    (tmp_path / "a.mitm").write_bytes(dump(*FLOWS[:2]))
    report, known = tmp_path / "report.json", tmp_path / "known.toml"
    assert command(tmp_path / "a.mitm", "--report", f"json={report}").returncode == 1
    made = CliRunner().invoke(session_tracker, ["baseline", "create", str(known), str(report)])
    assert made.exit_code == 0, made.output
    assert command(tmp_path / "a.mitm", "--baseline", known).returncode == 0


WRONG = [
    (["missing.mitm"], 64, "does not exist"),
    ([], 64, "Missing argument"),
    (["-", "--fail-on", "x"], 64, "is not one of"),
    (["-", "--report", "x=y"], 64, "is no report"),
    (["-", "--config", "missing.toml"], 78, "missing.toml"),
]


@pytest.mark.parametrize(("arguments", "status", "told"), WRONG)
def test_wrong_usage(arguments, status, told):
    ended = CliRunner().invoke(session_tracker, ["audit", *arguments], input=b"")
    assert ended.exit_code == status
    assert told in ended.output


def test_nothing_at_all_is_not_clean():
    ended = CliRunner().invoke(session_tracker, ["audit", "-"], input=b"")
    assert ended.exit_code == 2
    assert "no exchange was seen" in ended.output


def test_failures_of_ours_are_told(tmp_path, monkeypatch):
    def fail(self, seen):
        raise ValueError("boom")

    monkeypatch.setattr(audit.RecordingAudit, "_feed", fail)
    ended = CliRunner().invoke(session_tracker, ["audit", "-"], input=dump(FLOWS[0]))
    assert ended.exit_code == 2
    assert "was not audited: ValueError" in ended.stderr


def test_a_bar_on_a_terminal(tmp_path):
    (tmp_path / "a.mitm").write_bytes(dump(*FLOWS[:3]))
    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        ended = subprocess.run(
            [str(COMMAND), "audit", str(tmp_path / "a.mitm")],
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            check=False,
            timeout=60,
        )
        os.close(theirs)
        shown = terminal.read(4096)
    assert ended.returncode == 1
    assert b"100%" in shown


def memory_of(file):
    """The most anonymous memory that the audit of a file took, in octets."""
    code = (
        "import sys, threading, time; from session_tracking.cli.main import main\n"
        "most, go = 0, True\n"
        "def look():\n"
        "    global most\n"
        "    last = False\n"
        "    while not last:\n"
        "        last = not go\n"
        "        with open('/proc/self/status') as told:\n"
        "            now = next(int(l.split()[1]) for l in told if l.startswith('RssAnon'))\n"
        "        most = max(most, now)\n"
        "        time.sleep(0.01)\n"
        "watch = threading.Thread(target=look); watch.start()\n"
        "sys.argv = ['session-tracker', 'audit', sys.argv[1]]\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    go = False; watch.join(); print(most * 1024, file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    return int(ended.stderr.split()[-1])


@pytest.mark.parametrize("kind", ["mitm", "har"])
def test_memory_does_not_grow_with_the_file(tmp_path, kind):
    body = "x" * 100_000
    if kind == "mitm":
        flow = visit(1, "10.0.0.1", answered=[KEPT])
        flow.response.raw_content = body.encode()
        one = dump(flow)
    else:
        content = {"headers": [], "content": {"size": 100_000, "text": body}}
        one = json.dumps(entry({}, content)).encode()
    used = []
    for count in (10, 1000):
        file = tmp_path / f"{count}.{kind}"
        whole = one * count if kind == "mitm" else b",".join([one] * count)
        file.write_bytes(whole if kind == "mitm" else b'{"log": {"entries": [' + whole + b"]}}")
        used.append(memory_of(file))
    assert used[1] - used[0] < 25_000_000  # of 99 megabytes more
