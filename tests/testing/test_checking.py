"""What an assertion about a response says."""

from pathlib import Path

import httpx
import pytest
from hypothesis import given

from session_tracking import testing
from session_tracking.errors import ConfigErrors
from session_tracking.testing import Checker, assert_cache_safe
from session_tracking.testing.checking import complaint
from tests.strategies import exchanges


def response(*lines, url="http://shop.test/basket"):
    return httpx.Response(200, headers=lines, request=httpx.Request("GET", url))


COOKIE = ("Set-Cookie", "sid=s3cr3tv4lu3; Path=/")


@pytest.mark.parametrize(
    "answer",
    [
        response(("Cache-Control", "max-age=60")),
        response(COOKIE, ("Cache-Control", "private, no-store")),
        response(COOKIE, ("Cache-Control", "no-store")),
    ],
    ids=["no-cookie", "private-no-store", "no-store"],
)
def test_safe_responses_pass(answer):
    assert_cache_safe(answer)


def test_an_unsafe_response_fails_and_tells_field_level_caches_and_fix():
    with pytest.raises(AssertionError) as raised:
        assert_cache_safe(response(COOKIE, ("Cache-Control", "public, max-age=60")))
    said = str(raised.value)
    assert said.startswith("the response is not safe from shared caches:\nerror ST201 ")
    assert 'http://shop.test/basket Set-Cookie "sid" (session) is unsafe' in said
    assert 'Send "Cache-Control: private, no-store"' in said
    assert "the next visitor: swap on " in said
    assert said.endswith("received: Cache-Control: public, max-age=60")
    assert "s3cr3t" not in said


def test_a_response_without_any_caching_field_says_so():
    with pytest.raises(AssertionError, match="received: no field that speaks to caches"):
        assert_cache_safe(response(COOKIE))


def test_the_verdict_can_speak_of_the_caches_at_hand():
    answer = response(COOKIE, ("Cache-Control", "max-age=60"))
    assert_cache_safe(answer, caches=["varnish"])
    with pytest.raises(AssertionError, match="swap on httpd"):
        assert_cache_safe(answer, caches=["varnish", "httpd"])


def test_the_threshold_is_chosen():
    answer = response(("Set-Cookie", "lang=de"), ("Cache-Control", "max-age=60"))
    assert_cache_safe(answer)
    with pytest.raises(AssertionError, match="might not be safe"):
        assert_cache_safe(answer, fail_on="warning")
    assert_cache_safe(answer, fail_on="never")


def test_the_configuration_knows_the_cookies(tmp_path):
    file = tmp_path / "tracker.toml"
    file.write_text('[[site]]\nhost = "shop.test"\naudit.ignore_cookies = ["sid"]\n')
    answer = response(COOKIE, ("Cache-Control", "max-age=60"))
    assert_cache_safe(answer, config=file)
    with pytest.raises(AssertionError):
        assert_cache_safe(
            response(*answer.headers.multi_items(), url="http://other.test/"), config=file
        )


@pytest.mark.parametrize(
    "text",
    ["audit.enabled = false\n", '[[site]]\nhost = "shop.test"\naudit.enabled = false\n'],
    ids=["everywhere", "for-the-host"],
)
def test_who_asks_is_answered_though_the_audit_is_off(tmp_path, text):
    file = tmp_path / "tracker.toml"
    file.write_text(text)
    with pytest.raises(AssertionError, match="ST201"):
        assert_cache_safe(response(COOKIE, ("Cache-Control", "max-age=60")), config=file)


def test_what_is_suppressed_does_not_fail_until_it_expires(tmp_path):
    file = tmp_path / "tracker.toml"
    answer = response(COOKIE, ("Cache-Control", "max-age=60"))
    suppress = '[[suppress]]\nrule = "ST201"\ncookie = "sid"\nreason = "known"\nexpires = {}\n'
    file.write_text(suppress.format("9999-12-31"))
    assert_cache_safe(answer, config=file)
    expired = tmp_path / "expired.toml"
    expired.write_text(suppress.format("2020-01-01"))
    with pytest.raises(AssertionError, match="ST201"):
        assert_cache_safe(answer, config=expired)


def test_the_package_has_no_other_names():
    with pytest.raises(AttributeError, match="no attribute 'assert_safe'"):
        _ = testing.assert_safe


def test_wrong_arguments_are_told(tmp_path):
    with pytest.raises(ValueError, match=r"No cache is called 'varnich'; there are: .*varnish"):
        Checker(["varnich"])
    with pytest.raises(ConfigErrors, match=r"missing\.toml"):
        Checker(config=Path(tmp_path / "missing.toml"))
    with pytest.raises(TypeError, match="is no response"):
        assert_cache_safe(object())


def test_findings_can_be_had_without_an_assertion():
    answer = response(COOKIE, ("Cache-Control", "no-cache"))
    findings = Checker().findings(answer)
    assert [(found.rule.id, found.severity) for found in findings] == [
        ("ST203", "warning"),
        ("ST220", "note"),
    ]
    assert Checker().check(answer) == findings


@given(exchanges(hostile=True))
def test_hostile_fields_reach_no_terminal_unescaped(exchange):
    if findings := Checker().judge(exchange):
        assert all(line.isprintable() for line in complaint(exchange, findings))
