import gzip
import io
import sys
import zipfile
from types import SimpleNamespace

import pytest

from session_tracking.cli import recordings
from session_tracking.cli.recordings import Recording
from session_tracking.errors import InputError
from tests.records.test_har_recording import entry, har
from tests.records.test_mitm_capture import OTHERS, dump, shop


@pytest.fixture
def file(tmp_path):
    def written(octets):
        path = tmp_path / "recording"
        path.write_bytes(octets)
        return str(path)

    return written


CAPTURE, HAR = dump(shop(), shop()), har(entry(), entry())


@pytest.mark.parametrize("octets", [CAPTURE, HAR, b"\n " + HAR, b"\xef\xbb\xbf" + HAR])
@pytest.mark.parametrize("packed", [False, True])
def test_the_kind_is_told_by_the_content(file, octets, packed):
    recording = Recording(file(gzip.compress(octets) if packed else octets))
    assert len(list(recording.read())) == 2
    assert (recording.problems, recording.size) == ({}, len(octets))
    assert recording.position > len(octets) / 2


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(CAPTURE)))
    recording = Recording("-")
    assert (len(list(recording.read())), recording.shown) == (2, "standard input")


def archive(**files):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("_", "."), content)
    return written.getvalue()


def test_an_archive_of_playwright(file, monkeypatch):
    octets = archive(a_html=b"<p>", har_har=HAR)
    assert len(list(Recording(file(octets)).read())) == 2
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(octets)))
    assert len(list(Recording("-").read())) == 2


ARCHIVES = [
    (archive(a_html=b"<p>"), "is an archive without a .har file"),
    (archive(har_har=HAR)[:-30], "the archive cannot be read"),
]


@pytest.mark.parametrize(("octets", "problem"), ARCHIVES)
def test_archives_without_a_har(file, octets, problem):
    recording = Recording(file(octets))
    assert list(recording.read()) == []
    assert problem in " ".join(recording.problems)


def test_several_members_in_one_compressed_file(file):
    octets = gzip.compress(CAPTURE) + gzip.compress(CAPTURE)
    assert len(list(Recording(file(octets)).read())) == 4


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (gzip.compress(CAPTURE)[:-9], "its compressed octets end too early"),
        (gzip.compress(CAPTURE) + b"garbage", "its compressed octets are broken"),
    ],
)
def test_compressed_files_that_break(file, octets, problem):
    recording = Recording(file(octets))
    assert list(recording.read())
    assert problem in " ".join(recording.problems)


def test_the_entries_of_several_files_are_told_apart(file):
    assert [found.id for found in Recording(file(HAR)).read("2:")] == ["2:1", "2:2"]


def test_a_broken_place_is_told(file):
    recording = Recording(file(CAPTURE + b"x"))
    assert len(list(recording.read())) == 2
    assert list(recording.problems) == [
        f"{recording.shown} is broken at byte {len(CAPTURE)}: no flow begins here"
    ]


def test_few_broken_places_are_told(file, monkeypatch):
    monkeypatch.setattr(recordings, "MAX_PROBLEMS", 2)
    recording = Recording(file(har(None, None, None)))
    assert list(recording.read()) == []
    assert len(recording.problems) == 2


def test_cookies_that_were_left_out(file):
    bare = har(entry(response={"headers": []}), creator={"name": "WebInspector"})
    recording = Recording(file(bare))
    assert len(list(recording.read())) == 1
    assert "leaves them out" in " ".join(recording.problems)


def test_other_flows_than_those_of_http_and_of_other_forms(file):
    recording = Recording(file(dump(*OTHERS.values())))
    assert len(list(recording.read())) == len(OTHERS)


def test_an_empty_file(file):
    recording = Recording(file(b""))
    assert (list(recording.read()), recording.size) == ([], 0)


def test_a_file_that_cannot_be_opened(tmp_path):
    with pytest.raises(InputError, match=r"missing: No such file or directory\."):
        Recording(str(tmp_path / "missing"))
