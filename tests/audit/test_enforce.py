import pytest
from hypothesis import given

from session_tracking.audit.auditor import examine
from session_tracking.audit.enforce import enforce
from session_tracking.audit.settings import AuditSettings, EnforceSettings
from session_tracking.caching.levels import Level
from session_tracking.caching.safety import assess
from session_tracking.cookies.classify import CookieClass
from session_tracking.http.exchange import Exchange, ResponseFacts
from session_tracking.http.fields import FieldSection
from tests.strategies import exchange, exchanges

ON = EnforceSettings(enabled=True)
UNSAFE = ("Cache-Control", "public, max-age=600")


def edit_of(given, settings=ON):
    return enforce(examine(given, AuditSettings()), settings)


UNTOUCHED = [
    ("switched-off", exchange(UNSAFE), EnforceSettings()),
    ("safe", exchange(("Cache-Control", "private")), ON),
    ("no-store", exchange(("Cache-Control", "no-store, no-transform")), ON),
    ("class", exchange(UNSAFE), EnforceSettings(True, frozenset({CookieClass.TRACKING}))),
    ("excluded", exchange(UNSAFE), EnforceSettings(True, exclude=("si*",))),
]


@pytest.mark.parametrize(("given", "settings"), [pytest.param(*r, id=i) for i, *r in UNTOUCHED])
def test_untouched(given, settings):
    assert edit_of(given, settings) is None


def test_the_remedy_is_carried_out():
    edit = edit_of(exchange(("Cache-Control", "public, max-age=600, no-transform"), ("Age", "3")))
    assert edit.reason == "enforce"
    assert edit.add == (
        ("Cache-Control", "private, no-store, no-transform"),
        ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
    )
    assert {"cache-control", "age", "expires", "x-accel-expires"} <= edit.remove


def edited(given, edit):
    kept = [line for line in given.response.fields.lines if line[0].lower() not in edit.remove]
    return Exchange(
        given.request, ResponseFacts(given.response.status, FieldSection([*kept, *edit.add]))
    )


@given(exchanges(hostile=True))
def test_what_is_touched_is_safe_afterwards_and_keeps_its_cookies(given):
    edit = edit_of(given)
    assert (edit is None) is (assess(given).level is Level.SAFE)
    if edit is not None:
        after = edited(given, edit)
        assert assess(after).level is Level.SAFE
        for name in ("set-cookie", "set-cookie2"):
            assert after.response.fields.values(name) == given.response.fields.values(name)
