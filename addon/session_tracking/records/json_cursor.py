"""Walks through a large JSON text (RFC 8259) without making objects of all of it.

msgspec skips a value several times faster than anybody reads it, and tells where it stopped only in
the message of its error: that is what is read here, and a test holds it fast.
"""

import re
from collections.abc import Iterator

import msgspec

__all__ = ["BrokenJsonError", "JsonCursor"]


class BrokenJsonError(Exception):
    """The text is no JSON from some place on, or it ends too early."""

    def __init__(self, offset: int, problem: str) -> None:
        super().__init__(problem)
        self.offset = offset
        """Octets before that place."""


_skip = msgspec.json.Decoder(msgspec.Raw).decode
_STOPPED = re.compile(r"(.*) \(byte (\d+)\)")
_TRAILING = "JSON is malformed: trailing characters (byte "
_OFF_BY = 1
"""How far behind the first octet that does not belong to the value msgspec places it."""
_SPACE = re.compile(rb"[ \t\r\n]*")


class JsonCursor:
    """A place in a JSON text. Every method raises BrokenJsonError where the text is broken."""

    def __init__(self, text: memoryview, position: int = 0) -> None:
        self.text = text
        self.position: int = position
        """Octets before the place."""

    def members(self) -> Iterator[str]:
        """The names of the object that begins here.

        With each the cursor is at its value; a value that is not walked through is skipped.
        """
        self._pass(b"{")
        if self._next() == b"}":
            self._pass(b"}")
            return
        while True:
            name = self._name()
            self._pass(b":")
            value = self.position
            yield name
            if self.position == value:
                self._skip()
            if self._next() == b"}":
                self._pass(b"}")
                return
            self._pass(b",")

    def items(self) -> Iterator[memoryview]:
        """The items of the array that begins here, each as it is written."""
        self._pass(b"[")
        if self._next() == b"]":
            self._pass(b"]")
            return
        while True:
            begin = self.position
            self._skip()
            yield self.text[begin : self.position]
            if bytes(self.text[self.position : self.position + 2]) == b",{":
                self.position += 1  # the short way of the most common form
            elif self._next() == b"]":
                self._pass(b"]")
                return
            else:
                self._pass(b",")

    def _name(self) -> str:
        begin = self.position
        self._skip()
        try:
            return str(msgspec.json.decode(self.text[begin : self.position], type=str))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise BrokenJsonError(begin, "a name was expected") from None

    def _next(self) -> bytes:
        """The next octet that is no white space."""
        found = _SPACE.match(self.text, self.position)
        assert found is not None  # noqa: S101 - it matches nothing at all, too
        self.position = found.end()
        return bytes(self.text[self.position : self.position + 1])

    def _pass(self, mark: bytes) -> None:
        """Step over a mark that must come now, and over white space."""
        if (there := self._next()) != mark:
            raise BrokenJsonError(
                self.position, f"{mark.decode()!r} was expected" if there else _ENDS
            )
        self.position += 1
        self._next()

    def _skip(self) -> None:
        """Step over the value that begins here."""
        try:
            _skip(self.text[self.position :])
        except msgspec.DecodeError as error:
            told = str(error)
            if told.startswith(_TRAILING):
                self.position += int(told[len(_TRAILING) : -1]) - _OFF_BY
                return
            found = _STOPPED.fullmatch(told)
            if found is None:
                raise BrokenJsonError(len(self.text), _ENDS) from None
            if (
                "escape" in found[1] or "surrogate" in found[1]
            ):  # browsers write lone surrogates, which msgspec refuses
                self._skip_slowly()
            else:
                raise BrokenJsonError(self.position + int(found[2]), found[1]) from None
        except RecursionError:
            raise BrokenJsonError(self.position, "it is nested too deeply") from None
        else:
            self.position = len(self.text)

    def _skip_slowly(self) -> None:
        """Step over a value by its strings and brackets alone."""
        depth = 0
        for found in _STRING_OR_BRACKET.finditer(self.text, self.position):
            mark = found[0][:1]
            depth += (mark in _OPENING) - (mark in _CLOSING)
            if depth <= 0:
                self.position = found.end()
                return
        raise BrokenJsonError(len(self.text), _ENDS)


_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)
_OPENING, _CLOSING = (b"[", b"{"), (b"]", b"}")
_ENDS = "it ends too early"
