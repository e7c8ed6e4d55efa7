"""Every block of the documentation is tried, in the way that the comment in front of it names."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from scripts.ports import free_port
from session_tracking.cli.main import session_tracker
from session_tracking.config.loading import load
from session_tracking.mitm.options import OPTIONS
from tests.activity.samples import write_samples

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sysconfig.get_path("scripts"))
PACKAGES = sysconfig.get_path("purelib")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
BASH = shutil.which("bash")
SECONDS = 240


@dataclass(frozen=True)
class Block:
    place: str
    how: str
    """What the comment in front says; empty if there is none."""
    text: str


def blocks():
    for document in DOCUMENTS:
        lines = document.read_text(encoding="utf-8").split("\n")
        fences = [number for number, line in enumerate(lines) if line.startswith("```")]
        for opening, closing in zip(fences[::2], fences[1::2], strict=True):
            how = re.fullmatch(r"<!-- run: (.+) -->", lines[opening - 1])
            text = "\n".join(lines[opening + 1 : closing])
            yield Block(f"{document.name}:{opening + 1}", how[1] if how else "", text)


BLOCKS = list(blocks())
HOWS = {
    "checkout",
    "excerpt",
    "folder",
    "folder, status 1",
    "forward proxy",
    "install",
    "logs",
    "probe",
    "reverse proxy",
    "site",
    "tests",
    "toml",
}


def told(*hows):
    chosen = [block for block in BLOCKS if block.how in hows]
    assert chosen
    return pytest.mark.parametrize("block", chosen, ids=lambda block: block.place)


def run(command, status=0, **options):
    done = subprocess.run(
        [BASH, "-euo", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        **options,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_every_block_says_how_it_is_run():
    """Or in which test it is, or that it needs what is not here: a CI system, Node.js."""
    hows = {block.how for block in BLOCKS}
    others = {how for how in hows if how.startswith("in tests/")}
    assert [how for how in others if not (ROOT / how.removeprefix("in ")).is_file()] == []
    others.add("elsewhere")
    assert [block.place for block in BLOCKS if block.how not in HOWS | others] == []
    assert hows >= HOWS


# -------------------------------------------------------------------- in the checkout


@told("checkout")
def test_a_command_in_the_checkout(block, tmp_path):
    run(block.text, cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path)})


@told("tests")
def test_the_tests_can_be_run(block):
    assert block.text == "scripts/test"
    assert " passed" in run(f"{block.text} tests/test_spec.py", cwd=ROOT)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What the demo printed, and the exchanges that it recorded."""
    folder = tmp_path_factory.mktemp("demo")
    wide = os.environ | {"COLUMNS": "110"}
    printed = run(f"scripts/demo --folder {folder}", cwd=ROOT, env=wide)
    return printed, folder / "flows.mitm"


@told("excerpt")
def test_an_excerpt_is_what_the_demo_prints(block, demo):
    def unnamed(text):
        sessions = re.sub(r"session(.*), [0-9a-f]{8}…$", r"session\1, ID", text, flags=re.MULTILINE)
        given = re.sub(r"(given|recognised)  [\w-]{22}$", r"\1  ID", sessions, flags=re.MULTILINE)
        asked = re.sub(r"(--session |SessionTracking=)[\w-]{22}", r"\1ID", given)
        digests = re.sub(r"=[0-9a-f]{16}\b", "=DIGEST", asked)
        return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", digests)

    printed = iter(unnamed(demo[0]).split("\n"))
    assert [line for line in unnamed(block.text).split("\n") if line not in printed] == []


# -------------------------------------------------------- in a folder with the addon


@pytest.fixture
def folder(tmp_path):
    """A folder with the addon; what is written stays in it."""
    (tmp_path / "addon").symlink_to(ROOT / "addon")
    return tmp_path


@pytest.fixture
def environment(folder):
    """Only the environment's programs on the PATH: mitmweb finds no browser to open."""
    return os.environ | {"HOME": str(folder), "PATH": str(PROGRAMS)}


@told("folder", "folder, status 1")
def test_a_command_over_files(block, folder, environment, demo):
    shutil.copy(demo[1], folder / "capture.mitm")
    run(
        # As a browser would have seen the site itself: without what the tracker did.
        "mitmdump -nr capture.mitm --set readfile_filter='! ~hs SessionTracking'"
        " --set hardump=capture.har",
        cwd=folder,
        env=environment,
    )
    before = set(folder.iterdir())
    printed = run(block.text, int(block.how[-1] == "1"), cwd=folder, env=environment)
    if block.how == "folder, status 1":
        assert "ST201" in printed
    made = {path.name for path in set(folder.iterdir()) - before - {folder / ".mitmproxy"}}
    assert made <= {word for word in re.split(r"[\s=]", block.text) if word}


@told("logs")
def test_questions_of_logs(block, folder, environment):
    write_samples(folder / "logs")
    shutil.copy(folder / "logs/shop.test/u_ex261121.log", folder / "u_ex090109.log")
    for command in block.text.splitlines():
        assert len(run(command, cwd=folder, env=environment).splitlines()) > 1 or "--to" in command


# ------------------------------------------------------------------------- as a proxy


def accepts(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command, port, **options):
    """A program that listens at the port; it is ended as Ctrl-C would, and its output checked."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
        **options,
    )
    output = []
    try:
        deadline = time.monotonic() + SECONDS
        while not accepts(port):
            assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield output
    finally:
        os.killpg(process.pid, signal.SIGINT)
        output.append(process.communicate(timeout=SECONDS)[0])
    assert process.returncode == 0, output


@pytest.fixture
def site():
    """The port of the sample site."""
    port = free_port()
    command = [sys.executable, ROOT / "scripts/sample_site.py", "--port", str(port)]
    with running(command, port):
        yield port


def with_ports(text, site):
    """The command with ports of this test, and the proxy's port."""
    ports = {"8080": free_port(), "8081": free_port(), "3000": site}
    return re.sub(r"\b(8080|8081|3000)\b", lambda m: str(ports[m[0]]), text), ports["8080"]


@told("reverse proxy")
def test_a_proxy_in_front_of_an_application(block, site, folder, environment):
    command, port = with_ports(block.text, site)
    with (
        running([BASH, "-c", command], port, cwd=folder, env=environment) as output,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=SECONDS, trust_env=False
        ) as visitor,
    ):
        first, second = visitor.get("/"), visitor.get("/")
        visitor.get("/images/logo.svg")
    assert first.headers["Set-Cookie"].startswith("SessionTracking=")
    assert first.headers["Cache-Control"].startswith("private, no-store")
    assert "Set-Cookie" not in second.headers
    assert f'GET http://127.0.0.1:{port}/images/logo.svg Set-Cookie "PHPSESSID"' in output[0]


@told("forward proxy")
def test_a_browser_s_proxy(block, site, folder, environment):
    command, port = with_ports(block.text, site)
    with (
        running([BASH, "-c", command], port, cwd=folder, env=environment) as output,
        httpx.Client(proxy=f"http://127.0.0.1:{port}", timeout=SECONDS, trust_env=False) as visitor,
    ):
        page = visitor.get(f"http://127.0.0.1:{site}/")
        visitor.get(f"http://127.0.0.1:{site}/images/logo.svg")
    assert "Set-Cookie" not in page.headers
    assert "error ST201" in output[0]


@told("site")
def test_a_command_that_asks_the_application(block, site, folder):
    command = block.text.replace("3000", str(site))
    environment = os.environ | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    printed = run(command, cwd=folder, env=environment)
    assert "unsafe: GET " in printed
    assert re.search(r"swap on .*\bhttpd\b", printed)


@told("probe")
def test_a_probe_of_the_application(block, site, folder, environment):
    printed = run(block.text.replace("3000", str(site)), cwd=folder, env=environment)
    assert printed.startswith(f"safe: http://127.0.0.1:{site}/")


# ----------------------------------------------------------------------- installation


@told("install")
def test_the_installation(block, tmp_path):
    copy = shutil.copytree(
        ROOT,
        tmp_path / "checkout",
        ignore=shutil.ignore_patterns(".*", "__pycache__", "tests"),
    )
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, timeout=SECONDS)
    programs = tmp_path / "venv/bin"
    # mitmproxy and hatchling are this environment's; nothing is fetched.
    offline = {"PYTHONPATH": PACKAGES, "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    environment = os.environ | offline | {"PATH": f"{programs}:{os.environ['PATH']}"}
    run(block.text, cwd=copy, env=environment)
    script = Path(run(f"{programs}/session-tracker addon-path", env=environment).strip())
    assert script.is_file()


# ---------------------------------------------------------------------- configuration


def loaded(tmp_path, text):
    file = tmp_path / "tracker.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


@told("toml")
def test_a_configuration(block, tmp_path):
    assert loaded(tmp_path, block.text).files


def inline_code():
    for document in DOCUMENTS:
        yield from re.findall(r"`([^`\n]+)`", document.read_text(encoding="utf-8"))


def test_settings_in_the_text_are_right(tmp_path):
    settings = {text for text in inline_code() if re.match(r"[a-z_.]+ = ", text)}
    assert 'on_new = "finish"' in settings
    for setting in settings - {'id = "signed"'}:  # wants a key as well
        assert loaded(tmp_path, setting).files


def test_options_in_the_text_exist():
    known = {name for name, *_ in OPTIONS}
    named = {name for text in inline_code() for name in re.findall(r"session_tracker_\w+", text)}
    assert named == known


# ------------------------------------------------------------------------------ text


def test_commands_in_the_text_exist():
    commands = {text for text in inline_code() if text.startswith("session-tracker ")}
    assert "session-tracker config schema" in commands
    for command in commands:
        asked = CliRunner().invoke(session_tracker, [*shlex.split(command)[1:], "--help"])
        assert asked.exit_code == 0, command


def test_links_lead_somewhere():
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if not target.startswith("https:"):
                file, _, anchor = target.partition("#")
                linked = document.parent / file
                headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
                anchors = {heading.lower().replace(" ", "-") for heading in headings}
                assert not anchor or anchor in anchors
