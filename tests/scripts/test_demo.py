"""scripts/demo as a user runs it: what it prints, and that it leaves nothing behind."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from scripts.demo_parts import screen
from scripts.sample_site import PAGES

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "scripts/demo"
SECONDS = 240
ID = r"[\w-]{22}"


def environment(folder):
    """The own environment, with a folder for temporary files that marks every descendant."""
    return os.environ | {"TMPDIR": str(folder)}


def descendants(folder):
    """Command lines of the processes that run with this folder for temporary files."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            inherited = (process / "environ").read_bytes().split(b"\0")
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it has ended meanwhile
            continue
        if f"TMPDIR={folder}".encode() in inherited and command:
            found.append(command)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def done(folder):
    return run_demo(folder, "--folder", "kept")


def run_demo(folder, *arguments, **options):
    """A demo that was called from a folder, which holds its temporary files, too."""
    return subprocess.run(
        [DEMO, *arguments],
        stdout=options.get("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=False,
        cwd=folder,
        env=environment(folder) | {"COLUMNS": "110"} | options.get("env", {}),
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def visits(done):
    return re.findall(r"^  ([AB])  (\w+ \S+) +(\d+) +(.+?)(?:  +(.*))?$", done.stdout, re.MULTILINE)


@pytest.fixture
def report(done):
    name = re.search(r"^  report +(\S+)$", done.stdout, re.MULTILINE)[1]
    return json.loads(Path(name).read_text())


def section(done, heading):
    """The lines below a heading, up to the next empty one."""
    return done.stdout.partition(heading)[2].partition("\n\n")[0].splitlines()[1:]


def test_it_ends_well_and_is_short(done):
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line for line in done.stdout.splitlines() if not line.startswith("scripts/setup")]
    assert 20 < len(lines) <= 120
    assert max(map(len, lines)) <= 110
    assert "\x1b" not in done.stdout


def test_each_visitor_is_given_an_id_of_their_own(visits):
    given = {who: came.split()[-1] for who, _, _, _, came in visits if came.startswith("new")}
    assert given.keys() == {"A", "B"}
    assert given["A"] != given["B"]
    assert all(re.fullmatch(ID, value) for value in given.values())


def test_the_second_visit_is_recognised(visits, done):
    for visitor in "AB":
        pages = [visit for visit in visits if visit[0] == visitor and visit[1] == "GET /"]
        first, second = (came.split() for *_, came in pages)
        assert first[:2] == ["new,", "given"]
        assert second == ["recognised", first[2]]
    assert "2 SessionTracking cookies were given out; 2 came back." in done.stdout


def test_a_new_visitor_s_page_is_not_for_caches_and_a_known_one_s_is_unchanged(visits):
    pages = [(said, came.split()[0]) for _, what, _, said, came in visits if what == "GET /"]
    assert (
        pages
        == [
            ("private, no-store, no-cache", "new,"),
            ("no-cache", "recognised"),
        ]
        * 2
    )


def test_a_public_image_stays_as_it_is(visits):
    assert ("B", "GET /images/cover.svg", "200", "public, max-age=86400", "") in visits


def test_the_validated_answer_is_a_304(visits):
    assert [status for _, what, status, *_ in visits if what == "GET /api/stock"] == ["200", "304"]


def test_the_careless_pages_are_flagged_with_remedies(done, report):
    found = {(f["severity"], f["rule"], f["route"], f["cookie"]) for f in report["findings"]}
    assert found == {
        ("error", "ST201", "/images/logo.svg", "PHPSESSID"),
        ("error", "ST202", "/basket", "session"),
        ("error", "ST202", "/api/basket", "csrftoken"),
        ("warning", "ST201", "/tenants/acme/", "acme_theme"),
        ("note", "ST204", "/sso", "sso_token"),
        ("note", "ST220", "/api/basket", "csrftoken"),
        ("note", "ST224", "/basket", "session"),
    }
    assert [f["count"] for f in report["findings"]] == [1] * 7
    printed = section(done, "Cookies that a cache could hand to somebody else")
    text = re.sub(r"\s+", " ", " ".join(printed))
    for finding in report["findings"]:
        assert f"{finding['rule']} GET {finding['route']} sets" in text
        assert f"Fix: {finding['remedy']}" in text
        assert all(reason["text"] in text for reason in finding["reasons"])


ACT = re.compile(r"^  ([AB])  (\w+ \S+) +(\S+, \S+) +(cache|site) +(.+)$")


def act(done, heading):
    """The requests of an act, and its other lines as one."""
    lines = section(done, heading)
    found = [ACT.match(line) for line in lines]
    rest = " ".join(line for line, step in zip(lines, found, strict=True) if not step)
    return [step.groups() for step in found if step], re.sub(r"\s+", " ", rest)


def test_act_one_shows_a_swap_that_is_caught(done):
    steps, rest = act(done, "Act one.")
    session = steps[0][4].removeprefix("a new session, ")
    assert re.fullmatch(r"[0-9a-f]{8}…", session)
    assert steps == [
        ("A", "GET /images/logo.svg", "public, max-age=86400", "site", f"a new session, {session}"),
        ("A", "POST /hello", "private, no-store", "site", '"Hello, Ada"'),
        ("B", "GET /images/logo.svg", "public, max-age=86400", "cache", f"the session of A, {session}"),
        ("B", "GET /hello", "private, no-store", "site", '"Hello, Ada"'),
    ]  # fmt: skip
    assert 'error ST401 GET /images/logo.svg sets "PHPSESSID"' in rest
    assert "a simulated cache answered: [shadow] serve = true" in rest


def test_act_two_shows_that_enforce_prevents_it(done):
    steps, rest = act(done, "Act two.")
    assert [step[:4] for step in steps] == [
        ("A", "GET /images/logo.svg", "private, no-store", "site"),
        ("A", "POST /hello", "private, no-store", "site"),
        ("B", "GET /images/logo.svg", "private, no-store", "site"),
        ("B", "GET /hello", "private, no-store", "site"),
    ]
    first, told, second, greeted = (step[4] for step in steps)
    assert first != second
    assert all(came.startswith("a new session, ") for came in (first, second))
    assert (told, greeted) == ('"Hello, Ada"', '"Hello, stranger"')
    assert rest.endswith("The exit status of the cache's mitmdump was 3, now it is 0.")


def test_the_careful_pages_are_not_flagged(done):
    unflagged = [line.split()[0] for line in section(done, "Nothing to complain about")]
    assert sorted(unflagged) == sorted(page for page in list(PAGES)[:7] if page != "/hello")


def table(done, heading):
    """The command that asked, the columns' names and the rows of an answer."""
    command, names, *lines = section(done, heading)
    return command.strip(), *(re.split(" {2,}", line.strip()) for line in [names, *lines])


def test_it_ends_with_the_trail_of_a_visitor_out_of_its_own_log(done, visits, folder):
    given = next(came.split()[-1] for who, *_, came in visits if who == "A")
    command, names, *rows = table(done, "What visitor A did")
    assert command == f"session-tracker activity trail logs --session {given}"
    assert names == ["time", "method", "page", "query", "status"]
    logged = [line.split() for line in log_lines(folder) if given in line]
    # date time s-ip cs-method cs-uri-stem cs-uri-query …, and sc-status is the fourteenth
    assert rows == [[f"{line[0]} {line[1]}", line[3], line[4], line[13]] for line in logged]
    asked = [(what, status) for who, what, status, *_ in visits if who == "A"]
    assert [(f"{method} {page}", status) for _, method, page, status in rows] == asked
    assert len(asked) == 7


def log_lines(folder):
    """The lines of the log that the demo has left, without directives."""
    logs = sorted((folder / "kept/logs").glob("*/u_ex*.log"))  # two, around midnight
    lines = [line for log in logs for line in log.read_text().splitlines()]
    return [line for line in lines if not line.startswith("#")]


def test_it_ends_with_the_cookies_of_its_own_log(done, visits, folder):
    command, names, *rows = table(done, "Every cookie in it")
    assert command == "session-tracker activity cookies logs"
    assert names == ["cookie", "issued", "returned", "hits", "first_seen", "last_seen"]
    given = {came.split()[-1] for *_, came in visits if came.startswith("new")}
    counts = {cookie: tuple(map(int, counted)) for cookie, *counted, _, _ in rows}
    ours = {cookie: found for cookie, found in counts.items() if cookie.startswith("Session")}
    # A page of B's asked for none yet, so that both came back six times.
    assert ours == {f"SessionTracking={value}": (1, 6, 7) for value in given}
    theirs = {}
    for cookie in counts.keys() - ours:
        theirs.setdefault(cookie.partition("=")[0], []).append(counts[cookie])
    # Flask's session holds the second in which it was signed: one that is renewed in the next
    # second is another cookie, and only the sums are the same in each run.
    assert {name: tuple(map(sum, zip(*told, strict=True))) for name, told in theirs.items()} == {
        "PHPSESSID": (1, 4, 5),
        "acme_theme": (1, 1, 2),
        "csrftoken": (1, 1, 2),
        "session": (4, 4, 8),
        "sso_token": (1, 0, 1),
    }
    assert len(theirs["session"]) in {3, 4}
    assert (1, 0, 1) in theirs["session"]
    logged = "\n".join(log_lines(folder))
    assert all(cookie in logged for cookie in counts)


def test_the_exit_status_is_that_of_the_report(done, report):
    assert report["run"]["exit_status"] == 1
    assert report["run"]["incomplete"] == []
    assert re.search(r"^  exit status +1 of the first mitmdump", done.stdout, re.MULTILINE)


def test_what_it_names_is_there_and_nothing_else_is_left(done, folder):
    named = set(
        map(
            Path,
            re.findall(
                r"^  \w+(?: \w+)? +(/\S+)$", done.stdout.partition("What is left")[2], re.MULTILINE
            ),
        )
    )
    (left,) = folder.iterdir()
    assert left == folder / "kept"
    assert left.stat().st_mode & 0o777 == 0o700
    assert len(named) == 7
    assert named == set(left.iterdir()) - {left / "site.log"}
    assert all(path.stat().st_size for path in named)
    assert list((left / "traces").rglob("tr000001.har"))
    assert descendants(folder) == []


def test_a_narrow_terminal_without_unicode_is_kept_to_and_no_file_is_left(tmp_path):
    done = run_demo(tmp_path, env={"COLUMNS": "72", "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.isascii()
    assert max(map(len, done.stdout.splitlines())) <= 72
    assert re.search(r"^ +new, given  [\w-]{22}$", done.stdout, re.MULTILINE)
    assert "--folder DIR keeps the report" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "report.json").write_text("mine")
    done = run_demo(tmp_path, "--folder", ".")
    assert (done.returncode, "is no empty folder" in done.stderr) == (2, True)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_disk_that_is_full_is_told_in_one_line(tmp_path):
    with Path("/dev/full").open("w") as full:
        done = run_demo(tmp_path, stdout=full)
    assert (done.returncode, done.stderr) == (1, "scripts/demo: No space left on device\n")
    assert list(tmp_path.iterdir()) == []
    assert descendants(tmp_path) == []


# ------------------------------------------------------------------------ interruption


class Demo:
    """A demo under way, in a process group of its own as a shell would start it."""

    def __init__(self, folder, *arguments):
        self.folder = folder
        self.process = subprocess.Popen(
            [DEMO, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(folder),
            process_group=0,
        )

    def signal(self, number):
        """What the terminal does on Ctrl-C; the rest of the output and the exit status."""
        os.killpg(self.process.pid, number)
        rest = self.process.communicate(timeout=SECONDS)[0]
        return rest, self.process.returncode


@pytest.fixture
def start(tmp_path):
    demos = []

    def start(*arguments):
        demos.append(Demo(tmp_path, *arguments))
        return demos[-1]

    yield start
    for demo in demos:
        if demo.process.poll() is None:
            demo.signal(signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_demo_that_is_interrupted_leaves_nothing(tmp_path, start, number):
    demo = start()
    deadline = time.monotonic() + SECONDS
    while not any("mitmdump" in command for command in descendants(tmp_path)):
        assert demo.process.poll() is None
        assert time.monotonic() < deadline
    _, status = demo.signal(number)
    assert status == 128 + number
    assert descendants(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_demo_that_is_interrupted_while_it_asks_its_log_leaves_nothing(tmp_path, start):
    demo = start()
    lines = iter(demo.process.stdout.readline, "")
    assert any("session-tracker activity cookies" in line for line in lines)
    rest, status = demo.signal(signal.SIGINT)
    assert (rest, status) == ("", 128 + signal.SIGINT)
    assert descendants(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_while_python_starts_is_obeyed_without_a_traceback(tmp_path, start):
    demo = start()
    python = ".venv/bin/python -m scripts.demo_parts.main"
    deadline = time.monotonic() + SECONDS
    while not any(command.startswith(python) for command in descendants(tmp_path)):
        assert demo.process.poll() is None
        assert time.monotonic() < deadline
    printed, status = demo.signal(signal.SIGINT)
    assert "Traceback" not in printed
    assert status == 128 + signal.SIGINT
    assert descendants(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_keep_stays_up_for_a_browser_until_interrupted(tmp_path, start):
    demo = start("--keep")
    lines = iter(demo.process.stdout.readline, "")
    site = next(found[1] for line in lines if (found := re.match(r"  the bookshop +(\S+)", line)))
    web = next(found[1] for line in lines if (found := re.match(r"  mitmweb +(\S+)", line)))
    running = descendants(tmp_path)
    for program in ("demo_parts.main", "sample_site.py", "mitmweb"):
        assert sum(program in command for command in running) == 1

    with httpx.Client(timeout=SECONDS, trust_env=False) as browser:
        cookies = browser.get(f"{site}basket").headers.get_list("set-cookie")
        page, _, token = web.partition("?token=")
        authorization = {"Authorization": f"Bearer {token}"}
        (flow,) = browser.get(f"{page}flows", headers=authorization).json()
    assert [cookie.partition("=")[0] for cookie in cookies] == ["session", "SessionTracking"]
    assert flow["marked"]
    assert "ST202 set-cookie-fragile" in flow["comment"]

    _, status = demo.signal(signal.SIGINT)
    assert status == 0
    assert descendants(tmp_path) == []


def test_a_reader_that_leaves_ends_the_demo(tmp_path):
    command = f"set -o pipefail; {DEMO} | head -n 2"
    done = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env=environment(tmp_path),
    )
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")
    assert descendants(tmp_path) == []


# ----------------------------------------------------------------------------- options


def test_help_starts_nothing(tmp_path):
    done = subprocess.run(
        [DEMO, "--help"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
        env=environment(tmp_path),
    )
    assert "--keep" in done.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [
        pytest.param({"TERM": "xterm"}, True, id="terminal"),
        pytest.param({"TERM": "xterm", "NO_COLOR": ""}, True, id="empty-no-color"),
        pytest.param({"TERM": "xterm", "NO_COLOR": "1"}, False, id="no-color"),
        pytest.param({"TERM": "dumb"}, False, id="dumb"),
    ],
)
def test_a_terminal_that_wants_colours_gets_them(monkeypatch, variables, coloured):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ours, terminal = pty.openpty()
    with os.fdopen(ours, "rb"), os.fdopen(terminal, "w") as output:
        monkeypatch.setattr(sys, "stdout", output)
        assert ("\x1b" in screen.paint("error", "x")) is coloured
