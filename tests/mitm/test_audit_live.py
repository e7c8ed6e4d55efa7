"""The audit through real mitmproxy processes: live, on captures, on HAR, and its exit statuses."""

import json
import signal

import pytest
from jsonschema import Draft202012Validator

from session_tracking.audit.auditor import MAX_COOKIES
from session_tracking.reports.json import schema
from session_tracking.reports.run import FAILED_START, RECORDING_BROKEN
from tests.mitm.wire import get
from tests.proxy import Proxy, run
from tests.waiting import rewrite

SECRET = "3f2a9c81d0e7b6453f2a9c81d0e7b645"
UNSAFE = (f"Set-Cookie: sid={SECRET}{{n}}", "Cache-Control: public, max-age=60")
WARNING = ("Set-Cookie: lang=en", "Cache-Control: public, max-age=60")
SAFE = (f"Set-Cookie: sid={SECRET}{{n}}", "Cache-Control: private, no-store")


@pytest.fixture(scope="module", autouse=True)
def answers(origin):
    origin.answer("/unsafe", *UNSAFE)
    origin.answer("/warning", *WARNING)
    origin.answer("/safe", *SAFE)
    origin.answer("/plain")


def reverse_of(origin):
    return "--mode", f"reverse:http://127.0.0.1:{origin.port}"


@pytest.fixture(scope="module")
def captures(origin, tmp_path_factory):
    """Flow files and HARs that mitmdump itself recorded, by name."""
    folder = tmp_path_factory.mktemp("captures")
    recorded = {}
    for name, paths in {
        "newcomers": ["/plain", "/unsafe", "/unsafe"],
        "untracked": ["/plain", "/safe"],
        "unsafe": ["/plain", "/unsafe", "/unsafe"],
        "warning": ["/warning"],
        "clean": ["/plain", "/safe"],
    }.items():
        lines = () if name in {"newcomers", "untracked"} else ("Cookie: a=b",)
        off = ("--set", "session_tracker_enabled=false") if name == "untracked" else ()
        flows, har = folder / f"{name}.mitm", folder / f"{name}.har"
        with Proxy(
            folder, *reverse_of(origin), *off, "-w", str(flows), "--set", f"hardump={har}"
        ) as proxy:
            for path in paths:
                get(proxy.port, path, *lines)
            assert proxy.stop() == 0
        recorded[name] = flows
        recorded[f"{name}-har"] = har
    return recorded


STATUSES = [
    ("unsafe", "", 1),
    ("unsafe", "never", 0),
    ("newcomers", "", 1),
    ("unsafe-har", "", 1),
    ("newcomers-har", "", 2),
    ("warning", "", 0),
    ("warning", "warning", 1),
    ("warning-har", "note", 1),
    ("clean", "note", 0),
    ("clean-har", "note", 0),
]


@pytest.mark.parametrize(("name", "fail_on", "status"), STATUSES)
def test_exit_status_of_a_file(captures, tmp_path, name, fail_on, status):
    chosen = ["--set", f"session_tracker_fail_on={fail_on}"] if fail_on else []
    ended = run(tmp_path, "-n", "-r", str(captures[name]), *chosen)
    assert ended.process.returncode == status, ended.log
    assert f"exit status {status}" in ended.log


def test_an_own_capture_is_audited_as_it_came_from_upstream(captures, tmp_path):
    # The visitors were newcomers, so what was recorded had been made safe for them.
    report = tmp_path / "report.json"
    run(tmp_path, "-nr", str(captures["newcomers"]), "--set", f"session_tracker_report={report}")
    facts = json.loads(report.read_text())
    (finding,) = [f for f in facts["findings"] if f["rule"] == "ST201"]
    assert (finding["route"], finding["count"], finding["masked"]) == ("/unsafe", 2, 2)
    assert facts["run"]["cookies_set"] == 2


@pytest.mark.parametrize("name", ["untracked", "untracked-har"])
def test_nothing_is_issued_in_a_run_over_a_file(captures, tmp_path, name):
    """Although the visitors in it would be given a cookie."""
    copy = tmp_path / "copy.mitm"
    ended = run(tmp_path, "-nr", str(captures[name]), "-w", str(copy))
    assert ended.process.returncode == 0
    assert "nothing is issued" in ended.log
    assert b"/safe" in copy.read_bytes()
    assert b"SessionTracking=" not in copy.read_bytes()


def test_one_line_a_finding_and_a_summary_at_the_end(origin, tmp_path):
    report = tmp_path / "report.json"
    flows, har = tmp_path / "out.mitm", tmp_path / "out.har"
    with Proxy(
        tmp_path,
        *reverse_of(origin),
        *("-w", str(flows), "--set", f"hardump={har}"),
        *("--set", f"session_tracker_report={report}", "--set", "session_tracker_fail_on=error"),
    ) as proxy:
        proxy.wait_for("a cache between the visitors and this proxy cannot be seen from here")
        for _ in range(3):
            get(proxy.port, f"/unsafe?token={SECRET}", "Cookie: a=b")
        get(proxy.port, "/warning")
        get(proxy.port, "/plain", "Cookie: a=b")
        assert proxy.stop(signal.SIGTERM) == 1
    assert proxy.log.count("error ST201 set-cookie-storable: GET http://127.0.0.1") == 1
    assert 'Set-Cookie "sid" (session) is unsafe' in proxy.log
    assert "3 errors, 1 warning, 0 notes in 2 distinct findings" in proxy.log
    assert SECRET not in proxy.log
    facts = json.loads(report.read_text())
    Draft202012Validator(schema()).validate(facts)
    assert facts["run"]["exit_status"] == 1
    assert facts["run"]["exchanges"] == 5
    assert [(f["severity"], f["count"], f["masked"]) for f in facts["findings"]] == [
        ("error", 3, 0),
        ("warning", 1, 1),
    ]
    assert facts["findings"][1]["masked_by"] == "tracker"
    assert SECRET not in report.read_text()
    # Other addons' files are complete although the exit status is ours.
    assert flows.read_bytes().count(b"/unsafe") >= 3
    assert len(json.loads(har.read_text())["log"]["entries"]) == 5


def test_live_findings_do_not_fail_the_run_unless_asked(origin, tmp_path):
    with Proxy(tmp_path, *reverse_of(origin)) as proxy:
        get(proxy.port, "/unsafe")
        assert proxy.stop() == 0
    assert "not failed, though not clean" in proxy.log


def test_an_exchange_that_breaks_off_is_judged(origin, tmp_path):
    head = "\r\n".join(["HTTP/1.1 200 OK", *UNSAFE, "Content-Length: 100000"]).encode()
    origin.raw("/broken", head + b"\r\n\r\n" + b"x" * 5000, "break")
    with Proxy(tmp_path, *reverse_of(origin), "--set", "stream_large_bodies=1") as proxy:
        get(proxy.port, "/broken")
        proxy.wait_for("ST201")
        assert proxy.stop() == 0
    assert "ST201" in proxy.log


def test_a_capture_that_is_cut_off_is_not_clean(origin, tmp_path):
    flows, report = tmp_path / "out.mitm", tmp_path / "report.json"
    with Proxy(tmp_path, *reverse_of(origin), "-w", str(flows)) as proxy:
        for _ in range(3):
            get(proxy.port, "/plain")
        assert proxy.stop() == 0
    whole = flows.read_bytes()
    to_report = ("--set", f"session_tracker_report={report}")
    for octets, seen in ((len(whole), 3), (len(whole) * 5 // 6, 2), (1000, 0), (1, 0)):
        flows.write_bytes(whole[:octets])
        ended = run(tmp_path, "-nr", str(flows), *to_report)
        facts = json.loads(report.read_text())["run"]
        broken = octets < len(whole)
        assert facts["exchanges"] == seen, ended.log
        assert ended.process.returncode == facts["exit_status"] == (2 if broken else 0)
        assert (RECORDING_BROKEN in facts["incomplete"]) is broken
        assert FAILED_START not in facts["incomplete"]


def test_what_is_no_capture_is_not_clean_whatever_an_earlier_report_says(tmp_path):
    broken, report = tmp_path / "broken.mitm", tmp_path / "report.json"
    broken.write_bytes(b"no flows")
    report.write_text("an earlier one")
    ended = run(tmp_path, "-nr", str(broken), "--set", f"session_tracker_report={report}")
    assert ended.process.returncode == 2
    assert "Flow file corrupted" in ended.log
    assert RECORDING_BROKEN in json.loads(report.read_text())["run"]["incomplete"]


def test_an_error_of_another_addon_in_the_start_is_not_clean(tmp_path):
    other, report = tmp_path / "other.py", tmp_path / "report.json"
    other.write_text("import logging\ndef running(): logging.error('out of order')\n")
    ended = run(tmp_path, "-n", "-s", str(other), "--set", f"session_tracker_report={report}")
    assert ended.process.returncode == 2, ended.log
    assert FAILED_START in json.loads(report.read_text())["run"]["incomplete"]


def test_an_empty_capture_is_not_clean(tmp_path):
    empty = tmp_path / "empty.mitm"
    empty.write_bytes(b"")
    ended = run(tmp_path, "-nr", str(empty))
    assert ended.process.returncode == 2, ended.log
    assert "no exchange was seen" in ended.log


def har_of(*entries, creator="WebInspector"):
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": creator, "version": "537.36"},
            "entries": [
                {
                    "startedDateTime": "2026-11-21T09:30:00.000Z",
                    "time": 1,
                    "request": {
                        "method": "GET",
                        "url": "https://shop.test/",
                        "httpVersion": "HTTP/1.1",
                        "headers": [{"name": "Host", "value": "shop.test"}],
                        "queryString": [],
                        "cookies": [],
                        "headersSize": -1,
                        "bodySize": 0,
                    },
                    "response": {
                        "status": 200,
                        "statusText": "OK",
                        "httpVersion": "HTTP/1.1",
                        "headers": headers,
                        "cookies": cookies,
                        "content": {"size": 0, "mimeType": "text/html", "text": ""},
                        "redirectURL": "",
                        "headersSize": -1,
                        "bodySize": 0,
                    },
                    "cache": {},
                    "timings": {"send": 0, "wait": 1, "receive": 0},
                }
                for headers, cookies in entries
            ],
        }
    }


def header(name, value):
    return {"name": name, "value": value}


HARS = [
    ("chrome-without-cookies", har_of(([], [])), 2, "leaves them out"),
    (
        "cookies-listed-but-fields-missing",
        har_of(([], [{"name": "sid", "value": ""}]), creator="Other"),
        2,
        "left out on export",
    ),
    ("other-creator", har_of(([], []), creator="Playwright"), 0, "clean"),
    (
        "chrome-with-cookies",
        har_of(([header("Set-Cookie", "a=1"), header("Cache-Control", "no-store")], [])),
        0,
        "clean",
    ),
    (
        "joined-lines-are-taken-apart",
        har_of(
            (
                [
                    header("Set-Cookie", f"lang=en\nsid={SECRET}; HttpOnly"),
                    header("Cache-Control", "max-age=60"),
                ],
                [],
            )
        ),
        1,
        '"sid" (session) is unsafe',
    ),
]


@pytest.mark.parametrize(("document", "status", "told"), [pytest.param(*r, id=i) for i, *r in HARS])
def test_har(tmp_path, document, status, told):
    har = tmp_path / "capture.har"
    har.write_text(json.dumps(document))
    ended = run(tmp_path, "-nr", str(har))
    assert ended.process.returncode == status, ended.log
    assert told in ended.log


@pytest.fixture
def saboteur(tmp_path):
    """A second addon in the same process that breaks the engine, as a bug of ours would."""
    script = tmp_path / "saboteur.py"
    script.write_text(
        "from mitmproxy import ctx\n"
        "def running():\n"
        "    tracker = ctx.master.addons.get('sessiontracker')\n"
        "    def broken(*_, **__):\n"
        "        raise RuntimeError('a bug')\n"
        "    tracker.engine.on_response = broken\n"
        "    tracker.engine.on_request = broken\n"
    )
    return str(script)


def test_a_failure_of_ours_leaves_the_traffic_alone_and_makes_the_run_incomplete(
    origin, tmp_path, saboteur
):
    origin.answer("/victim", *UNSAFE)
    with Proxy(tmp_path, *reverse_of(origin), "-s", saboteur) as proxy:
        received = get(proxy.port, "/victim")
        assert proxy.stop() == 2
    assert f"Set-Cookie: sid={SECRET}".encode() in received
    assert b"Cache-Control: public, max-age=60" in received
    assert b"SessionTracking" not in received
    assert "was not audited" in proxy.log
    assert "1 exchange could not be audited" in proxy.log or "2 exchanges" in proxy.log


def test_a_failure_of_ours_over_a_file_is_not_taken_for_one_of_mitmproxy(
    captures, tmp_path, saboteur
):
    never = ("--set", "session_tracker_fail_on=never")
    ended = run(tmp_path, "-nr", str(captures["unsafe"]), "-s", saboteur, *never)
    assert ended.process.returncode == 2, ended.log
    assert ended.log.count("was not audited") == 2
    assert "Errors logged" not in ended.log
    assert FAILED_START not in ended.log
    assert RECORDING_BROKEN not in ended.log


def test_a_report_that_cannot_be_written_makes_the_run_incomplete(origin, tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    with Proxy(
        tmp_path, *reverse_of(origin), "--set", f"session_tracker_report={folder / 'r.json'}"
    ) as proxy:
        folder.rmdir()
        assert proxy.stop() == 2
    assert "could not be written" in proxy.log


HOSTILE = [
    b"Set-Cookie: \x1b[2Jsid\x07=1; HttpOnly\r\nCache-Control: max-age=60\r\n",
    b"Set-Cookie: sid\xff\xfe=\xc3\x28\r\nCache-Control: max-age=60\r\n",
    b"Set-Cookie: <script>alert(1)</script>=1\r\nCache-Control: max-age=60\r\n",
    b"Set-Cookie: sid=1\r\nCache-Control: max-age=60, " + b"a," * 20000 + b"\r\n",
    b"".join(b"Set-Cookie: c%d=1\r\n" % n for n in range(250)) + b"Cache-Control: max-age=60\r\n",
    b"Set-Cookie: sid=" + b"x" * 50_000 + b"\r\nExpires: \x80\x81\r\nCache-Control: max-age=60\r\n",
]


def test_hostile_field_values_pass_and_are_shown_escaped(origin, tmp_path):
    with Proxy(tmp_path, *reverse_of(origin)) as proxy:
        for number, lines in enumerate(HOSTILE):
            origin.raw(
                f"/hostile{number}",
                b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 2\r\n\r\nok",
            )
            received = get(proxy.port, f"/hostile{number}", "Cookie: a=b")
            for line in lines.split(b"\r\n")[:-1]:
                assert line.rstrip(b",") in received, number
        proxy.stop()
    told = [line for line in proxy.log.splitlines() if "ST201" in line]
    assert len(told) >= len(HOSTILE)
    assert all(line.isprintable() for line in told)
    assert proxy.process.returncode == 0


def test_enforce_makes_every_unsafe_cookie_safe_and_tells(origin, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[enforce]\nenabled = true\nexclude_cookies = ["lang"]\n')
    report, flows = tmp_path / "report.json", tmp_path / "out.mitm"
    with Proxy(
        tmp_path,
        *reverse_of(origin),
        *("--set", f"session_tracker_config={config}", "-w", str(flows)),
        *("--set", f"session_tracker_report={report}"),
    ) as proxy:
        unsafe = get(proxy.port, "/unsafe")
        safe = get(proxy.port, "/safe")
        excluded = get(proxy.port, "/warning")
        proxy.stop()
    assert b"Cache-Control: private, no-store\r\n" in unsafe
    assert b"max-age" not in unsafe
    assert f"Set-Cookie: sid={SECRET}".encode() in unsafe
    assert safe.count(b"Cache-Control") == 1
    assert b"Cache-Control: public, max-age=60" in excluded
    facts = json.loads(report.read_text())
    assert [(f["cookie"], f["masked_by"]) for f in facts["findings"]] == [
        ("sid", "enforce"),
        ("lang", None),
    ]
    # A recording of the enforced exchange is judged as it came from upstream, and not edited.
    again = run(tmp_path, "-nr", str(flows), "--set", f"session_tracker_config={config}")
    assert again.process.returncode == 1
    assert "ST201" in again.log


def test_the_users_own_caches_decide(origin, tmp_path):
    config = tmp_path / "config.toml"
    report = tmp_path / "report.json"
    config.write_text('audit.caches = ["nginx"]\n')
    with Proxy(
        tmp_path,
        *reverse_of(origin),
        *("--set", f"session_tracker_config={config}", "--set", f"session_tracker_report={report}"),
    ) as proxy:
        get(proxy.port, "/unsafe")
        rewrite(config, 'audit.caches = ["nginx", "httpd"]\n')
        proxy.wait_for("configuration read again")
        get(proxy.port, "/unsafe")
        proxy.stop()
    (finding,) = json.loads(report.read_text())["findings"]
    assert (finding["rule"], finding["severity"], finding["count"]) == ("ST205", "error", 1)
    assert finding["caches"] == {"nginx": "miss", "httpd": "swap"}


def test_a_cookie_out_of_a_cache_is_not_masked_by_our_own_edit(origin, tmp_path):
    origin.answer("/hit", *UNSAFE, "Content-Type: text/html", "Age: 30")
    report = tmp_path / "report.json"
    with Proxy(tmp_path, *reverse_of(origin), "--set", f"session_tracker_report={report}") as proxy:
        get(proxy.port, "/hit", "Accept: text/html")
        proxy.stop()
    masks = {f["rule"]: f["masked_by"] for f in json.loads(report.read_text())["findings"]}
    assert masks["ST301"] is None
    assert masks["ST201"] == "tracker"


def test_shared_bodies_are_reported_where_asked(origin, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("audit.shared_bodies = true\n")
    origin.answer("/account", "Content-Type: text/html", "Cache-Control: public, max-age=60")
    with Proxy(tmp_path, *reverse_of(origin), "--set", f"session_tracker_config={config}") as proxy:
        get(proxy.port, "/account")
        get(proxy.port, "/account", "Cookie: PHPSESSID=1")
        proxy.wait_for("ST311")
        assert proxy.stop() == 0
    assert "ST311" not in proxy.log.split("/account")[0]


def test_a_har_recorded_behind_the_tracker_is_not_called_clean(captures, tmp_path):
    ended = run(tmp_path, "-nr", str(captures["newcomers-har"]))
    assert ended.process.returncode == 2
    assert "how they came from upstream is not in it" in ended.log


def test_more_cookies_than_are_looked_at_make_the_run_incomplete(origin, tmp_path):
    many = [f"Set-Cookie: theme{n}=dark" for n in range(MAX_COOKIES)]
    origin.answer("/many", "Cache-Control: max-age=60", *many, f"Set-Cookie: sid={SECRET}")
    with Proxy(tmp_path, *reverse_of(origin)) as proxy:
        get(proxy.port, "/many", "Cookie: a=b")
        assert proxy.stop() == 2
    assert f"more than {MAX_COOKIES} cookies, and the rest was not judged" in proxy.log


def test_an_audit_that_is_switched_off_calls_nothing_clean(captures, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("audit.enabled = false\n")
    chosen = ("--set", f"session_tracker_config={config}")
    ended = run(tmp_path, "-nr", str(captures["unsafe"]), *chosen)
    assert ended.process.returncode == 2
    assert "audit.enabled is false" in ended.log


def test_a_har_entry_without_an_answer_is_none(tmp_path):
    document = har_of(([header("Set-Cookie", "sid=1")], []), creator="Firefox")
    document["log"]["entries"][0]["response"]["status"] = 0
    har = tmp_path / "blocked.har"
    har.write_text(json.dumps(document))
    ended = run(tmp_path, "-nr", str(har))
    assert ended.process.returncode == 2, ended.log
    assert "no exchange was seen" in ended.log
    assert "ST2" not in ended.log


def test_what_is_known_or_suppressed_is_told_apart_and_nobody_is_told_at_once(origin, tmp_path):
    config, known, report = (tmp_path / name for name in ("c.toml", "known.toml", "r.json"))
    config.write_text(
        '[rules]\nST222 = "off"\n[[suppress]]\nrule = "ST2*"\nsite = "127.*"\n'
        'reason = "a test"\nexpires = 2999-01-01\n'
    )
    known.write_text("version = 1\n")
    with Proxy(
        tmp_path,
        *reverse_of(origin),
        *("--set", f"session_tracker_config={config}", "--set", "session_tracker_fail_on=note"),
        *("--set", f"session_tracker_baseline={known}"),
        *("--set", f"session_tracker_report={report}", "--set", "session_tracker_report=junit=-"),
    ) as proxy:
        get(proxy.port, "/unsafe")
        assert proxy.stop() == 0, proxy.log
    document = json.loads(report.read_text())
    assert {found["state"] for found in document["findings"]} == {"suppressed"}
    assert document["baseline"]["entries"] == 0
    assert document["routes"]["seen"][0]["route"] == "/unsafe"
    assert "] error ST201" not in proxy.log
    assert "until 2999-01-01: " in proxy.log
    assert "<testsuites" in proxy.log
