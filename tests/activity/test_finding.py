"""Directives and texts are found wherever they lie, also by several processes."""

import ctypes
import io
import json
import os
import runpy
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from session_tracking.activity import finding, searching, stretches
from session_tracking.activity.stretches import Layout, LogFile, Stretch, cut, searched
from session_tracking.errors import InputError

LOGS = st.lists(st.sampled_from([b"#", b"\n", b"x", b"ab", b"aab", b"\n#", b"y" * 7])).map(b"".join)


def naive(octets, start, stop, text, reach):
    signs = [
        place
        for place in range(start, stop)
        if octets[place] == 0x23 and (place == 0 or octets[place - 1] == 0x0A)
    ]
    hits, place = [], octets.find(text, start, stop)
    while text and place >= 0:
        hits.append(place)
        place = octets.find(text, place + reach, stop)
    return signs, hits


class OtherLibrary:
    """A C library without GNU's search, or none at all that could be asked."""

    def __init__(self, _):
        pass


def no_library(_):
    raise OSError


@pytest.mark.parametrize("library", [ctypes.CDLL, OtherLibrary, no_library])
@given(octets=LOGS, block=st.integers(4, 16), text=st.sampled_from([b"", b"ab", b"#x", b"yyy"]), reach=st.integers(1, 9), data=st.data())  # fmt: skip
def test_as_a_plain_search(tmp_path_factory, library, octets, block, text, reach, data):
    path = tmp_path_factory.getbasetemp() / "searched.log"
    path.write_bytes(octets)
    start = data.draw(st.integers(0, len(octets)))
    stop = data.draw(st.integers(start, len(octets)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "_BLOCK", block)
        patch.setattr(finding, "_MANY", 2)
        patch.setattr(finding, "REACH", reach)
        patch.setattr(ctypes, "CDLL", library)
        found = finding.find((str(path), start, stop), text)
    assert found == naive(octets, start, stop, text, reach)


def test_end_of_a_file_that_became_shorter(tmp_path):
    path = tmp_path / "u.log"
    path.write_bytes(b"#\n")
    assert finding.find((str(path), 0, 100)) == ([0], [])


def test_as_a_program(tmp_path):
    path = tmp_path / "u.log"
    path.write_bytes(b"#\nab\n")
    told = io.StringIO()
    question = {"text": b"ab".hex(), "pieces": [[str(path), 0, 5]]}
    finding.main(io.StringIO(json.dumps(question)), told)
    assert json.loads(told.getvalue()) == [[[0], [2]]]


def test_started_as_a_program(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "", "pieces": []}'))
    runpy.run_path(finding.__file__, run_name="__main__")
    assert capsys.readouterr().out == "[]"


def lines_with(files, text):
    with searched(files, text) as found:
        return found()


def test_file_without_the_text(tmp_path):
    path = tmp_path / "u.log"
    path.write_bytes(b"#Fields: a\nb\n")
    assert lines_with([LogFile(path, "u.log", "site")], "c") == []


def test_text_in_directives_alone(tmp_path):
    path = tmp_path / "u.log"
    path.write_bytes(b"#Fields: a\n")
    assert lines_with([LogFile(path, "u.log", "site")], "a") == []


LINES = (
    b"#Fields: date time x\n1 2 no\n1 2 abc\n1 2 abc abc\n1 2 on\n1 2 on\n"
    b"#Fields: x time\nabc\nno\n#Remark: abc\nabc\nab"
)
FIRST, SECOND = Layout(("date", "time", "x")), Layout(("x", "time"))


@pytest.fixture(params=[7, 1 << 20], ids="piece={}".format)
def files(tmp_path, monkeypatch, request):
    """Two logs, looked through in pieces of this size."""
    monkeypatch.setattr(stretches, "_PIECE", request.param)
    for name in ("a", "b"):
        (tmp_path / f"{name}.log").write_bytes(LINES)
    return [LogFile(tmp_path / f"{name}.log", name, "site") for name in ("a", "b")]


@pytest.mark.parametrize("alone", [0, 1 << 20])
def test_several_processes_and_pieces(files, monkeypatch, alone):
    """The same, however the work is shared."""
    monkeypatch.setattr(searching, "_ALONE", alone)
    expected = [
        (b"1 2 no\n1 2 abc\n1 2 abc abc\n1 2 on\n1 2 on\n", FIRST),
        (b"abc\nno\n", SECOND),
        (b"abc\n", SECOND),
    ]
    assert [(read(part), part.layout) for part in cut(files)] == expected * 2
    lines = [(b"1 2 abc\n1 2 abc abc\n1 2 on\n1 2 on\n", FIRST), *expected[1:]]
    assert [(read(part), part.layout) for part in lines_with(files, "abc")] == lines * 2


def test_no_more_lines_than_needed(files, monkeypatch):
    """Each line that holds the text is there once, and few others."""
    monkeypatch.setattr(stretches, "REACH", 1)
    monkeypatch.setattr(finding, "REACH", 1)
    expected = [
        *[(b"1 2 abc\n", FIRST), (b"1 2 abc abc\n", FIRST)],
        *[(b"abc\n", SECOND), (b"abc\n", SECOND)],
    ]
    assert [(read(part), part.layout) for part in lines_with(files, "abc")] == expected * 2


@pytest.mark.parametrize("longest", [1, 3, 99])
def test_ends_of_lines(tmp_path, monkeypatch, longest):
    """They are found however long a line is."""
    monkeypatch.setattr(stretches, "LONGEST", longest)
    path = tmp_path / "u.log"
    path.write_bytes(b"ab\nabcdefgh\n\nab")
    with path.open("rb") as stream:
        starts = [stretches._line_start(stream.fileno(), place, 1) for place in range(1, 16)]
        ends = [stretches._line_end(stream.fileno(), place, 15) for place in range(16)]
    assert starts == [1, 1, *[3] * 9, 12, 13, 13, 13]
    assert ends == [*[3] * 3, *[12] * 9, 13, *[15] * 3]


def children():
    """Our processes, those included that ended and were not waited for; Linux."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.add(stat.parent.name)
    return found


def test_nobody_waits(files, monkeypatch):
    """The processes are ended."""
    others = children()  # other tests' servers
    monkeypatch.setattr(searching, "_ALONE", 0)
    pieces = [(str(files[0].path), 0, 9)] * 2
    with searching.searching(pieces, b"abc"):
        pass
    assert children() <= others


def read(part: Stretch) -> bytes:
    return part.file.path.read_bytes()[part.start : part.stop]


def test_from_the_middle(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"x y\nz w\nt")
    file = LogFile(path, "a.log", "site", start=4, layout=Layout(("a", "b")))
    assert [read(part) for part in cut([file])] == [b"z w\n"]


def test_no_whole_line(tmp_path, monkeypatch):
    monkeypatch.setattr(stretches, "LONGEST", 4)
    path = tmp_path / "a.log"
    path.write_bytes(b"a line without its end")
    assert cut([LogFile(path, "a.log", "site")]) == []


def found(path):
    with searching.searching([(str(path), 0, 100)], b"") as answer:
        return answer()


@pytest.mark.parametrize("alone", [0, 1 << 20])
def test_file_that_is_gone(tmp_path, monkeypatch, capfd, alone):
    gone = LogFile(tmp_path / "gone\x1b.log", "gone\x1b.log", "site")
    with pytest.raises(InputError, match=r"^gone\\x1b\.log: cannot be read: No such file"):
        cut([gone])
    monkeypatch.setattr(searching, "_ALONE", alone)
    with pytest.raises(InputError, match=r"cannot be read|could not be searched"):
        found(tmp_path / "gone")
    assert ("FileNotFoundError" in capfd.readouterr().err) == (alone == 0)
