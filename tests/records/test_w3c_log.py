"""The sink of the log on real files."""

import fcntl
import os
import re
import threading
import time
from datetime import UTC, datetime

import pytest

from session_tracking.cookies.digest import Digester
from session_tracking.records import w3c_log
from session_tracking.records.digest_key import DigestKeyError, digest_key
from session_tracking.records.settings import LogFiles, Rollover
from session_tracking.records.w3c_file import LogFile
from session_tracking.records.w3c_keep import delete_old
from session_tracking.records.w3c_log import W3cLog
from session_tracking.records.w3c_names import file_name, is_log_name, period, turn_of
from session_tracking.records.w3c_read import Reader
from tests.records.w3c import NOON, files, log_of, logs_of, rows, settings, visit
from tests.waiting import wait_until

MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC).timestamp()


def names(folder, site="shop.test"):
    return [path.name for path in logs_of(folder, site)]


def stems(folder, site="shop.test"):
    return [row["cs-uri-stem"] for row in rows(folder, site)]


def written(log, chosen, *visits):
    for each in visits:
        log.put(chosen, each)
    log.write(0.0)


# ----------------------------------------------------------------------------- files


def test_directives_then_lines(tmp_path):
    of = files(tmp_path)
    log = log_of(of)
    written(log, settings(of, fields=["c-ip"]), visit(), visit(NOON + 1))
    log.close()
    (path,) = logs_of(tmp_path)
    assert path.name == "u_ex261121.log"
    assert re.fullmatch(
        r"#Software: session-tracker \S+\n#Version: 1\.0\n#Date: 2026-11-21 12:00:00\n"
        r"#Fields: date time c-ip\n2026-11-21 12:00:00 192\.0\.2\.7\n2026-11-21 12:00:01 192\.0\.2\.7\n",
        path.read_text(),
    )
    assert path.stat().st_mode & 0o777 == 0o640
    assert log.written == 2


def test_a_restart_goes_on_with_new_directives(tmp_path):
    of = files(tmp_path)
    for path in (b"/1", b"/2"):
        log = log_of(of)
        written(log, settings(of), visit(target=path))
        log.close()
    (path,) = logs_of(tmp_path)
    assert path.read_text().count("#Software") == 2
    assert stems(tmp_path) == ["/1", "/2"]


def test_other_fields_within_a_file(tmp_path):
    of = files(tmp_path)
    log = log_of(of)
    few, many = settings(of, fields=["cs-method"]), settings(of)
    for chosen in (few, many, many, few):
        log.put(chosen, visit())
    log.write(0.0)
    log.close()
    (path,) = logs_of(tmp_path)
    assert path.read_text().count("#Fields") == 3
    assert [len(row) for row in rows(tmp_path)] == [3, 23, 23, 3]


@pytest.fixture(params=["UTC0", "TST-14", "TST+12"])
def anywhere(request, monkeypatch):
    """A machine of that time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("anywhere")
def test_midnight(tmp_path):
    of = files(tmp_path)
    log = log_of(of)
    moments = [MIDNIGHT - 1, MIDNIGHT - 0.001, MIDNIGHT, MIDNIGHT + 0.001, MIDNIGHT + 86_400]
    written(log, settings(of), *(visit(moment) for moment in moments))
    log.close()
    assert names(tmp_path) == ["u_ex261121.log", "u_ex261122.log", "u_ex261123.log"]
    found = {
        path.name: [row.values["time"] for row in Reader().read(path)] for path in logs_of(tmp_path)
    }
    assert found == {
        "u_ex261121.log": ["23:59:59", "23:59:59"],
        "u_ex261122.log": ["00:00:00", "00:00:00"],
        "u_ex261123.log": ["00:00:00"],
    }
    assert "#Date: 2026-11-21 23:59:59" in logs_of(tmp_path)[0].read_text()


PERIODS = [
    ("daily", Rollover.DAILY, "2026-01-03 23:59:59", "260103"),
    ("hourly", Rollover.HOURLY, "2026-01-03 23:59:59", "26010323"),
    ("monthly", Rollover.MONTHLY, "2026-01-31 23:59:59", "2601"),
    ("size", Rollover.SIZE, "2026-01-31 23:59:59", ""),
    # January 2026 begins on a Thursday.
    ("week-1", Rollover.WEEKLY, "2026-01-03 23:59:59", "260101"),
    ("week-2", Rollover.WEEKLY, "2026-01-04 00:00:00", "260102"),
    ("week-5", Rollover.WEEKLY, "2026-01-31 00:00:00", "260105"),
    # February 2026 begins on a Sunday, August 2026 on a Saturday.
    ("new-month", Rollover.WEEKLY, "2026-02-01 00:00:00", "260201"),
    ("week-6", Rollover.WEEKLY, "2026-08-30 00:00:00", "260806"),
]


@pytest.mark.parametrize(
    ("rollover", "moment", "told"), [pytest.param(*r, id=i) for i, *r in PERIODS]
)
def test_periods(rollover, moment, told):
    when = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    assert period(rollover, when) == told


def test_names():
    assert [file_name("260103", 1), file_name("260103", 2), file_name("", 3)] == [
        *("u_ex260103.log", "u_ex260103_2.log", "u_extend3.log"),
    ]
    assert [turn_of("u_extend12.log"), turn_of("u_ex260103_2.log"), turn_of("x")] == [12, 0, 0]
    ours = ["u_ex2601.log", "u_ex26010323.log", "u_ex260103_2.log", "u_extend1.log"]
    assert all(map(is_log_name, ours))
    others = ["u_ex.log", "u_ex260103.log.gz", "u_extend.log", "ex260103.log", "u_ex260103_.log"]
    assert not any(map(is_log_name, others))


def test_files_by_size(tmp_path):
    of = files(tmp_path, rollover=Rollover.SIZE, size=1000)
    for start in (0, 8):
        log = log_of(of)
        for number in range(start, start + 8):
            written(log, settings(of), visit(NOON + number * 86_400))
        log.close()
    found = names(tmp_path)
    assert found[:2] == ["u_extend1.log", "u_extend2.log"]
    assert len(rows(tmp_path)) == 16
    sizes = [path.stat().st_size for path in logs_of(tmp_path)]
    assert all(1000 <= size < 1400 for size in sizes[:-1])


def test_each_process_has_a_file_of_its_own(tmp_path):
    of = files(tmp_path)
    first, second = log_of(of), log_of(of)
    written(first, settings(of), visit(target=b"/1"))
    written(second, settings(of), visit(target=b"/2"))
    assert names(tmp_path) == ["u_ex261121.log", "u_ex261121_2.log"]
    first.close()
    third = log_of(of)
    written(third, settings(of), visit(target=b"/3"))
    second.close()
    third.close()
    assert names(tmp_path) == ["u_ex261121.log", "u_ex261121_2.log"]
    assert stems(tmp_path) == ["/1", "/3", "/2"]


def test_all_names_in_use(tmp_path, monkeypatch):
    monkeypatch.setattr(w3c_log, "_MAX_TURNS", 1)
    of, told = files(tmp_path), []
    first, second = log_of(of), log_of(of, told.append)
    written(first, settings(of), visit())
    written(second, settings(of), visit())
    assert told == ["the log cannot be written: 1 files of a period are in use; lines wait"]
    first.close()
    second.write(2.0)
    second.close()
    assert told[1:] == ["the log is written again"]
    assert len(rows(tmp_path)) == 2


@pytest.mark.parametrize("how", ["moved", "deleted"])
def test_a_file_that_was_taken_away(tmp_path, how):
    of = files(tmp_path)
    log = log_of(of)
    written(log, settings(of), visit(target=b"/1"))
    (path,) = logs_of(tmp_path)
    path.rename(tmp_path / "rotated") if how == "moved" else path.unlink()
    written(log, settings(of), visit(target=b"/2"))
    log.close()
    assert stems(tmp_path) == ["/2"]


def test_a_link_is_not_followed(tmp_path):
    of, told = files(tmp_path), []
    log = log_of(of, told.append)
    (tmp_path / "shop.test").mkdir()
    (tmp_path / "precious").write_text("data")
    (tmp_path / "shop.test/u_ex261121.log").symlink_to(tmp_path / "precious")
    written(log, settings(of), visit())
    log.close()
    assert (tmp_path / "precious").read_text() == "data"
    assert told[0].startswith("the log cannot be written: ")
    assert told[1] == "1 lines of the log are lost: they could not be written"


def test_a_file_deleted_between_opening_and_locking(tmp_path, monkeypatch):
    path, deleted = tmp_path / "u_ex1.log", []

    def flock(handle, how):
        if not deleted:
            deleted.append(path)
            path.unlink()
        return locked(handle, how)

    locked = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", flock)
    file = LogFile.open(path)
    assert path.exists()
    assert not file.gone
    file.close()


TORN = [
    ("line", "#Fields: date\nwhole\ntor", "#Fields: date\nwhole\n#Remark: a torn line of 3 octets was cut off here\n"),
    ("all", "#Soft", ""),
    ("whole", "#Fields: date\nwhole\n", "#Fields: date\nwhole\n"),
    ("empty", "", ""),
    ("long", "#F\n" + "x" * 200_000, "#F\n#Remark: a torn line of 200000 octets was cut off here\n"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [pytest.param(*r, id=i) for i, *r in TORN])
def test_a_torn_line_is_cut_off(tmp_path, before, after):
    path = tmp_path / "u_ex1.log"
    path.write_text(before)
    LogFile.open(path).close()
    assert path.read_text() == after


# ------------------------------------------------------------------------------ sites


def test_sites_nobody_named_are_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(w3c_log, "MAX_UNLISTED", 2)
    monkeypatch.setattr(w3c_log, "MAX_OPEN", 1)
    monkeypatch.setattr(w3c_log, "_ROUTES", 3)
    of = files(tmp_path)
    log = log_of(of)
    for turn in range(2):
        for number in range(4):
            log.put(settings(of, f"h{number}.test", listed=False), visit())
        log.put(settings(of, "shop.test"), visit())
        log.write(float(turn))
        assert len([s for s in log._streams.values() if s.file is not None]) == 1
    log.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "+others",
        "h0.test",
        "h1.test",
        "shop.test",
    ]
    assert len(rows(tmp_path, "+others")) == 4
    assert len(rows(tmp_path, "shop.test")) == 2


# ---------------------------------------------------------------------------- keeping


def test_old_files_of_ours_are_deleted_and_no_others(tmp_path):
    of = files(tmp_path, keep=86_400.0)
    log = log_of(of)
    for day in range(4):
        written(log, settings(of), visit(NOON + day * 86_400))
    others = {
        "u_ex260101.log": "#Software: Microsoft Internet Information Services 10.0\n",
        "u_ex260101.log.gz": "#Software: session-tracker 1\n",
        "notes.log": "#Software: session-tracker 1\n",
    }
    for name, text in others.items():
        (tmp_path / "shop.test" / name).write_text(text)
    (tmp_path / "shop.test/u_ex260102.log").symlink_to(tmp_path / "nowhere")
    for day, path in enumerate(logs_of(tmp_path)):
        when = NOON + day * 86_400
        if not path.is_symlink():
            os.utime(path, (when, when))
    for name in others:
        os.utime(tmp_path / "shop.test" / name, (NOON - 1e6, NOON - 1e6))
    now = time.time() + 1e7
    kept = {path.name for path in (tmp_path / "shop.test").iterdir()}
    log.delete_old(now)
    # The file that is open stays, whatever its age.
    assert kept - {path.name for path in (tmp_path / "shop.test").iterdir()} == {
        *("u_ex261121.log", "u_ex261122.log", "u_ex261123.log"),
    }
    log.close()
    log.delete_old(now + 10)  # too soon to look again
    assert (tmp_path / "shop.test/u_ex261124.log").exists()
    log.delete_old(now + 3600)
    assert not (tmp_path / "shop.test/u_ex261124.log").exists()


def test_nothing_is_deleted_where_all_is_kept(tmp_path):
    of = files(tmp_path)
    log = log_of(of)
    written(log, settings(of), visit())
    log.close()
    log.delete_old(NOON * 2)
    assert names(tmp_path) == ["u_ex261121.log"]
    assert delete_old(tmp_path, 0.0) == []


# ------------------------------------------------------------------- a few at a time


def numbered(count):
    return [visit(target=b"/%d" % number) for number in range(count)]


def test_exchanges_become_lines_a_few_at_a_time(tmp_path):
    of = files(tmp_path)
    log, chosen = log_of(of), settings(of)
    many = numbered(2 * w3c_log.AT_ONCE + 3)
    for each in many[: w3c_log.AT_ONCE]:
        each.status = 201
        log.put(chosen, each)
        each.status = 500  # no line has been made of it, unless it was the last of them
    for each in many[w3c_log.AT_ONCE :]:
        log.put(chosen, each)
    log.write(0.0)
    log.close()
    assert stems(tmp_path) == [f"/{number}" for number in range(len(many))]
    assert [row["sc-status"] for row in rows(tmp_path)][w3c_log.AT_ONCE - 2 :][:3] == [
        "500",
        "201",
        "200",
    ]


def test_who_finds_the_other_thread_making_lines_does_not_wait(tmp_path):
    of = files(tmp_path)
    log, chosen = log_of(of), settings(of)
    exchanges = numbered(w3c_log.AT_ONCE + 1)
    with log._making:
        for each in exchanges:
            log.put(chosen, each)
        log.write(0.0)
    assert log.written == 0
    log.write(0.0)
    log.close()
    assert stems(tmp_path) == [f"/{number}" for number in range(len(exchanges))]
    assert log.lost == 0


# --------------------------------------------------------------------- missing lines


def test_what_is_too_much_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(w3c_log, "MAX_WAITING", 3)
    of = files(tmp_path)
    log, chosen = log_of(of), settings(of)
    for second in range(8):
        log.put(chosen, visit(NOON + second))
    log.write(0.0)
    log.put(chosen, visit(NOON + 9))
    log.write(1.0)
    log.close()
    (path,) = logs_of(tmp_path)
    reader = Reader()
    assert len(list(reader.read(path))) == 4
    assert reader.remarks == [
        "5 lines from 2026-11-21 12:00:03 to 2026-11-21 12:00:07 are missing: they could not be written"
    ]
    assert (log.written, log.lost) == (4, 5)


def test_a_gap_is_told_even_if_no_line_comes_after_it(tmp_path, monkeypatch):
    of = files(tmp_path)
    log, chosen = log_of(of), settings(of)
    written(log, chosen, visit())
    monkeypatch.setattr(w3c_log, "MAX_WAITING", 0)
    log.put(chosen, visit(MIDNIGHT))
    log.put(
        settings(of, "other.test"), visit()
    )  # no line ever came: there is no file to tell it in
    log.write(1.0)
    log.close()
    assert names(tmp_path) == ["u_ex261121.log", "u_ex261122.log"]
    reader = Reader()
    assert list(reader.read(logs_of(tmp_path)[1])) == []
    assert len(reader.remarks) == 1
    assert reader.fields == list(chosen.fields)


def test_an_exchange_that_cannot_be_written_does_not_end_the_log(tmp_path):
    of, told = files(tmp_path), []
    log, chosen = log_of(of, told.append), settings(of)
    written(log, chosen, visit(), visit(target=None), visit())
    log.close()
    assert len(rows(tmp_path)) == 2
    assert log.lost == 1
    assert told[0] == "an exchange could not be logged: AttributeError"


def test_the_thread_writes_by_itself_and_ends(tmp_path):
    of = files(tmp_path, keep=1e6)
    old = tmp_path / "other.test/u_ex200101.log"
    old.parent.mkdir()
    old.write_text("#Software: session-tracker 1\n")
    os.utime(old, (0, 0))
    log, chosen = log_of(of), settings(of)
    log.start()
    log.put(chosen, visit())
    wait_until(lambda: log.written and not old.exists())
    assert len(rows(tmp_path)) == 1
    log.put(chosen, visit())
    log.stop()
    assert len(rows(tmp_path)) == 2
    assert not log._thread.is_alive()


# -------------------------------------------------------------------------------- key


def test_a_key_is_made_once(tmp_path):
    path = tmp_path / "a/b/key"
    found = []
    threads = [threading.Thread(target=lambda: found.append(digest_key(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert digest_key(path) == found[0]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["key"]


def test_another_process_was_first_with_the_key(tmp_path, monkeypatch):
    path = tmp_path / "key"
    real = os.link

    def link(draft, target):
        path.write_text("x" * 43)
        real(draft, target)

    monkeypatch.setattr(os, "link", link)
    key = digest_key(path)
    assert path.read_text() == "x" * 43
    assert key == digest_key(path)


def test_what_is_no_key(tmp_path):
    (tmp_path / "short").write_text("x" * 31)
    with pytest.raises(DigestKeyError, match="holds no key of at least 32 octets"):
        digest_key(tmp_path / "short")
    with pytest.raises(DigestKeyError, match="cannot be read or made: Is a directory"):
        digest_key(tmp_path)


def test_digests_last(tmp_path):
    of = LogFiles(tmp_path, tmp_path / "key", Rollover.DAILY, 1, None)
    digests = set()
    for turn in range(2):
        log = W3cLog(of, Digester(digest_key(of.key_file)), print)
        chosen = settings(of, fields=["cs(Cookie)"])
        written(log, chosen, visit(NOON + turn, request_lines=((b"Cookie", b"a=secret"),)))
        log.close()
        digests |= {row["cs(Cookie)"] for row in rows(tmp_path)}
    assert len(digests) == 1
