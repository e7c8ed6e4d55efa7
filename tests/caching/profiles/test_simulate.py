"""The reference run itself, through profiles made up for it."""

from dataclasses import replace

import pytest

from session_tracking.caching.profiles.model import CacheProfile, Reuse
from tests.caching.profiles.runs import Row

BARE = CacheProfile("bare", "", "", "", ())
HITTING = replace(BARE, reuse=lambda _stored, _request, _time: Reuse.HIT)
TAG = 'ETag: "a"'
MODIFIED = "Last-Modified: {date-864000}"
VALIDATION = (TAG,)
MATCHING = ('If-None-Match: W/"a"',)
SINCE = ("If-Modified-Since: {date}",)

# These caches store what they get: a 304 without a cookie in the response's place hands out none.
RUNS = [
    ("reuses-nothing-unless-told", BARE, Row("", "miss")),
    ("hit", HITTING, Row("", "swap")),
    ("never-304", HITTING, Row("", "swap", (TAG,), request=MATCHING)),
    ("304-for-get", HITTING, Row("", "stripped", (TAG,), request=MATCHING, validation=VALIDATION)),
    ("304-for-head", HITTING,
        Row("", "stripped", (TAG,), method="HEAD", request=MATCHING, validation=VALIDATION)),
    ("no-304-for-post", HITTING,
        Row("", "swap", (TAG,), method="POST", request=MATCHING, validation=VALIDATION)),
    ("no-304-without-condition", HITTING, Row("", "swap", (TAG,), validation=VALIDATION)),
    ("no-304-without-tag", HITTING, Row("", "swap", request=MATCHING, validation=VALIDATION)),
    ("no-304-for-anything-without-tag", HITTING,
        Row("", "swap", request=("If-None-Match: *",), validation=VALIDATION)),
    ("304-for-anything", HITTING,
        Row("", "stripped", (TAG,), request=("If-None-Match: *",), validation=VALIDATION)),
    ("no-304-for-another-tag", HITTING,
        Row("", "swap", (TAG,), request=('If-None-Match: "b"',), validation=VALIDATION)),
    ("304-since", HITTING,
        Row("", "stripped", (MODIFIED,), request=SINCE, validation=VALIDATION)),
    ("no-304-since-without-date", HITTING,
        Row("", "swap", (TAG,), request=SINCE, validation=VALIDATION)),
    ("tag-before-since", HITTING,
        Row("", "swap", (MODIFIED,), request=(*MATCHING, *SINCE), validation=VALIDATION)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("profile", "row"), [row[1:] for row in RUNS], ids=[row[0] for row in RUNS]
)
def test_what_the_next_visitor_receives(profile, row):
    assert row.predicted(profile) == row.outcome
