"""What nginx refuses by itself, read off its header filters and measured for the main forms."""

import pytest

from session_tracking.caching.profiles.nginx_answers import refused, repeats
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from tests.caching.profiles.runs import fields

RANGES = [
    ("within", "bytes=0-9", False),
    ("open", "bytes=59-", False),
    ("suffix", "bytes=-5", False),
    ("suffix-longer-than-content", "bytes=-500", False),
    ("ends-beyond", "bytes=50-99", False),
    ("spaces", "bytes= 1 - 5 ", False),
    ("upper-case", "BYTES=60-", True),
    ("begins-beyond", "bytes=60-", True),
    ("backwards", "bytes=5-2", True),
    ("nothing-at-all", "bytes=0-0x", True),
    ("suffix-of-nothing", "bytes=-0", True),
    ("letters", "bytes=a-b", True),
    ("too-large", f"bytes={2**63}-", True),
    ("far-too-large", f"bytes=0-{'9' * 30}", True),
    ("two-within", "bytes=0-1,3-4", False),
    ("second-within", "bytes=99-,3-4", False),
    ("second-unreadable", "bytes=3-4,x", True),
    ("other-unit", "octets=60-", False),
    ("too-short", "bytes=", False),
]


@pytest.mark.parametrize(("value", "refuses"), [pytest.param(*r, id=i) for i, *r in RANGES])
def test_ranges(value, refuses):
    request = RequestFacts("GET", "http://lab.test/", fields(f"Range: {value}"))
    assert (
        refused(request, ResponseFacts(200, fields("Accept-Ranges: bytes"), body_length=60))
        is refuses
    )
    assert not refused(request, ResponseFacts(200, body_length=60))
    assert not refused(request, ResponseFacts(206, fields("Accept-Ranges: bytes"), body_length=60))
    assert not refused(request, ResponseFacts(200, fields("Accept-Ranges: bytes")))


def test_first_octet_of_nothing_is_no_error():
    request = RequestFacts("GET", "http://lab.test/", fields("Range: bytes=0-9"))
    empty = ResponseFacts(200, fields("Accept-Ranges: bytes"), body_length=0)
    assert not refused(request, empty)


MODIFIED = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"
LATER = "Sun, 06 Nov 1994 08:49:38 GMT"
EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT"
BEYOND = ("Accept-Ranges: bytes", MODIFIED, 'ETag: "a"')

CONDITIONS = [
    ("unmodified", (f"If-Unmodified-Since: {LATER}",), (MODIFIED,), False),
    ("modified", (f"If-Unmodified-Since: {EARLIER}",), (MODIFIED,), True),
    ("unmodified-unreadable", ("If-Unmodified-Since: x",), (MODIFIED,), True),
    ("unmodified-without-validator", (f"If-Unmodified-Since: {LATER}",), (), True),
    ("unmodified-then-match", (f"If-Unmodified-Since: {LATER}", 'If-Match: "b"'), BEYOND, True),
    ("match", ('If-Match: "x" , "a"',), ('ETag: "a"',), False),
    ("match-with-a-comma", ('If-Match: "x","a,b"',), ('ETag: "a,b"',), False),
    ("no-match", ('If-Match: "a"x',), ('ETag: "a"',), True),
    ("match-weak", ('If-Match: W/"a"',), ('ETag: "a"',), True),
    ("match-anything", ("If-Match: *",), (), False),
    ("match-without-validator", ('If-Match: "a"',), (), True),
    ("match-last-etag", ('If-Match: "b"',), ('ETag: "a"', 'ETag: "b"'), False),
    ("if-range-etag", ("Range: bytes=60-", 'If-Range: "a"'), BEYOND, True),
    ("if-range-other-etag", ("Range: bytes=60-", 'If-Range: "b"'), BEYOND, False),
    ("if-range-date", ("Range: bytes=60-", f"If-Range: {MODIFIED[15:]}"), BEYOND, True),
    ("if-range-other-date", ("Range: bytes=60-", f"If-Range: {LATER}"), BEYOND, False),
    ("if-range-unreadable", ("Range: bytes=60-", "If-Range: x"), ("Accept-Ranges: x",), False),
    ("none", (), BEYOND, False),
]


@pytest.mark.parametrize(
    ("asked", "sent", "refuses"), [pytest.param(*r, id=i) for i, *r in CONDITIONS]
)
def test_conditions(asked, sent, refuses):
    request = RequestFacts("GET", "http://lab.test/", fields(*asked))
    assert refused(request, ResponseFacts(200, fields(*sent), body_length=60)) is refuses


def test_repeated_fields():
    assert repeats(fields("If-Match: *", "if-match: *"))
    assert repeats(fields("Host: a", "Host: a"))
    assert not repeats(fields("Cookie: a", "Cookie: b"))
    assert not repeats(fields("Host: a", "If-Match: *"))
