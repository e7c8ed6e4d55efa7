"""Names of the log's files, as IIS gives them: `u_ex` and the period, by UTC."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from session_tracking.records.settings import Rollover

__all__ = ["SOFTWARE", "file_name", "is_log_name", "period", "turn_of"]

SOFTWARE = "#Software: session-tracker "
"""What the first line of our files begins with."""

_NAME = re.compile(r"u_ex(?:tend(?P<turn>\d{1,9})|\d{4,8}(?:_\d{1,3})?)\.log")


def period(rollover: Rollover, when: float) -> str:
    """The part of a file's name that tells the period of a moment in Unix seconds.

    `yymmddhh`, `yymmdd`, `yymmww` with the week of the month from 01, which begin on Sundays, or
    `yymm`; empty for files that go by size.
    """
    return _period(rollover, int(when // 3600))


@lru_cache(maxsize=64)
def _period(rollover: Rollover, hour: int) -> str:
    if rollover is Rollover.SIZE:
        return ""
    moment = datetime.fromtimestamp(hour * 3600, UTC)
    if rollover is Rollover.WEEKLY:
        first = moment.replace(day=1).isoweekday() % 7
        return f"{moment:%y%m}{(moment.day - 1 + first) // 7 + 1:02}"
    return moment.strftime(_FORMATS[rollover])


_FORMATS = {Rollover.HOURLY: "%y%m%d%H", Rollover.DAILY: "%y%m%d", Rollover.MONTHLY: "%y%m"}


def file_name(of: str, turn: int) -> str:
    """Name of a file: of a period, or by size; `turn` counts from 1.

    A process that finds a period's file in use by another one takes the next turn:
    `u_ex260103.log`, `u_ex260103_2.log`. Files that go by size are `u_extend1.log` and so on.
    """
    if not of:
        return f"u_extend{turn}.log"
    return f"u_ex{of}.log" if turn == 1 else f"u_ex{of}_{turn}.log"


def is_log_name(name: str) -> bool:
    """Whether a file may be one of ours by its name."""
    return _NAME.fullmatch(name) is not None


def turn_of(name: str) -> int:
    """The number of a file that goes by size; 0 for any other name."""
    found = _NAME.fullmatch(name)
    return int(found["turn"] or 0) if found else 0
