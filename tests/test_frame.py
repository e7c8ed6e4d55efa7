"""The project's own files agree with each other."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow

import session_tracking
from session_tracking import shipped

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PACKAGES = sysconfig.get_path("purelib")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_version_is_the_newest_of_the_changelog():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\] - ", changelog, re.MULTILINE)
    assert newest[1] == session_tracking.__version__


def test_the_installed_version_is_the_package_s():
    assert metadata.version(PROJECT["name"]) == session_tracking.__version__


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_index_and_hashes_everything(lock):
    text = lock.read_text()
    assert re.findall(r"https?:|file:|index-url|find-links|trusted-host", text) == []
    pins = re.findall(r"^([a-z0-9-]+)==\S+(.*)\n(.*)", text, re.MULTILINE)
    assert pins
    assert [name for name, _, below in pins if "--hash=sha256:" not in below] == []
    known = re.compile(r"[a-z0-9-]+==|    --hash=|#|    # ")
    unpinned = [line for line in text.splitlines() if not known.match(line)]
    assert unpinned == []


@pytest.mark.parametrize("name", ["runtime.txt", "dev.txt"])
def test_a_lock_holds_every_dependency(name):
    lock = ROOT / "requirements" / name
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock.read_text(), re.MULTILINE))
    needed = {re.match(r"[a-z0-9-]+", line)[0] for line in PROJECT["dependencies"]}
    assert needed - locked == set()


def test_a_checkout_uses_its_own_files():
    assert shipped.entry_script() == ROOT / "addon/session_tracker.py"
    assert shipped.default_config() == ROOT / "config.toml"


def test_an_installation_uses_the_files_of_the_wheel(tmp_path):
    folder = tmp_path / "session_tracking_shipped"
    folder.mkdir()
    for name in ("session_tracker.py", "config.toml"):
        (folder / name).touch()
        (tmp_path / name).touch()
    package = tmp_path / "session_tracking"
    assert shipped.entry_script(package) == folder / "session_tracker.py"
    assert shipped.default_config(package) == folder / "config.toml"


def test_an_incomplete_installation_says_what_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"session_tracking_shipped.config\.toml"):
        shipped.default_config(tmp_path / "session_tracking")


# ------------------------------------------------------------------------------ entry


def mitmdump(tmp_path, *arguments, **environment):
    """mitmdump over a capture of one harmless exchange, which ends by itself."""
    capture = tmp_path / "harmless.mitm"
    with capture.open("wb") as file:
        FlowWriter(file).add(tflow.tflow(resp=True))
    return subprocess.run(
        [
            shutil.which("mitmdump", path=Path(sys.executable).parent),
            "-nr",
            capture,
            *arguments,
            "--set",
            f"confdir={tmp_path}",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
        env=os.environ | environment,
    )


def started_with(tmp_path, statement):
    """Environment of a Python that runs a statement before anything else."""
    (tmp_path / "sitecustomize.py").write_text(f"import sys\n{statement}\n")
    return {"PYTHONPATH": str(tmp_path)}


@pytest.mark.parametrize(
    "library", ["pydantic", "http_sf", "publicsuffixlist", "msgspec", "tomlkit"]
)
def test_a_missing_library_stops_the_start_with_one_line(tmp_path, library):
    environment = started_with(tmp_path, f"sys.modules[{library!r}] = None")
    done = mitmdump(tmp_path, "-s", shipped.entry_script(), **environment)
    assert done.returncode == 78
    assert done.stderr == (
        f"session-tracker: mitmproxy's own Python lacks {library!r}; install it there with "
        f"`pipx inject mitmproxy {ROOT}` (nothing can be added to a standalone binary of "
        "mitmproxy: `pipx install mitmproxy` first).\n"
    )


def test_a_copied_entry_without_its_package_says_so_too(tmp_path):
    entry = Path(shutil.copy(shipped.entry_script(), tmp_path))
    environment = started_with(tmp_path, f"sys.path.remove({str(ROOT / 'addon')!r})")
    done = mitmdump(tmp_path, "-s", entry, **environment)
    assert done.returncode == 78
    assert "lacks 'session_tracking'" in done.stderr
    assert "`pipx inject mitmproxy mitmproxy-session-tracker`" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_link_to_the_entry_finds_the_package(tmp_path):
    link = tmp_path / "link.py"
    link.symlink_to(shipped.entry_script())
    done = mitmdump(tmp_path, "-s", link)
    assert (done.returncode, done.stderr) == (0, "")


def test_running_the_entry_again_loads_the_package_anew():
    program = f"""
import runpy
first, second = (runpy.run_path({str(shipped.entry_script())!r})["addons"][0] for _ in range(2))
assert type(first) is not type(second)
assert type(first).__name__ == type(second).__name__ == "SessionTracker"
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# ------------------------------------------------------------------------------ setup


def setup(checkout, environment):
    return subprocess.run(
        [checkout / "scripts/setup"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=environment,
    )


def machine(tmp_path):
    """Environment with the programs that the script calls: one folder on the PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "cat", "cksum", "dirname", "env", "sed"):
        (programs / name).symlink_to(shutil.which(name))
    return {"PATH": str(programs)}


@pytest.fixture
def checkout(tmp_path):
    """A checkout whose lock is empty: nothing is fetched."""
    copy = tmp_path / "checkout"
    files = ("scripts/setup", "pyproject.toml", ".python-version", "README.md", "config.toml")
    for name in (*files, "LICENSE", "addon/session_tracker.py"):
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target)
    package = copy / "addon/session_tracking"
    package.mkdir()
    shutil.copy(ROOT / "addon/session_tracking/__init__.py", package)
    (copy / "requirements").mkdir()
    for name in ("build.txt", "dev.txt"):
        (copy / "requirements" / name).touch()
    return copy


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_setup_makes_an_environment_once(tmp_path, checkout, installer):
    # The new environment builds the project with this one's hatchling.
    environment = machine(tmp_path) | {"PYTHON": sys.executable, "PYTHONPATH": PACKAGES}
    if installer == "uv":
        (tmp_path / "bin/uv").symlink_to(Path(sysconfig.get_path("scripts"), "uv"))
    first = setup(checkout, environment)
    assert (first.returncode, first.stderr) == (0, "")
    assert (checkout / ".venv/bin/session-tracker").exists()

    again = setup(checkout, environment)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

    moved = checkout.rename(tmp_path / "elsewhere")
    anew = setup(moved, environment)
    assert (anew.returncode, anew.stdout) == (0, first.stdout)
    program = (moved / ".venv/bin/session-tracker").read_text()
    assert program.startswith(f"#!{moved}/.venv/bin/python")


@pytest.fixture
def old_python(tmp_path):
    """A machine whose one Python is 3.11."""
    environment = machine(tmp_path)
    python = tmp_path / "bin/python3"
    python.write_text("#!/usr/bin/env bash\n[ $1 = -V ] && echo Python 3.11.9 && exit\nexit 1\n")
    python.chmod(0o755)
    return environment


def test_setup_tells_the_owner_of_an_old_python_what_to_do(checkout, old_python):
    done = setup(checkout, old_python)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "scripts/setup: Python 3.12 or newer is needed and was not found (Python 3.11.9).",
        "  Install Python 3.13 from the system's packages, python.org or pyenv;",
        "  or install uv, which brings a Python of its own; then run scripts/setup again.",
        "  Where it is installed under another name: PYTHON=/path/to/python3.13 scripts/setup",
    ]
    assert not (checkout / ".venv").exists()


def test_setup_refuses_an_old_python_that_is_named(checkout, old_python):
    done = setup(checkout, old_python | {"PYTHON": "python3"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "scripts/setup: PYTHON=python3 is no Python 3.12 or newer.\n"


def test_setup_leaves_a_linked_environment_alone(checkout, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (checkout / ".venv").symlink_to(other)
    done = setup(checkout, dict(os.environ))
    assert done.returncode == 1
    assert done.stderr == (
        "scripts/setup: .venv is a link, and what it leads to would be overwritten.\n"
        "  Remove the link: rm .venv\n"
    )
    assert not list(other.iterdir())
