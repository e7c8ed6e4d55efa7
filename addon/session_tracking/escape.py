"""Makes text from outside fit to be shown: on a terminal, in a log line, in a report."""


def visible(text: str, limit: int = 200) -> str:
    r"""The text with everything escaped that does not print, cut to `limit` characters.

    Control characters, bidirectional and zero-width controls, line separators, lone surrogates and
    unassigned code points become `\xNN`, `\uNNNN` or `\UNNNNNNNN`, so the result is one line that
    cannot steer a terminal, reorder what a reader sees, nor fail to be encoded. Backslashes stay
    as they are: the result is for reading, not for parsing. An ellipsis marks a cut.
    """
    if len(text) > limit:
        return visible(text[:limit], limit) + "…"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _escaped(ord(char)) for char in text)


def _escaped(point: int) -> str:
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
