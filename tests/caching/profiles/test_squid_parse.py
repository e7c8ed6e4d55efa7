"""Squid's own reading of lists, numbers, dates and directives, after its sources."""

import pytest
from hypothesis import given

from session_tracking.caching.profiles.squid_parse import (
    MAX_STALE_ANY,
    CacheControl,
    Surrogate,
    list_items,
    parse_cache_control,
    parse_date,
    parse_int,
    parse_surrogate_control,
    quoted_string,
    to_int,
)
from tests.strategies import octets

NEW_YEAR = 1_861_920_000  # Mon, 01 Jan 2029 00:00:00 GMT

LISTS = [
    ("StrList-separators", " ,a ,\tb,, c", ["a", "b", "c"]),
    ("StrList-quotes", 'a="x, y", b', ['a="x, y"', "b"]),
    ("StrList-escape", r'"a\", b", c', [r'"a\", b"', "c"]),
    ("StrList-open-quote", 'a, "b, c', ["a", '"b, c']),
    ("StrList-open-escape", '"a\\', ['"a\\']),
    ("StrList-ends-at-blank-member", "a, \v, b", ["a"]),
    ("StrList-nothing", " , ", []),
]

NUMBERS = [
    ("atoi", "60", 60),
    ("atoi-rest", "60.5x", 60),
    ("atoi-space", "\t60", 60),
    ("atoi-plus", "+60", 60),
    ("atoi-negative", "-60", -60),
    ("atoi-nothing", "x", 0),
    ("atoi-low-32-bits", "4294967356", 60),
    ("atoi-above-31-bits", "2147483648", -(2**31)),
    ("atoi-saturates", "9" * 30, -1),
    ("atoi-leading-zeros", "0" * 5000 + "7", 7),
    ("atoi-saturates-below", "-" + "9" * 30, 0),
]

INTEGERS = [
    ("httpHeaderParseInt", "0", 0),
    ("httpHeaderParseInt-zero-after-space", " 0", None),
    ("httpHeaderParseInt-space", " 7", 7),
    ("httpHeaderParseInt-nothing", "", None),
    ("httpHeaderParseInt-quoted", '"60"', None),
    ("httpHeaderParseInt-arabic-digit", "\u0663", None),
]

QUOTED = [
    ("httpHeaderParseQuotedString", '"a, b"', "a, b"),
    ("httpHeaderParseQuotedString-empty", '""', ""),
    ("httpHeaderParseQuotedString-rest", '"a"b', "a"),
    ("httpHeaderParseQuotedString-bare", "a", None),
    ("httpHeaderParseQuotedString-open", '"a', None),
    ("httpHeaderParseQuotedString-open-escape", '"a\\', None),
    ("httpHeaderParseQuotedString-tab", '"a\tb"', None),
    ("httpHeaderParseQuotedString-escaped-quote-ends", r'"a\"b"', "a"),
    ("httpHeaderParseQuotedString-escape", r'"a\bc"', "abc"),
    ("httpHeaderParseQuotedString-only-quote", '"', None),
]

DATES = [
    ("IMF-fixdate", "Mon, 01 Jan 2029 00:00:00 GMT", NEW_YEAR),
    ("RFC850", "Monday, 01-Jan-29 00:00:00 GMT", NEW_YEAR),
    ("asctime", "Mon Jan  1 00:00:00 2029", NEW_YEAR),
    ("no-weekday", "1 Jan 2029 00:00:00 GMT", -1),
    ("any-weekday", "Xxx 01 jANUARY 2029 00:00:00", NEW_YEAR),
    ("no-seconds", "Mon, 01 Jan 2029 00:00 GMT", NEW_YEAR),
    ("one-digit-hour", "Mon, 01 Jan 2029 8:00:00 GMT", -1),
    ("one-digit-hour-0-is-10", "Mon, 01 Jan 2029 0:00:00 GMT", NEW_YEAR + 36000),
    ("other-zone", "Mon, 01 Jan 2029 00:00:00 UTC", -1),
    ("fourth-word", "Mon, 01 Jan 2029 00:00:00 GMT x", -1),
    ("third-number", "Mon, 01 Jan 2029 00:00:00 GMT 5", -1),
    ("half-a-dashed-date", "Mon, 01-Jan 2029 00:00:00 GMT", -1),
    ("unknown-month", "Mon, 01 Foo 2029 00:00:00 GMT", -1),
    ("leap-second", "Mon, 01 Jan 2029 00:00:60 GMT", -1),
    ("no-time", "Mon, 01 Jan 2029", -1),
    ("day-0", "Mon, 00 Jan 2029 00:00:00 GMT", -1),
    ("31-February", "Sat, 31 Feb 2029 00:00:00 GMT", NEW_YEAR + (31 + 30) * 86400),
    ("two-digits-of-last-century", "Sun, 06 Nov 94 08:49:37 GMT", 784111777),
    ("five-digits", "Mon, 01 Jan 19170 00:00:00 GMT", 3_155_760_000),
    ("before-1970", "Wed, 01 Jan 1969 00:00:00 GMT", -31_536_000),
    ("after-9999", "Mon, 01 Jan 10129 00:00:00 GMT", NEW_YEAR + 25 * 146097 * 86400),
    ("nothing", "", -1),
    ("zero", "0", -1),
    ("minus-one", "-1", -1),
]

DIRECTIVES = [
    ("flag", "public", {"public"}, {}),
    ("flag-with-argument", "public=x", {"public"}, {}),
    ("case", "Public, MAX-AGE=5", set(), {}),
    ("number", "max-age=5", {"max-age"}, {"max-age": 5}),
    ("first-valid", "max-age=x, max-age=5, max-age=6", {"max-age"}, {"max-age": 5}),
    ("negative", "s-maxage=-5", set(), {}),
    ("bare-number", "min-fresh", set(), {}),
    ("bare-max-stale", "max-stale", {"max-stale"}, {"max-stale": MAX_STALE_ANY}),
    ("max-stale", "max-stale=5", {"max-stale"}, {"max-stale": 5}),
    ("space-before-equals", "max-age =5", set(), {}),
    ("no-cache", "no-cache", {"no-cache"}, {}),
    ("no-cache-malformed", "no-cache=x", set(), {}),
    ("private-malformed", "private=x", {"private"}, {}),
]

SURROGATES = [
    ("nothing", "", None),
    ("other-target", "max-age=5;other", None),
    ("unknown", "x", Surrogate()),
    ("no-store", "no-store", Surrogate(no_store=True)),
    ("no-store-of-ours", "max-age=5+9, no-store;me", Surrogate(no_store=True, lifetime=5)),
    ("lifetime", "max-age=60", Surrogate(lifetime=0)),
    ("extension", "max-age=60+120", Surrogate(lifetime=60)),
    ("shorter-extension", "max-age=60+30", Surrogate(lifetime=30)),
    ("malformed-extension", "max-age=60+x", Surrogate(lifetime=0)),
    ("malformed", "max-age=x", Surrogate()),
    ("without-number", "max-age", Surrogate()),
    ("negative", "max-age=-5", Surrogate()),
    ("everyone-first", "max-age=9+9;me, max-age=5+5", Surrogate(lifetime=5)),
    ("first-counts", "max-age=9+9, max-age=5+5", Surrogate(lifetime=9)),
    ("semicolon", "max-age;60", None),
    ("quoted-semicolon", 'content="a;b"', Surrogate()),
]


def ids(table):
    return [pytest.param(*row, id=name) for name, *row in table]


@pytest.mark.parametrize(("text", "members"), ids(LISTS))
def test_list_items(text, members):
    assert [text[start:end] for start, end in list_items(text)] == members


@pytest.mark.parametrize(("text", "number"), ids(NUMBERS))
def test_to_int(text, number):
    assert to_int(text) == number


@pytest.mark.parametrize(("text", "number"), ids(INTEGERS))
def test_parse_int(text, number):
    assert parse_int(text) == number


@pytest.mark.parametrize(("text", "content"), ids(QUOTED))
def test_quoted_string(text, content):
    assert quoted_string(text) == content


@pytest.mark.parametrize(("text", "seconds"), ids(DATES))
def test_parse_date(text, seconds):
    assert parse_date(text) == seconds


@pytest.mark.parametrize(("text", "names", "seconds"), ids(DIRECTIVES))
def test_parse_cache_control(text, names, seconds):
    assert parse_cache_control((text,)) == CacheControl(frozenset(names), seconds)


def test_no_cache_lists_fields():
    assert parse_cache_control(('no-cache="x"',)).no_cache_lists_fields
    assert not parse_cache_control(('no-cache=""',)).no_cache_lists_fields


@pytest.mark.parametrize(("text", "surrogate"), ids(SURROGATES))
def test_parse_surrogate_control(text, surrogate):
    assert parse_surrogate_control((text,), "me") == surrogate


@given(octets)
def test_any_octets_are_read(text):
    assert isinstance(parse_date(text), int)
    assert all(number >= 0 for number in parse_cache_control((text,)).seconds.values())
    parse_surrogate_control((text,), "me")
    assert all(start < end for start, end in list_items(text))
