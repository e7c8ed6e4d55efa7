"""What the log that was just written says: the answers of the real `session-tracker activity`."""

import sys
from pathlib import Path

from scripts.demo_parts import screen
from scripts.demo_parts.processes import Interruptions, running
from scripts.demo_parts.visits import OURS, Visit

RECORDED = """\
enabled = true

[log]
enabled = true

[trace]
enabled = true
only_findings = true
"""
"""The configuration as it is shipped, but that exchanges are recorded."""


def ask(folder: Path, seen: list[Visit], interruptions: Interruptions) -> None:
    """What visitor A did, and what became of all cookies, from the log in the folder.

    Raises DemoError if a question is not answered, Interrupted on a signal.
    """
    session = next(visit.given for visit in seen if visit.given)
    _answer(
        "What visitor A did, asked of the log of all that",
        *(folder, interruptions, "trail", "--session", session),
    )
    _answer(
        f"Every cookie in it, {OURS} in clear and the values of others as digests",
        *(folder, interruptions, "cookies"),
    )


def _answer(
    heading: str, folder: Path, interruptions: Interruptions, question: str, *options: str
) -> None:
    screen.heading(heading)
    screen.remark(" ".join(("session-tracker activity", question, "logs", *options)))
    program = str(Path(sys.executable).with_name("session-tracker"))
    # The file's text is on the screen afterwards, so it need not stay.
    output = folder / f".{question}"
    try:
        with running(
            output, program, "activity", question, str(folder / "logs"), *options
        ) as asked:
            screen.table(asked.printed(interruptions))
    finally:
        output.unlink(missing_ok=True)
