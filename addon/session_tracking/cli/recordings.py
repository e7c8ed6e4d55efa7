"""Opens recordings of every kind as octets in a map, so that no file is held in memory."""

import mmap
import os
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from session_tracking.errors import InputError
from session_tracking.escape import visible
from session_tracking.records.har_recording import HarRecording
from session_tracking.records.mitm_capture import read_capture
from session_tracking.records.recorded import Broken, Recorded
from session_tracking.records.tnetstrings import Octets

__all__ = ["Recording"]

MAX_PROBLEMS = 20
"""Reasons that are told of one file."""

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_GZIP_WINDOW = 31  # zlib's number for the gzip form
_CHUNK = 1024 * 1024


class Recording:
    """What one file holds. A HAR begins with a brace, a flow file with a digit."""

    def __init__(self, name: str) -> None:
        """Raises InputError if the file cannot be opened."""
        self.shown: str = "standard input" if name == "-" else visible(name)
        self.position: int = 0
        """Octets that were read so far."""
        self.problems: dict[str, None] = {}
        """Why not everything could be read, each reason once; complete at the end."""
        try:
            self._octets = self._mapped(name)
        except OSError as error:
            raise InputError(f"{self.shown}: {error.strerror or error}.") from error
        self.size: int = len(self._octets)

    def read(self, numbered: str = "") -> Iterator[Recorded]:
        """Every exchange, in the order of the file.

        Entries of a HAR are known by their number; `numbered` stands before it.
        """
        now = time.time()
        start = bytes(self._octets[:4]).removeprefix(b"\xef\xbb\xbf").lstrip()
        if start.startswith(b"{"):
            har = HarRecording(memoryview(self._octets), now)
            for position, found in har.read():
                self.position = position
                if isinstance(found, Recorded):
                    found.id = numbered + found.id
                    yield found
                else:
                    self._tell(found)
            if reason := har.left_out():
                self.problems[reason] = None
            return
        for position, flow in read_capture(self._octets, now, _read_otherwise):
            self.position = position
            if isinstance(flow, Recorded):
                yield flow
            elif flow is not None:
                self._tell(flow)

    def _tell(self, broken: Broken) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems[f"{self.shown} is {broken}"] = None

    def _mapped(self, name: str) -> Octets:
        if name == "-":
            with _spooled(_chunks(sys.stdin.buffer)) as spool:
                return self._unpacked(spool)
        with Path(name).open("rb") as stream:
            return self._unpacked(stream)

    def _unpacked(self, stream: IO[bytes]) -> Octets:
        begins = stream.read(len(_ZIP))
        stream.seek(0)
        if begins.startswith(_GZIP):
            chunks = self._unzipped(_chunks(stream))
        elif begins == _ZIP:
            chunks = self._of_archive(stream)
        else:
            return _map(stream)
        with _spooled(chunks) as spool:
            return _map(spool)

    def _of_archive(self, stream: IO[bytes]) -> Iterator[bytes]:
        """The HAR in an archive, as Playwright makes it; its bodies stand beside it."""
        import zipfile  # noqa: PLC0415 - with three ways of compression, for a rare form

        try:
            with zipfile.ZipFile(stream) as archive:
                names = [name for name in archive.namelist() if name.endswith(".har")]
                for name in names[:1]:
                    with archive.open(name) as member:
                        yield from _chunks(member)
                if not names:
                    self.problems[f"{self.shown} is an archive without a .har file"] = None
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError):
            self.problems[f"{self.shown}: the archive cannot be read"] = None

    def _unzipped(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """All that can be unpacked (RFC 1952: one member or several)."""
        member = zlib.decompressobj(_GZIP_WINDOW)
        for chunk in chunks:
            packed = chunk
            while packed:
                if member.eof:
                    member = zlib.decompressobj(_GZIP_WINDOW)
                try:
                    yield member.decompress(packed)
                except zlib.error:
                    self.problems[f"{self.shown}: its compressed octets are broken"] = None
                    return
                packed = member.unused_data
        if not member.eof:
            self.problems[f"{self.shown}: its compressed octets end too early"] = None


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    return iter(partial(stream.read, _CHUNK), b"")


@contextmanager
def _spooled(chunks: Iterator[bytes]) -> Iterator[IO[bytes]]:
    """A file on disk that has no name: what comes once only, or packed, can be mapped by it."""
    with tempfile.TemporaryFile() as spool:
        spool.writelines(chunks)
        spool.seek(0)
        yield spool


def _map(stream: IO[bytes]) -> Octets:
    size = os.fstat(stream.fileno()).st_size
    return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b""


def _read_otherwise(octets: bytes, now: float) -> Recorded | None:
    """Mitmproxy's own reader, for flows of other versions; half a second to import."""
    from session_tracking.mitm.captures import read_flow  # noqa: PLC0415 - see above

    return read_flow(octets, now)
