"""The encoding of the log's values: every value becomes one word of one line.

Spaces and everything that does not print become `+`, and an empty value `-`, as IIS writes them;
that cannot be undone. A value of more than 4096 octets is cut and ends in `...`.
"""

__all__ = ["ABSENT", "MAX_OCTETS", "encode", "encode_text"]

ABSENT = "-"
MAX_OCTETS = 4096
"""Octets of the longest value."""

_CUT = b"..."


def encode(octets: bytes) -> str:
    """A value of a message as a word: UTF-8 where it is UTF-8, `+` for each octet that is not."""
    if len(octets) > MAX_OCTETS:
        octets = octets[: MAX_OCTETS - len(_CUT)] + _CUT
    # What is no UTF-8 becomes lone surrogates, which do not print.
    text = octets.decode("utf-8", "surrogateescape").replace(" ", "+")
    if not text.isprintable():
        text = "".join(char if char.isprintable() else "+" for char in text)
    return text or ABSENT


def encode_text(text: str) -> str:
    """The same for text that is ours already."""
    if text.isascii() and text.isprintable() and " " not in text and 0 < len(text) <= MAX_OCTETS:
        return text
    return encode(text.encode("utf-8", "surrogateescape"))
