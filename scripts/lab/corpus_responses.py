"""The part of the corpus that varies what the origin answers."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lab import grammar, grammar_fields
from scripts.lab.building import FRESH, MODIFIED, TAG, Line, control, sent, word
from scripts.lab.cases import Case


def none() -> Iterator[Case]:
    """No Cache-Control at all."""
    yield sent("none/bare")
    yield sent("none/no-date", date=None)
    yield sent("none/last-modified", MODIFIED)
    yield sent("none/etag", TAG)
    yield sent("none/last-modified-etag", MODIFIED, TAG)
    yield sent("none/last-modified-no-date", MODIFIED, date=None)
    yield sent("none/empty-cache-control", control(""), MODIFIED)
    yield sent("none/comma", control(","), MODIFIED)


def expires() -> Iterator[Case]:
    """Expires alone, without Date, with a validator, twice, and in both orders with others."""
    for value in grammar.DATES:
        yield sent(f"expires/{word(value)}", ("Expires", value))
    for value in ("{date+60}", "{date}", "{date-60}", "0", "never"):
        line = ("Expires", value)
        yield sent(f"expires-no-date/{word(value)}", line, date=None)
        yield sent(f"expires-modified/{word(value)}", line, MODIFIED)
        yield sent(f"expires-public/{word(value)}", line, control("public"))
        for directive in ("max-age=60", "max-age=0", "s-maxage=60", "private", "no-cache"):
            yield sent(f"expires-order/{word(value)}|{directive}", line, control(directive))
            yield sent(f"expires-order/{directive}|{word(value)}", control(directive), line)
    past, future = ("Expires", "{date-60}"), ("Expires", "{date+60}")
    yield sent("expires/past|future", past, future)
    yield sent("expires/future|past", future, past)
    yield sent("expires/future|future", future, ("Expires", "{date+120}"))


def accel() -> Iterator[Case]:
    """X-Accel-Expires alone and in both orders with Cache-Control and Expires."""
    for value in grammar.ACCEL_EXPIRES:
        line = ("X-Accel-Expires", value)
        yield sent(f"accel/{word(value)}", line)
        yield sent(f"accel/{word(value)}|max-age", line, FRESH)
        yield sent(f"accel/max-age|{word(value)}", FRESH, line)
    for value in ("60", "0", "off"):
        line = ("X-Accel-Expires", value)
        for other in (control("no-store"), control("private"), ("Expires", "{date-60}")):
            yield sent(f"accel/{value}|{other[0]}:{word(other[1])}", line, other)
            yield sent(f"accel/{other[0]}:{word(other[1])}|{value}", other, line)


def dates() -> Iterator[Case]:
    """Date absent, past, future, malformed and repeated."""
    fresh: tuple[Line, ...] = (FRESH, ("Expires", "{date+60}"), MODIFIED)
    for value in ("{date-30}", "{date-3600}", "{date+3600}", "never", "", "0"):
        for line in fresh:
            yield sent(f"date/{word(value)}|{line[0]}", line, date=("Date", value))
    for line in fresh:
        yield sent(f"date/absent|{line[0]}", line, date=None)
        yield sent(f"date/two|{line[0]}", ("Date", "{date-3600}"), line)
    for value in grammar.LAST_MODIFIED:
        yield sent(f"modified/{word(value)}", ("Last-Modified", value))
        yield sent(f"modified/{word(value)},public", ("Last-Modified", value), control("public"))


def age() -> Iterator[Case]:
    """Age beside max-age, s-maxage, Expires and a validator."""
    for value in grammar_fields.AGE:
        yield sent(f"age/{word(value)}", FRESH, ("Age", value))
    for value in ("10", "61", "3600"):
        yield sent(f"age/{value},s-maxage", control("s-maxage=60"), ("Age", value))
        yield sent(f"age/{value},expires", ("Expires", "{date+60}"), ("Age", value))
        yield sent(f"age/{value},modified", MODIFIED, ("Age", value))
    yield sent("age/10|20", FRESH, ("Age", "10"), ("Age", "20"))
    yield sent("age/10|61", FRESH, ("Age", "10"), ("Age", "61"))


def pragma() -> Iterator[Case]:
    """Pragma in a response, which RFC 9111 §5.4 gives no meaning."""
    for value in grammar_fields.PRAGMA:
        line = ("Pragma", value)
        yield sent(f"pragma/{word(value)}", line, MODIFIED)
        yield sent(f"pragma/{word(value)},max-age", line, FRESH)
        yield sent(f"pragma/{word(value)},expires", line, ("Expires", "{date+60}"))


def targeted() -> Iterator[Case]:
    """Fields for some caches only, without Cache-Control and against it."""
    for name in grammar_fields.TARGETED_FIELDS:
        for value in grammar_fields.TARGETED:
            yield sent(f"targeted/{name}:{word(value)}", (name, value))
        yield sent(f"targeted/{name}:max-age|no-store", (name, "max-age=60"), control("no-store"))
        yield sent(f"targeted/{name}:no-store|max-age", (name, "no-store"), FRESH)


def vary() -> Iterator[Case]:
    """Vary beside max-age, and over two lines."""
    for value in grammar_fields.VARY:
        yield sent(f"vary/{word(value)}", FRESH, ("Vary", value))
    for value in ("*", "Cookie", "Accept-Encoding"):
        yield sent(f"vary/{value},modified", MODIFIED, ("Vary", value))
    yield sent("vary/two-lines", FRESH, ("Vary", "Accept-Encoding"), ("Vary", "Cookie"))
    yield sent("vary/two-lines-star", FRESH, ("Vary", "Accept-Encoding"), ("Vary", "*"))


def statuses() -> Iterator[Case]:
    """Every status: fresh, heuristically, expired, and with public alone."""
    for status in grammar_fields.STATUSES:
        extra: tuple[Line, ...] = ()
        if 300 <= status < 400:
            extra = (("Location", "/elsewhere"),)
        if status == 206:
            extra = (("Content-Range", "bytes 0-59/200"),)
        yield sent(f"status/{status}", FRESH, *extra, status=status)
        yield sent(f"status-modified/{status}", MODIFIED, *extra, status=status)
        if status in {204, 301, 302, 307, 308, 404, 410, 500}:
            yield sent(f"status-bare/{status}", *extra, status=status)
            expired = ("Expires", "{date-60}")
            yield sent(f"status-expired/{status}", expired, *extra, status=status)
            yield sent(f"status-public/{status}", control("public"), *extra, status=status)
            yield sent(f"status-expires/{status}", ("Expires", "{date+60}"), *extra, status=status)


def cookies() -> Iterator[Case]:
    """Forms of Set-Cookie and Set-Cookie2, deletion cookies, several lines."""
    for number, lines in enumerate(grammar_fields.COOKIES):
        name = f"{number}-{','.join(name for name, _ in lines)}"
        yield sent(f"cookie/{name}", FRESH, cookie=lines)
        yield sent(f"cookie/{name},modified", MODIFIED, cookie=lines)
        yield sent(f"cookie/{name},no-store", control("no-store"), cookie=lines)
    long = (("Set-Cookie", "sid={n}" + "x" * 3000),)
    yield sent("cookie/long", FRESH, cookie=long)
    both = 'max-age=60, no-cache="Set-Cookie, Set-Cookie2"'
    yield sent("cookie/set-cookie2,qualified", control(both), cookie=grammar_fields.COOKIES[11])


def other_fields() -> Iterator[Case]:
    """Fields that are not about caching, beside max-age."""
    for name, value in grammar_fields.OTHER_FIELDS:
        yield sent(f"field/{name}:{word(value)}", FRESH, (name, value))


def bodies() -> Iterator[Case]:
    """Empty and large bodies."""
    for length in (0, 1, 4096, 70000, 300000):
        yield sent(f"body/{length}", FRESH, body_length=length)
    yield sent("body/0,modified", MODIFIED, body_length=0)
    yield sent("body/0,etag", FRESH, TAG, body_length=0)
    yield sent("body/0,301", FRESH, ("Location", "/"), status=301, body_length=0)
    yield sent("body/0,404", FRESH, status=404, body_length=0)


GROUPS = (
    none, expires, accel, dates, age, pragma, targeted, vary, statuses, cookies, other_fields,
    bodies,
)  # fmt: skip
