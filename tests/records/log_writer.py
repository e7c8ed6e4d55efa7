"""Writes a log as fast as asked until it is killed: `log_writer.py FOLDER PER_SECOND`.

A letter comes on standard output for each line that is handed to the log, after it was: what is
counted there and not in the file was lost.
"""

import os
import sys
import time
from pathlib import Path

from session_tracking.cookies.digest import Digester
from session_tracking.records import w3c_log
from session_tracking.records.settings import (
    ClientAddress,
    CookieMode,
    LogFiles,
    LogSettings,
    Rollover,
)
from session_tracking.records.visit import Visit
from session_tracking.records.w3c_log import W3cLog

w3c_log.MAX_WAITING = 1_000_000  # after a stall, many come at once
folder, per_second = Path(sys.argv[1]), int(sys.argv[2])
files = LogFiles(folder, folder / "key", Rollover.DAILY, 1 << 20, None)
fields = ("date", "time", "cs-uri-stem", "cs(User-Agent)", "sc-status")
chosen = LogSettings(
    files, "shop.test", "shop.test", True, fields, CookieMode.OWN, "own", ClientAddress.FULL
)  # fmt: skip
log = W3cLog(files, Digester(b"k" * 32), sys.stderr.write)
log.start()
agent = ((b"User-Agent", b"x" * 200),)
begun, number = time.monotonic(), 0
while True:
    while number < (time.monotonic() - begun) * per_second:
        number += 1
        now = time.time()
        log.put(
            chosen,
            Visit(
                now, now, "192.0.2.1", ("127.0.0.1", 80), b"GET", b"/%d" % number, b"shop.test",
                b"HTTP/1.1", agent, 0, 200, 0, 0, (), 0, "", "", "", "",
            ),
        )  # fmt: skip
        os.write(1, b".")
    time.sleep(0.001)
