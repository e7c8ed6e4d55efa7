"""The log where things go wrong for real: the disk is full, the process is killed."""

import contextlib
import fcntl
import os
import random
import re
import resource
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from session_tracking.records import w3c_log
from session_tracking.records.w3c_file import LogFile
from session_tracking.records.w3c_log import FLUSH_SECONDS
from session_tracking.records.w3c_read import Reader
from tests.records.w3c import NOON, files, log_of, logs_of, settings, visit
from tests.waiting import wait_until

WRITER = Path(__file__).with_name("log_writer.py")
ROUNDS = 50
PER_SECOND = 20_000


# ------------------------------------------------------------------------------- kill -9


def test_killed_fifty_times(tmp_path):
    """What was sent is what was written and what the last moments held; every line is whole."""
    chance, sent, lost, known = random.Random(5), 0, [], {}
    for _ in range(ROUNDS):
        here = counted_until_killed(tmp_path, chance.randrange(2000, 7000))
        missing = here - new_lines(tmp_path, known)
        # One letter may have been on its way when its line was in the file already.
        assert -1 <= missing <= (FLUSH_SECONDS + 0.75) * PER_SECOND
        lost.append(missing)
        sent += here
    readers = {path: Reader() for path in logs_of(tmp_path)}
    rows = [row for path, reader in readers.items() for row in reader.read(path)]
    assert not any(reader.skipped for reader in readers.values())
    assert len(rows) > 30_000
    assert len(rows) == sent - sum(lost)
    for row in rows:
        assert row.values["cs(User-Agent)"] == "x" * 200
        assert row.values["sc-status"] == "200"
    # In each round the lines that are there are the first ones, without a gap.
    numbers = [int(row.values["cs-uri-stem"][1:]) for row in rows]
    assert all(b in {a + 1, 1} for a, b in pairwise(numbers))
    remarks = [remark for reader in readers.values() for remark in reader.remarks]
    assert all(remark.startswith("a torn line of") for remark in remarks)


START = f"""
import sys, runpy
sys.path[:] = {sys.path!r}
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Without the environment's start-up files: coverage is not written by a process that is killed."""


def new_lines(folder, known):
    """How many whole lines came since it was asked last; `known` keeps how far the files were."""
    found = 0
    for path in logs_of(folder):
        with path.open("rb") as file:
            file.seek(known.get(path, 0))
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        known[path] = known.get(path, 0) + len(whole)
        found += sum(not line.startswith(b"#") for line in whole.splitlines())
    return found


def counted_until_killed(folder, letters):
    """Let a writer hand over that many lines and kill it; how many it had handed over by then."""
    command = [sys.executable, "-S", "-c", START, str(WRITER), str(folder), str(PER_SECOND)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writer:
        found = 0
        try:
            while found < letters:
                part = os.read(writer.stdout.fileno(), 65536)
                assert part, writer.stderr.read().decode()
                found += len(part)
        finally:
            writer.kill()
        while part := os.read(writer.stdout.fileno(), 65536):
            found += len(part)
        assert writer.stderr.read() == b""
    return found


# ---------------------------------------------------------------------------- disk full


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB; how it is filled and freed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        yield from limited(disk)
        return
    filler = disk / "filler"

    def fill():
        with filler.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            for size in (4096, 1):
                with contextlib.suppress(OSError):
                    while file.write(b"x" * size):
                        pass

    try:
        yield disk, fill, filler.unlink
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def limited(disk):
    """Without the right to mount: a limit of the size of files, which the system holds as hard."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def fill():
        sizes = [path.stat().st_size for path in disk.glob("*/*")]
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(sizes, default=0) + 700, hard))

    def free():
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    try:
        yield disk, fill, free
    finally:
        free()
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk(small_disk, monkeypatch):
    """Lines wait, then are counted; when there is room again the books balance."""
    monkeypatch.setattr(w3c_log, "MAX_WAITING", 50)
    disk, fill, free = small_disk
    of, told = files(disk), []
    log, chosen = log_of(of, told.append), settings(of)
    sent = 0

    def send(number, now):
        nonlocal sent
        for _ in range(number):
            log.put(chosen, visit(NOON + sent, target=b"/%d" % sent, request_lines=AGENT))
            sent += 1
        log.write(now)

    send(10, 0.0)
    fill()
    send(30, 1.0)
    (problem,) = told
    assert re.search("cannot be written: (No space left on device|File too large); lines", problem)
    send(30, 1.5)  # too early to try again
    send(30, 3.0)
    assert len(told) == 1
    assert log.lost
    free()
    send(5, 9.0)
    log.write(10.0)
    send(5, 11.0)
    log.close()
    assert told[1:] == ["the log is written again"]
    reader = Reader()
    (path,) = logs_of(disk)
    rows = list(reader.read(path))
    assert (reader.skipped, reader.torn) == ([], False)
    (remark,) = reader.remarks
    assert int(remark.split()[0]) == log.lost
    assert len(rows) == log.written
    assert sent == log.written + log.lost
    stems = [int(row.values["cs-uri-stem"][1:]) for row in rows]
    assert stems == sorted(set(stems))
    assert stems[-1] == sent - 1


AGENT = ((b"User-Agent", b"x" * 150),)


@pytest.fixture
def limit():
    """Sets how long files may become: what does not fit is not written, or only in part."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda octets: resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_gap_that_cannot_be_told_yet(tmp_path, limit, monkeypatch):
    of = files(tmp_path)
    log, chosen = log_of(of), settings(of)
    log.put(chosen, visit())
    log.write(0.0)
    (path,) = logs_of(tmp_path)
    limit(path.stat().st_size)
    monkeypatch.setattr(w3c_log, "MAX_WAITING", 0)
    for when, second in ((1.0, 5), (3.0, 7)):
        log.put(chosen, visit(NOON + second))
        log.write(when)
    limit(1 << 30)
    log.write(5.0)
    log.close()
    reader = Reader()
    assert len(list(reader.read(path))) == log.written == 1
    told = "2 lines from 2026-11-21 12:00:05 to 2026-11-21 12:00:07 are missing"
    assert reader.remarks == [f"{told}: they could not be written"]


# ---------------------------------------------------------------------------- disk slow


class Slow:
    """A file that takes octets as slowly as they are read from it: a named pipe."""

    def __init__(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(path)
        self._handle = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(self._handle, fcntl.F_SETPIPE_SZ, 4096)
        self.taken = b""

    def fill(self):
        """Take no octet more."""
        for size in (4096, 1):
            with contextlib.suppress(BlockingIOError):
                while os.write(self._handle, b"\n" * size):
                    pass

    def take(self):
        """Take what there is; all that came so far."""
        with contextlib.suppress(BlockingIOError):
            while part := os.read(self._handle, 65536):
                self.taken += part
        return self.taken

    def close(self):
        os.close(self._handle)


@pytest.fixture
def slow(tmp_path):
    disk = Slow(tmp_path / "shop.test/u_ex261121.log")
    yield disk
    disk.close()


@pytest.mark.parametrize("told", ["lines", "remark"])
def test_nobody_waits_for_a_slow_disk(tmp_path, slow, monkeypatch, told):
    """While the writer's thread hangs in a line, or in the remark of a gap, exchanges go on."""
    monkeypatch.setattr(w3c_log, "MAX_WAITING", 50)
    of = files(tmp_path)
    log, chosen = log_of(of), settings(of)
    log.put(chosen, visit())
    log.write(0.0)
    sent = 1

    def send(number):
        nonlocal sent
        for _ in range(number):
            log.put(chosen, visit(NOON + sent, request_lines=AGENT))
            sent += 1
        log._make_lines()

    if told == "remark":  # there is a gap, and nothing else that waits
        monkeypatch.setattr(w3c_log, "MAX_WAITING", 0)
        send(3)
        monkeypatch.setattr(w3c_log, "MAX_WAITING", 50)
    slow.fill()
    log.start()
    if told == "remark":
        wait_until(lambda: not log._gaps)
    send(500)
    assert log.lost >= 400
    assert log.written == 1
    wait_until(lambda: slow.take() and not log._gaps and log.written + log.lost == sent)
    log.stop()
    lines = [line for line in slow.take().split(b"\n") if line]
    remarks = [line for line in lines if line.startswith(b"#Remark: ")]
    assert sum(int(remark.split()[1]) for remark in remarks) == log.lost
    assert sum(not line.startswith(b"#") for line in lines) == log.written == sent - log.lost


def test_lines_that_fit_in_part(tmp_path, limit):
    path, unlimited = tmp_path / "u_ex1.log", 1 << 30
    file = LogFile.open(path)
    limit(40)  # the first directive and a part of the second
    assert file.append(["a b"], ("date", "time"), NOON) == 0
    limit(unlimited)
    head = len(path.read_bytes())
    assert head == 40
    assert file.append(["a b"], ("date", "time"), NOON) == 1
    text = path.read_text()
    assert text.count("#Software") == 2
    limit(len(text) + 10)
    assert file.append(["c d", "e f", "g h"], ("date", "time"), NOON) == 2
    with pytest.raises(OSError, match="File too large"):
        file.append(["i" * 20], ("date", "time"), NOON)
    assert file.append([], ("date", "time"), NOON) == 0
    file.close()
    assert path.read_text() == text + "c d\ne f\n"


def test_a_torn_line_that_cannot_be_told(tmp_path, limit):
    path = tmp_path / "u_ex1.log"
    path.write_text("#Fields: date\ntorn")
    limit(14)
    with pytest.raises(OSError, match="File too large"):
        LogFile.open(path)
    limit(1 << 30)
    assert path.read_text() == "#Fields: date\n"
    LogFile.open(path).close()


def test_a_disk_that_stays_full(small_disk):
    disk, fill, _ = small_disk
    of, told = files(disk), []
    log, chosen = log_of(of, told.append), settings(of)
    log.put(chosen, visit())
    log.write(0.0)
    fill()
    for _ in range(400):
        log.put(chosen, visit(request_lines=AGENT))
    log.start()
    log.stop()
    assert told[-1].endswith("lines of the log are lost: they could not be written")
    assert int(told[-1].split()[0]) == log.lost == 401 - log.written
