"""Opens recordings of every kind as octets in a map, so that no file is held in memory."""

import mmap
import os
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, BinaryIO, cast

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
_GZIP_WINDOW = 31  # zlib's number for the gzip form
_CHUNK = 1024 * 1024


class Recording:
    """What one file holds. A HAR begins with a brace, a flow file with a digit."""

    def __init__(self, name: str) -> None:
        """Raises InputError if the file cannot be opened."""
        self.shown = "standard input" if name == "-" else visible(name)
        self.position = 0
        """Octets that were read so far."""
        self.problems: dict[str, None] = {}
        """Why not everything could be read, each reason once; complete at the end."""
        try:
            self._octets = self._mapped(name)
        except OSError as error:
            raise InputError(f"{self.shown}: {error.strerror or error}.") from error
        self.size = len(self._octets)

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
            return self._spooled(cast("BinaryIO", sys.stdin.buffer))
        with Path(name).open("rb") as stream:
            if stream.read(len(_GZIP)) == _GZIP:
                stream.seek(0)
                return self._spooled(stream)
            return _map(stream)

    def _spooled(self, source: BinaryIO) -> Octets:
        """What comes once only, or compressed, by way of a file on disk that has no name."""
        with tempfile.TemporaryFile() as spool:
            first = source.read(_CHUNK)
            chunks: Iterator[bytes] = chain([first], iter(partial(source.read, _CHUNK), b""))
            if first.startswith(_GZIP):
                chunks = self._unzipped(chunks)
            spool.writelines(chunks)
            spool.flush()
            return _map(spool)

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


def _map(stream: IO[bytes]) -> Octets:
    size = os.fstat(stream.fileno()).st_size
    return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if size else b""


def _read_otherwise(octets: bytes, now: float) -> Recorded | None:
    """Mitmproxy's own reader, for flows of other versions; half a second to import."""
    from session_tracking.mitm.captures import read_flow  # noqa: PLC0415 - see above

    return read_flow(octets, now)
