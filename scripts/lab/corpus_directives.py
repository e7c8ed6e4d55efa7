"""The part of the corpus that varies Cache-Control."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from scripts.lab import grammar
from scripts.lab.building import DATE, FRESH, MODIFIED, SET_COOKIE, TAG, control, sent, word
from scripts.lab.cases import Case


def alone() -> Iterator[Case]:
    """Every directive alone: bare, with a validator, with Expires, without Date."""
    for directive in (*grammar.DIRECTIVES, *grammar.UNKNOWN_DIRECTIVES):
        yield sent(f"alone/{directive}", control(directive))
        yield sent(f"alone-modified/{directive}", control(directive), MODIFIED)
    for directive in grammar.DIRECTIVES:
        yield sent(f"alone-expires/{directive}", control(directive), ("Expires", "{date+60}"))
        yield sent(f"alone-expired/{directive}", control(directive), ("Expires", "{date-60}"))
        yield sent(f"alone-no-date/{directive}", control(directive), date=None)


def pairs() -> Iterator[Case]:
    """Every two directives on one line."""
    for first, second in combinations(grammar.DIRECTIVES, 2):
        yield sent(f"pair/{first},{second}", control(f"{first}, {second}"))


def qualified() -> Iterator[Case]:
    """Field names as arguments: alone, before and after max-age, and on a line of their own."""
    for form in grammar.QUALIFIED:
        yield sent(f"qualified/{form}", control(form), MODIFIED)
        yield sent(f"qualified/{form},max-age", control(f"{form}, max-age=60"))
        yield sent(f"qualified/max-age,{form}", control(f"max-age=60, {form}"))
    for form in ('no-cache="Set-Cookie"', 'private="Set-Cookie"', 'no-cache="X-Other"'):
        yield sent(f"qualified/two-lines,{form}", FRESH, control(form))
        yield sent(f"qualified/s-maxage,{form}", control(f"s-maxage=60, {form}"))
        yield sent(f"qualified/public,{form}", control(f"public, {form}"), MODIFIED)
        yield sent(f"qualified/{form},etag", control(f"max-age=60, {form}"), TAG, validation=(TAG,))


def spelling() -> Iterator[Case]:
    """Case, quoting, white space and look-alikes, alone and beside max-age."""
    for form in grammar.SPELLINGS:
        yield sent(f"spelling/{word(form)}", control(form), MODIFIED)
        yield sent(f"spelling/{word(form)},max-age", control(f"{form}, max-age=60"))
    for form in (
        "max-age=60,no-store",
        "max-age=60 ,no-store",
        "max-age=60\t,\tno-store",
        ",no-store",
        ",,max-age=60,,",
        "no-store;max-age=60",
        "max-age=60;no-store",
        "max-age=60; private",
        "private max-age=60",
        "max-age=60 private",
        "max-age=60 no-store",
        "no-cache=Set-Cookie max-age=60",
        'ext="a\\", no-store", max-age=60',
        'max-age=60, ext="private"',
        'ext=", private, ", max-age=60',
        "max-age=60, no-store=",
    ):
        yield sent(f"spelling/{word(form)}".replace("\t", "^I"), control(form))
    for name in ("cache-control", "CACHE-CONTROL"):
        yield sent(f"spelling/{name}", (name, "max-age=60"))
        yield sent(f"spelling/{name}:no-store", (name, "no-store"), MODIFIED)


def repetition() -> Iterator[Case]:
    """The same directive twice, and contradictions over lines in both orders."""
    lines = (
        "max-age=60",
        "max-age=0",
        "s-maxage=60",
        "s-maxage=0",
        "no-store",
        "private",
        "public",
    )
    for first in lines:
        for second in lines:
            if first != second:
                yield sent(f"lines/{first}|{second}", control(first), control(second))
    for first, second in (
        ("max-age", "max-age"),
        ("s-maxage", "s-maxage"),
        ("max-age", "s-maxage"),
    ):
        for low, high in (("0", "60"), ("60", "0"), ("5", "60"), ("60", "abc"), ("abc", "60")):
            both = f"{first}={low}, {second}={high}"
            yield sent(f"repeated/{word(both)}", control(both))
    yield sent("lines/empty|max-age", control(""), FRESH)
    yield sent("lines/three", control("public"), FRESH, control("must-revalidate"))
    yield sent("lines/cookie-between", control("public"), SET_COOKIE, FRESH, cookie=())
    yield sent("lines/cookie-first", SET_COOKIE, FRESH, cookie=())
    yield sent("lines/cookie-before-date", SET_COOKIE, DATE, FRESH, date=None, cookie=())
    yield sent("lines/no-cache-three", control("no-cache"), FRESH, control("public"))


def seconds() -> Iterator[Case]:
    """Malformed, negative, huge and non-numeric delta-seconds."""
    for value in grammar.SECONDS:
        yield sent(f"seconds/max-age={value}", control(f"max-age={value}"))
        yield sent(f"seconds/s-maxage={value}", control(f"s-maxage={value}"))
    for value in ("-1", "abc", "", "99999999999999999999"):
        yield sent(f"seconds/max-age={value},modified", control(f"max-age={value}"), MODIFIED)
        yield sent(f"seconds/public,max-age={value}", control(f"public, max-age={value}"))
        expires = ("Expires", "{date+60}")
        yield sent(f"seconds/max-age={value},expires", control(f"max-age={value}"), expires)


GROUPS = (alone, pairs, qualified, spelling, repetition, seconds)
