"""Runs the demo from start to end."""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack, closing
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import httpx

from scripts.demo_parts import screen
from scripts.demo_parts.acts import Stage, address, proxy
from scripts.demo_parts.processes import (
    ROOT,
    DemoError,
    Interrupted,
    Interruptions,
    running,
)
from scripts.demo_parts.questions import RECORDED, ask
from scripts.demo_parts.visits import OURS, visits
from scripts.ports import free_port

ABOUT = """\
Starts a small bookshop, mitmdump with Session Tracker in front of it, and two visitors; prints what
each visitor got, what the audit found and how to mend it. Then a simulated cache hands one visitor
the session of the other, and with [enforce] it does not. At last the log of the visits is asked
what one visitor did, and what became of the cookies. Everything listens on 127.0.0.1 only and
has ended when the demo ends."""


def arguments(given: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=ABOUT)
    parser.add_argument(
        "--keep",
        action="store_true",
        help="then start mitmweb, for your own browser, and stay up until Ctrl-C",
    )
    parser.add_argument(
        "--folder",
        type=lambda name: Path(os.environ.get("CALLED_FROM", "."), name),
        metavar="DIR",
        help="put the report, the log, the traces and the flows there, and leave them",
    )
    found = parser.parse_args(given)
    if found.folder and found.folder.exists() and not _empty(found.folder):
        parser.error(f"--folder: {found.folder} is no empty folder")
    return found


def _empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def show(
    folder: Path, confdir: Path, site: str, interruptions: Interruptions, *, kept: bool
) -> None:
    """The visits, and what came of them; `kept` if the files will still be there afterwards."""
    report, log, flows = (folder / name for name in ("report.json", "mitmdump.log", "flows.mitm"))
    config = folder / "tracker.toml"
    config.write_text(RECORDED, "utf-8")
    command = proxy(
        *("mitmdump", site, confdir),
        *("--set", "flow_detail=0"),
        *("--set", f"session_tracker_config={config}"),
        *("--set", "session_tracker_fail_on=error"),
        *("--set", f"session_tracker_report={report}"),
        *("--save-stream-file", str(flows)),
    )
    with running(log, *command) as mitmdump:
        url = address(mitmdump, interruptions)
        screen.heading(
            "Two visitors, A and B → mitmdump with the addon → a small site, scripts/sample_site.py"
        )
        screen.visit_columns()
        seen = []
        for visit in visits(url):
            interruptions.check()
            screen.visit(visit)
            seen.append(visit)
        status = mitmdump.stop()
    interruptions.check()

    if not report.exists():
        raise DemoError(f"mitmdump wrote no report. It said:\n{log.read_text('utf-8')}")
    facts: dict[str, Any] = json.loads(report.read_text("utf-8"))
    tracker, counts = facts["run"]["tracker"], facts["counts"]
    print(f"  {tracker['issued']} {OURS} cookies were given out; {tracker['confirmed']} came back.")
    screen.heading(
        "Cookies that a cache could hand to somebody else:"
        f" {', '.join(_number(counts[kind], kind) for kind in ('error', 'warning', 'note'))}"
    )
    screen.findings(facts)
    screen.heading("Nothing to complain about")
    screen.unflagged(facts, seen)
    perform(Stage(folder / "acts", confdir, interruptions), site)
    ask(folder, seen, interruptions)
    screen.heading("What is left")
    left = (
        ("report", report),
        ("output", log),
        ("flows", flows),
        ("settings", config),
        ("W3C log", folder / "logs"),
        ("traces", folder / "traces"),
        ("both acts", folder / "acts"),
    )
    screen.rows(
        (
            *(
                ((name, str(path)) for name, path in left)
                if kept
                else (
                    (
                        "files",
                        "none; --folder DIR keeps the report, the records and the flows",
                    ),
                )
            ),
            ("exit status", f"{status} of the first mitmdump, as session_tracker_fail_on=error"),
        )
    )


def perform(stage: Stage, site: str) -> None:
    """The swap, and how it does not happen."""
    with closing(stage.acts(site)) as acts:
        screen.heading(
            "Act one. Visitors → a simulated cache, [shadow] serve = true → mitmdump → the site"
        )
        first = next(acts)
        screen.act(first)
        if (swap := first.swap) is None:
            raise DemoError("the swap was not caught")
        screen.remark("B is in A's session, and that was caught:")
        screen.findings({"findings": [swap]})
        screen.heading("Act two. The same, with [enforce] switched on in the mitmdump behind")
        second = next(acts)
        screen.act(second)
        screen.remark(
            "Each has a session of their own."
            f" The exit status of the cache's mitmdump was {first.status}, now it is"
            f" {second.status}."
        )


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def keep(folder: Path, confdir: Path, site: str, interruptions: Interruptions) -> None:
    """The same site for a browser, until a signal comes."""
    command = proxy(
        *("mitmweb", site, confdir),
        *("--no-web-open-browser", "--web-port", str(free_port())),
        *(f"--set=web_columns={name}" for name in ("method", "path", "status", "comment")),
    )
    with running(folder / "mitmweb.log", *command) as mitmweb:
        url = address(mitmweb, interruptions)
        web = mitmweb.wait_for(r"(http://\S+/\?token=\w+)", interruptions)
        screen.heading("Your turn, until Ctrl-C")
        screen.rows(
            (
                ("the bookshop", f"{url}/"),
                ("mitmweb", f"{web}"),
                ("", "flows with findings are marked there; their comment tells why"),
            )
        )
        try:
            interruptions.wait()
        except Interrupted:
            mitmweb.stop()


def run(*, stay: bool, named: Path | None) -> int:
    """The whole demo, with its files in a folder that is named or in one of its own; its status.

    A folder of its own holds cookies and is removed, but for one that a browser looked into.
    """
    interruptions = Interruptions()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal without § is shown a question mark
            stream.reconfigure(errors="replace")
    folder = None
    leave = named is not None
    try:
        with ExitStack() as stack:
            folder = _folder(named)
            # mitmproxy makes its own certificates there, not in the home folder.
            confdir = folder / "mitmproxy"
            stack.callback(shutil.rmtree, confdir, ignore_errors=True)
            site = stack.enter_context(
                running(folder / "site.log", str(ROOT / "scripts/sample_site.py"), "--port", "0")
            )
            url = site.wait_for(r"(http://\S+)\n", interruptions)
            show(folder, confdir, url, interruptions, kept=leave or stay)
            if stay:
                leave = True
                keep(folder, confdir, url, interruptions)
        sys.stdout.flush()
    except Interrupted as interrupted:
        return 128 + interrupted.number
    except (DemoError, httpx.HTTPError, OSError) as error:
        if isinstance(error, OSError):  # what is still to be printed would fail again at the end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader of the output has left
            return 128 + signal.SIGPIPE
        what = error.strerror if isinstance(error, OSError) and not error.filename else error
        print(f"scripts/demo: {what}", file=sys.stderr)
        return 1
    finally:
        if folder is not None and not leave:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _folder(named: Path | None) -> Path:
    """The folder for the demo's files, for its owner alone where it is made here."""
    if named is None:
        return Path(tempfile.mkdtemp(prefix="session-tracker-demo-"))
    named.mkdir(mode=0o700, parents=True, exist_ok=True)
    return named.resolve()  # the programs run in the checkout


if __name__ == "__main__":
    chosen = arguments(None)
    sys.exit(run(stay=chosen.keep, named=chosen.folder))
