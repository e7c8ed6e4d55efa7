"""The plugin in pytests of its own, as a user's suite has it."""

import re
import sys
from pathlib import Path

import pytest

SITE = """
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Site(BaseHTTPRequestHandler):
    pages = {
        "/unsafe": ("public, max-age=60", "sid=s3cr3tv4lu3"),
        "/lang": ("public, max-age=60", "lang=de"),
        "/safe": ("private, no-store", "sid=s3cr3tv4lu3"),
    }

    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/safe")
            self.send_header("Cache-Control", "max-age=60")
            self.send_header("Set-Cookie", "sid=s3cr3tv4lu3")
        else:
            control, cookie = self.pages[self.path]
            self.send_response(200)
            self.send_header("Cache-Control", control)
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
"""

ALL_CLIENTS = """
import asyncio
import httpx
import requests


def test_httpx(site):
    assert httpx.get(site + "/unsafe").status_code == 200


def test_httpx_async(site):
    async def ask():
        async with httpx.AsyncClient() as client:
            return await client.get(site + "/moved", follow_redirects=True)

    assert asyncio.run(ask()).status_code == 200


def test_requests(site):
    response = requests.get(site + "/moved")
    assert (response.status_code, len(response.history)) == (200, 1)
"""


@pytest.fixture(autouse=True)
def _site(pytester):
    pytester.makeconftest(SITE)


def run(pytester, *arguments):
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:anyio", *arguments)


def test_the_fixture_fails_a_test_and_the_summary_names_it(pytester):
    pytester.makepyfile(
        test_shop="""
        import httpx

        def test_safe(site, cache_safety):
            assert cache_safety.check(httpx.get(site + "/safe")) == ()

        def test_unsafe(site, cache_safety):
            response = httpx.get(site + "/unsafe")
            cache_safety.check(response, fail_on="never")
            cache_safety.check(response)
        """
    )
    done = run(pytester)
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(
        [
            "*AssertionError: the response is not safe from shared caches:",
            "E*error ST201 *unsafe*Fix:*",
            "E*the next visitor: swap on *",
            "E*received: Cache-Control: public, max-age=60",
            "*= Session Tracker =*",
            "session-tracker: 2 responses seen, 2 setting cookies; 1 error, 0 warnings*",
            "*error *ST201 1x GET *",
            '  ST201 "sid" was first seen in test_shop.py::test_unsafe',
        ]
    )
    assert "s3cr3t" not in "\n".join(
        line for line in done.outlines if "Site" not in line and '": (' not in line
    )


def test_the_threshold_is_an_option(pytester):
    pytester.makepyfile(
        """
        import httpx

        def test_lang(site, cache_safety):
            assert cache_safety.check(httpx.get(site + "/lang"))
        """
    )
    run(pytester).assert_outcomes(passed=1)
    run(pytester, "--session-tracker-fail-on=warning").assert_outcomes(failed=1)


def test_without_use_nothing_is_said_and_nothing_heavy_is_imported(pytester):
    pytester.makepyfile(
        """
        import sys

        def test_light():
            assert not {"mitmproxy", "pydantic", "session_tracking.engine"} & set(sys.modules)
        """
    )
    for workers in ((), ("-n", "1")):
        done = run(pytester, *workers)
        done.assert_outcomes(passed=1)
        done.stdout.no_fnmatch_line("*Session Tracker*")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one-process", "xdist"])
def test_recording_judges_what_the_clients_get_and_fails_the_session(pytester, workers):
    pytester.makepyfile(test_clients=ALL_CLIENTS)
    done = run(pytester, "--session-tracker-record", *workers)
    done.assert_outcomes(passed=3)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(
        [
            "session-tracker: 5 responses seen, 5 setting cookies; 3 errors, 0 warnings, 0 notes*",
            '  ST201 "sid" was first seen in test_clients.py::test_*',
        ]
    )
    assert run(pytester, "--session-tracker-record", "--session-tracker-fail-on=never").ret == 0


def test_a_recording_of_nothing_is_not_clean(pytester):
    pytester.makepyfile("def test_offline(): pass")
    done = run(pytester, "--session-tracker-record")
    done.assert_outcomes(passed=1)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*incomplete: no exchange was seen*"])


def test_a_failed_session_keeps_its_own_status(pytester):
    pytester.makepyfile(ALL_CLIENTS + "\nraise KeyboardInterrupt\n")
    assert run(pytester, "--session-tracker-record").ret == pytest.ExitCode.INTERRUPTED


def test_what_is_seen_outside_of_tests_counts_too(pytester, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # of the pytest around
    pytester.makepyfile(
        """
        import httpx

        site = httpx.MockTransport(lambda _: httpx.Response(200, headers={"Set-Cookie": "sid=1"}))
        httpx.Client(transport=site).get("http://shop.test/")

        def test_nothing(): pass
        """
    )
    done = run(pytester, "--session-tracker-record")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["session-tracker: 1 response seen, 1 setting cookies; 1 error*"])
    done.stdout.no_fnmatch_line("*first seen in*")


OFF = "audit.enabled = false\n"
OFF_HERE = '[[site]]\nhost = "127.0.0.1"\naudit.enabled = false\n'
OFF_ELSEWHERE = '[[site]]\nhost = "pay.test"\naudit.enabled = false\n'


@pytest.mark.parametrize("config", [OFF, OFF_HERE], ids=["everywhere", "for-the-host"])
def test_who_asks_is_answered_though_the_audit_is_off(pytester, config):
    pytester.path.joinpath("tracker.toml").write_text(config)
    pytester.makepyfile(
        """
        import httpx

        def test_unsafe(site, cache_safety):
            cache_safety.check(httpx.get(site + "/unsafe"))
        """
    )
    for recorded in ((), ("--session-tracker-record",)):
        done = run(pytester, "--session-tracker-config=tracker.toml", *recorded)
        done.assert_outcomes(failed=1)
        done.stdout.fnmatch_lines(
            ["E*error ST201 *", "session-tracker: 1 response seen, 1 setting cookies; 1 error,*"]
        )
        done.stdout.no_fnmatch_line("*not judged*")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one-process", "xdist"])
def test_a_recording_that_judged_nothing_is_not_clean(pytester, workers):
    pytester.path.joinpath("tracker.toml").write_text(OFF_HERE)
    pytester.makepyfile(test_clients=ALL_CLIENTS)
    options = ("--session-tracker-record", "--session-tracker-config=tracker.toml", *workers)
    done = run(pytester, *options)
    done.assert_outcomes(passed=3)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(
        [
            "  not judged: 5 responses setting cookies, where audit.enabled is false",
            "*incomplete: no response that sets a cookie was judged: audit.enabled is false*",
        ]
    )


def test_a_site_without_audit_is_named_beside_one_that_is_clean(pytester):
    pytester.path.joinpath("tracker.toml").write_text(OFF_ELSEWHERE)
    pytester.makepyfile(
        """
        import httpx

        site = httpx.MockTransport(lambda _: httpx.Response(200, headers={"Set-Cookie": "sid=1"}))

        def test_both(site=site):
            httpx.Client(transport=site).get("https://pay.test/")

        def test_safe(site):
            httpx.get(site + "/safe")
        """
    )
    done = run(pytester, "--session-tracker-record", "--session-tracker-config=tracker.toml")
    assert done.ret == 0
    done.stdout.fnmatch_lines(["  not judged: 1 response setting cookies, where audit.enabled *"])


MANY = """
import httpx

lines = [("Set-Cookie", f"lang{number}=en") for number in range(301)]
site = httpx.MockTransport(lambda _: httpx.Response(200, headers=lines))

def ask():
    return httpx.Client(transport=site).get("https://shop.test/")
"""


def test_a_response_with_too_many_cookies_to_judge_fails(pytester):
    pytester.makepyfile(
        MANY
        + "\ndef test_cut(cache_safety): cache_safety.check(ask())"
        + "\ndef test_never(cache_safety): cache_safety.check(ask(), fail_on='never')"
    )
    done = run(pytester)
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["E*AssertionError: a response set more than 300 cookies*"])
    pytester.makepyfile(MANY + "\ndef test_cut(): ask()")
    done = run(pytester, "--session-tracker-record", "-n", "1")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*incomplete: a response set more than 300 cookies*"])


def test_a_safe_session_passes(pytester):
    pytester.makepyfile(
        """
        import requests

        def test_safe(site):
            requests.get(site + "/safe")
        """
    )
    done = run(pytester, "--session-tracker-record")
    done.assert_outcomes(passed=1)
    assert done.ret == 0


def test_a_fault_of_ours_is_counted_and_leaves_the_client_alone(pytester):
    pytester.makepyfile(
        """
        import httpx

        def test_fault(monkeypatch, site):
            monkeypatch.setattr("session_tracking.testing.session.exchange_of", lambda _: 1 / 0)
            assert httpx.get(site + "/safe").status_code == 200
        """
    )
    done = run(pytester, "--session-tracker-record")
    done.assert_outcomes(passed=1)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*incomplete: 1 exchange could not be audited*"])


def test_a_library_that_is_missing_is_not_looked_for(pytester):
    (pytester.path / "requests.py").write_text("raise ImportError('not here')\n")
    pytester.makepyfile(
        """
        import httpx

        def test_safe(site):
            httpx.get(site + "/safe")
        """
    )
    pytester.syspathinsert()
    done = pytester.run(
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:anyio",
        "--session-tracker-record",
    )
    done.assert_outcomes(passed=1)
    assert done.ret == 0


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (
            "--session-tracker-caches=varnich",
            "*--session-tracker-caches: No cache is called 'varnich'*",
        ),
        ("--session-tracker-config=none.toml", "*--session-tracker-config: none.toml*"),
    ],
)
def test_a_wrong_option_ends_the_session(pytester, option, said):
    pytester.makepyfile("def test_nothing(): pass")
    done = run(pytester, "--session-tracker-record", option)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([said])


def test_the_caches_at_hand_decide(pytester):
    pytester.makepyfile(
        """
        import httpx

        def test_unsafe(site, cache_safety):
            cache_safety.check(httpx.get(site + "/unsafe"))
        """
    )
    run(pytester, "--session-tracker-caches=varnish").assert_outcomes(passed=1)
    run(pytester, "--session-tracker-caches=varnish,httpd").assert_outcomes(failed=1)


def test_the_document_names_every_option(pytester):
    done = run(pytester, "--help")
    options = set(re.findall(r"--session-tracker-[a-z-]+", done.stdout.str()))
    document = (Path(__file__).parents[2] / "docs/testing.md").read_text("utf-8")
    assert set(re.findall(r"--session-tracker-[a-z-]+", document)) == options
