"""Opens what a verdict is asked about."""

import json
from io import BytesIO, StringIO
from types import SimpleNamespace

import pytest
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow

from session_tracking.cli import inputs
from session_tracking.cli.inputs import Input, opened, read, with_progress
from session_tracking.errors import InputError
from session_tracking.records.questions import Unreadable

LINE = (
    b'{"id": "a", "request": {"method": "GET", "url": "http://a.test/", "headers": []},'
    b' "response": {"status": 200, "headers": []}}\n'
)
ENTRY = {
    "request": {"method": "GET", "url": "http://a.test/", "headers": []},
    "response": {"status": 200, "headers": []},
}


def har(count):
    return json.dumps({"log": {"creator": {"name": "x"}, "entries": [ENTRY] * count}}).encode()


def flows(count):
    file = BytesIO()
    for _ in range(count):
        FlowWriter(file).add(tflow.tflow(resp=True))
    return file.getvalue()


KINDS = [
    ("lines", "a.jsonl", LINE * 2, False, [2, 0]),
    ("lines, no ending", "a", LINE, False, [1, 0]),
    ("bad line", "a.jsonl", LINE + b"{\n", False, [2, 0]),
    ("no line", "a.jsonl", b"", False, [0]),
    ("raw", "a.txt", b"HTTP/1.1 200 OK\r\n\r\n", True, [1]),
    ("raw in spite of its name", "a.har", b"HTTP/1.1 200 OK\r\n\r\n", True, [1]),
    ("har", "a.har", har(2), False, [2]),
    ("har in capitals", "a.HAR", har(1), False, [1]),
    ("empty har", "a.har", har(0), False, [0]),
    ("long har", "a.har", har(33), False, [32, 1]),
    ("mitm", "a.mitm", flows(2), False, [2]),
    ("flow", "a.flow", flows(1), False, [1]),
    ("flows", "a.flows", flows(1), False, [1]),
    ("mitmproxy", "a.mitmproxy", flows(1), False, [1]),
    ("long capture", "a.mitm", flows(65), False, [32, 32, 1]),
]


@pytest.mark.parametrize(
    ("name", "content", "raw", "sizes"), [row[1:] for row in KINDS], ids=[row[0] for row in KINDS]
)
def test_kinds_of_files(tmp_path, monkeypatch, name, content, raw, sizes):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    with opened(name) as source:
        found = [len(batch) for batch in read(source, raw=raw)]
    assert [size for size in found if size] == [size for size in sizes if size]
    assert source.stream.closed


BROKEN = [
    ("raw", "a.txt", b"x", True, []),
    ("har", "a.har", b"[]", False, [0]),
    ("capture", "a.mitm", b"x", False, [0]),
    ("cut off", "a.mitm", flows(2)[:-9], False, [1]),
]


@pytest.mark.parametrize(
    ("name", "content", "raw", "sizes"),
    [row[1:] for row in BROKEN],
    ids=[row[0] for row in BROKEN],
)
def test_broken_files_are_named_after_what_could_be_read(name, content, raw, sizes):
    found = []
    with pytest.raises(InputError, match=f"^{name}: "):
        found.extend(len(batch) for batch in read(Input(BytesIO(content), name), raw=raw))
    assert found == sizes


def test_a_bad_line_is_no_error():
    (batch, _) = read(Input(BytesIO(b"{\n" + LINE), "a"))
    assert [isinstance(item, Unreadable) for item in batch] == [True, False]


def test_standard_input_stays_open(monkeypatch):
    stream = BytesIO(LINE)
    monkeypatch.setattr(inputs, "sys", SimpleNamespace(stdin=SimpleNamespace(buffer=stream)))
    with opened("-") as source:
        assert source.piped
        assert source.stream is stream
    assert not stream.closed


SHOWN = [
    ("standard input", "-", True, "standard input", ""),
    ("file", "x/a.b.HAR", False, "x/a.b.HAR", ".har"),
    ("no ending", "x.d/a", False, "x.d/a", ""),
]


@pytest.mark.parametrize(
    ("name", "piped", "shown", "ending"),
    [row[1:] for row in SHOWN],
    ids=[row[0] for row in SHOWN],
)
def test_names(name, piped, shown, ending):
    source = Input(BytesIO(), name)
    assert (source.piped, source.shown, source.ending) == (piped, shown, ending)


def test_a_name_is_shown_escaped():
    assert Input(BytesIO(), "\x1b[31m\u202e").shown.isprintable()


class Stream(StringIO):
    """Output that says whether it is a terminal."""

    def __init__(self, *, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


BARS = [
    ("file", "a.jsonl", True, False, True),
    ("answers on the terminal", "a.jsonl", True, True, False),
    ("no terminal", "a.jsonl", False, False, False),
    ("standard input", "-", True, False, False),
]


@pytest.mark.parametrize(
    ("name", "error", "out", "bar"), [row[1:] for row in BARS], ids=[row[0] for row in BARS]
)
def test_progress(tmp_path, monkeypatch, name, error, out, bar):
    path = tmp_path / "a.jsonl"
    path.write_bytes(LINE * 3)
    error, out = Stream(terminal=error), Stream(terminal=out)
    monkeypatch.setattr(inputs, "sys", SimpleNamespace(stderr=error, stdout=out))
    with path.open("rb") as stream:
        source = Input(stream, name)
        assert sum(map(len, with_progress(source, read(source)))) == 3
    assert ("100%" in error.getvalue()) == bar
    assert bool(error.getvalue()) == bar
    assert out.getvalue() == ""
