"""The part of the corpus in which B comes to a stale response: validation and waiting."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lab import grammar
from scripts.lab.building import FRESH, MODIFIED, SET_COOKIE, TAG, Line, control, sent, then, word
from scripts.lab.cases import Case, Lines


def validators() -> Iterator[Case]:
    """Stale responses with validators, and what the 304 says, with and without a cookie."""
    said: tuple[tuple[str, Lines], ...] = (
        ("bare", ()),
        ("fresh", (FRESH,)),
        ("no-store", (control("no-store"),)),
        ("date", (("Date", "{date}"),)),
    )
    for value in (
        "no-cache",
        "max-age=0",
        "max-age=0, must-revalidate",
        "no-cache, max-age=60",
        "max-age=60",
        "s-maxage=0",
        "public, no-cache",
        "private",
        "no-store",
        'no-cache="Set-Cookie"',
        "",
    ):
        for validator in (TAG, MODIFIED):
            base: Lines = (*((control(value),) if value else ()), validator)
            label = f"validator/{word(value)},{validator[0]}"
            yield sent(f"{label}:none", *base)
            for name, lines in said:
                if name in {"bare", "fresh"} or value in {"no-cache", "max-age=0"}:
                    answer = (validator, *lines)
                    yield sent(f"{label}:{name}", *base, validation=answer)
                    yield sent(f"{label}:{name}+cookie", *base, validation=(*answer, SET_COOKIE))
    for tag in grammar.ENTITY_TAGS:
        line = ("ETag", tag)
        yield sent(f"validator/tag:{tag}", control("no-cache"), line, validation=(line,))
    both: Lines = (control("max-age=0"), TAG, MODIFIED)
    yield sent("validator/both", *both, validation=(TAG, MODIFIED))
    yield sent("validator/both+cookie", *both, validation=(TAG, MODIFIED, SET_COOKIE))
    other: Line = ("Set-Cookie2", 'sid="{n}"; Version="1"')
    yield sent("validator/set-cookie2", *both, cookie=(other,), validation=(TAG, other))
    yield sent("validator/set-cookie2-in-304", *both, validation=(TAG, other))
    expired: Line = ("Expires", "{date-60}")
    yield sent("validator/expired", expired, MODIFIED, validation=(MODIFIED,))
    yield sent("validator/expired+cookie", expired, MODIFIED, validation=(MODIFIED, SET_COOKIE))
    for directive in ("no-cache", "max-age=0"):
        follow = then(control(directive))
        for name, cookie in (("", ()), ("+cookie", (SET_COOKIE,))):
            label = f"validator/B:{directive}{name}"
            yield sent(label, FRESH, TAG, following=follow, validation=(TAG, *cookie))


def pauses() -> Iterator[Case]:
    """B comes when the response has become stale, or has not yet."""
    for value in (
        "max-age=1",
        "s-maxage=1",
        "max-age=1, must-revalidate",
        "max-age=1, proxy-revalidate",
        "s-maxage=1, proxy-revalidate",
        "max-age=1, stale-while-revalidate=60",
        "max-age=1, stale-if-error=60",
        "max-age=1, public",
        "max-age=1, immutable",
        "max-age=60",
    ):
        line = control(value)
        yield sent(f"pause/{word(value)}", line, following=then(after=2.5))
        yield sent(
            f"pause/{word(value)},etag", line, TAG, following=then(after=2.5), validation=(TAG,)
        )
        cookie = (TAG, SET_COOKIE)
        yield sent(
            f"pause/{word(value)},etag+cookie",
            line,
            TAG,
            following=then(after=2.5),
            validation=cookie,
        )
    yield sent("pause/expires", ("Expires", "{date+1}"), following=then(after=2.5))
    yield sent("pause/age", FRESH, ("Age", "58"), following=then(after=3.5))
    yield sent(
        "pause/max-stale", control("max-age=1"), following=then(control("max-stale=60"), after=2.5)
    )
    yield sent("pause/min-fresh", FRESH, following=then(control("min-fresh=59"), after=2.5))
    yield sent("pause/max-age-of-B", FRESH, following=then(control("max-age=1"), after=2.5))


GROUPS = (validators, pauses)
