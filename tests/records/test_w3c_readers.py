"""What other programs make of the log: GoAccess and lnav, as Debian has them."""

import json
import os
import subprocess
from collections import Counter

from click.testing import CliRunner

from session_tracking.cli.main import session_tracker
from tests.records.w3c import NOON, OWN, files, log_of, logs_of, settings, visit

HOSTILE = b'Mozilla/5.0 (X11; "x") %s %U \xff\xc3\xbc - \t\x1b[31m' + "\u2028€".encode()


def write(folder):
    """A log with everything that might be hard to read."""
    of = files(folder)
    log, chosen = log_of(of), settings(of)
    for number in range(40):
        log.put(
            chosen,
            visit(
                NOON + number,
                target=b"/page/%d?q=a b" % (number % 4),
                status=(200, 302, 404, 502)[number % 4],
                client=("192.0.2.7", "2001:db8::7")[number % 2],
                session_id=OWN,
                event="seen",
                level="unsafe",
                request_lines=(
                    (b"User-Agent", HOSTILE),
                    (b"Referer", b"http://shop.test/a b"),
                    (b"Cookie", b"SessionTracking=" + OWN.encode() + b"; b=c d"),
                ),
                response_lines=((b"Set-Cookie", b"sid=1; Path=/"),),
            ),
        )
    log.put(chosen, visit(NOON + 50, status=None, win32_status=64))
    log.write(0.0)
    log.close()
    (path,) = logs_of(folder)
    return path


def test_goaccess(tmp_path):
    path = write(tmp_path)
    form = CliRunner().invoke(session_tracker, ["logs", "goaccess-format", str(path)])
    config, report = tmp_path / "goaccess.conf", tmp_path / "report.json"
    config.write_text(form.output)
    command = ["goaccess", str(path), "-p", str(config), "-o", str(report), "--no-progress"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    told = json.loads(report.read_text())
    assert told["general"]["total_requests"] == 41
    assert told["general"]["failed_requests"] == 0
    hits = {each["data"]: each["hits"]["count"] for each in told["hosts"]["data"]}
    assert hits == {"192.0.2.7": 21, "2001:db8::7": 20}
    assert told["general"]["bandwidth"] > 41


def test_lnav(tmp_path):
    path = write(tmp_path)
    query = ";SELECT sc_status, cs_uri_stem, c_ip, x_fields, cs_headers FROM w3c_log"
    ended = subprocess.run(
        ["lnav", "-n", "-c", query, "-c", ":write-json-to -", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={
            **os.environ,
            "TERM": "xterm",
            "HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
        },
        stdin=subprocess.DEVNULL,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    rows = json.loads(ended.stdout)
    assert Counter(row["sc_status"] for row in rows) == {
        200: 10,
        302: 10,
        404: 10,
        502: 10,
        None: 1,
    }
    assert rows[0]["cs_uri_stem"] == "/page/0"
    assert rows[0]["x_fields"]["x-session-id"] == OWN
    assert rows[0]["cs_headers"]["Referer"] == "http://shop.test/a+b"
