"""Directives and texts are found wherever they lie, also by several processes."""

import io
import json
import runpy
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from session_tracking.activity import finding, stretches
from session_tracking.activity.stretches import Layout, LogFile, Stretch, cut, lines_with
from session_tracking.errors import InputError

LOGS = st.lists(st.sampled_from([b"#", b"\n", b"x", b"ab", b"aab", b"\n#", b"y" * 7])).map(b"".join)


def naive(octets, start, stop, text):
    signs = [
        place
        for place in range(start, stop)
        if octets[place] == 0x23 and (place == 0 or octets[place - 1] == 0x0A)
    ]
    hits, place = [], octets.find(text, start, stop)
    while text and place >= 0:
        hits.append(place)
        end = octets.find(b"\n", place, stop)
        place = octets.find(text, end, stop) if end >= 0 else -1
    return signs, hits


@given(octets=LOGS, block=st.integers(4, 16), text=st.sampled_from([b"", b"ab", b"#x", b"yyy"]), data=st.data())  # fmt: skip
def test_as_a_plain_search(tmp_path_factory, octets, block, text, data):
    path = tmp_path_factory.getbasetemp() / "searched.log"
    path.write_bytes(octets)
    start = data.draw(st.integers(0, len(octets)))
    stop = data.draw(st.integers(start, len(octets)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finding, "_BLOCK", block)
        patch.setattr(finding, "_MANY", 2)
        assert finding.find((str(path), start, stop), text) == naive(octets, start, stop, text)


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


def test_file_without_the_text(tmp_path):
    path = tmp_path / "u.log"
    path.write_bytes(b"#Fields: a\nb\n")
    assert lines_with([LogFile(path, "u.log", "site")], "c") == []


LINES = (
    b"#Fields: date time x\n1 2 abc\n1 2 abc abc\n#Fields: x time\nabc\nno\n#Remark: abc\nabc\nab"
)


@pytest.mark.parametrize("piece", [7, 1 << 20])
@pytest.mark.parametrize("alone", [0, 1 << 20])
def test_several_processes_and_pieces(tmp_path, monkeypatch, piece, alone):
    """The same, however the work is shared."""
    monkeypatch.setattr(stretches, "_PIECE", piece)
    monkeypatch.setattr(stretches, "_ALONE", alone)
    files = []
    for name in ("a", "b"):
        path = tmp_path / f"{name}.log"
        path.write_bytes(LINES)
        files.append(LogFile(path, str(path), "site"))
    first, second = Layout(("date", "time", "x")), Layout(("x", "time"))
    expected = [(b"1 2 abc\n1 2 abc abc\n", first), (b"abc\nno\n", second), (b"abc\n", second)]
    assert [(read(part), part.layout) for part in cut(files)] == expected * 2
    lines = [(b"1 2 abc\n", first), (b"1 2 abc abc\n", first), (b"abc\n", second), (b"abc\n", second)]  # fmt: skip
    assert [(read(part), part.layout) for part in lines_with(files, "abc")] == lines * 2


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


@pytest.mark.parametrize("alone", [0, 1 << 20])
def test_file_that_is_gone(tmp_path, monkeypatch, capfd, alone):
    gone = LogFile(tmp_path / "gone\x1b.log", "gone\x1b.log", "site")
    with pytest.raises(InputError, match=r"^gone\\x1b\.log: cannot be read: No such file"):
        cut([gone])
    monkeypatch.setattr(stretches, "_ALONE", alone)
    with pytest.raises(InputError, match=r"cannot be read|could not be searched"):
        stretches._found([(str(Path(tmp_path, "gone")), 0, 100)], b"")
    assert ("FileNotFoundError" in capfd.readouterr().err) == (alone == 0)
