"""The table [log]: what it becomes for sites, and for all of them."""

from pathlib import Path

import pytest

from session_tracking.records.settings import (
    ClientAddress,
    CookieMode,
    LogFiles,
    Rollover,
    folder_name,
)
from session_tracking.records.status_codes import StatusCodes
from session_tracking.records.w3c_fields import DEFAULT_FIELDS, FIELDS, field_problem, in_order


def test_nothing_is_logged_where_nothing_is_asked_for(folder):
    configuration = folder.load('[log]\nfields = ["c-ip"]\n')
    assert configuration.log_files is None
    assert configuration.for_url("a.test", "/").log is None


def test_a_site_and_a_path(folder):
    configuration = folder.load(
        '[log]\ncookies = "hash"\n[[site]]\nhost = "*.shop.test"\nlog.enabled = true\n'
        'cookie.name = "Shop"\n[[site.path]]\npath = "/health"\nlog.enabled = false\n'
        '[[site.path]]\npath = "/all"\nlog.fields = ["cs(user-agent)", "x-session-id", "c-ip"]\n'
        'log.client_address = "truncated"\n'
    )
    files = configuration.log_files
    assert files == LogFiles(
        folder.path / "logs", folder.path / "logs/digest.key", Rollover.DAILY, 20_971_520, 2_592_000
    )
    log = configuration.for_url("www.shop.test", "/").log
    assert log.files is files
    assert (log.site, log.folder, log.listed) == ("*.shop.test", "+.shop.test", True)
    assert (log.fields, log.cookies, log.own_name) == (DEFAULT_FIELDS, CookieMode.HASH, "Shop")
    assert configuration.for_url("www.shop.test", "/health").log is None
    log = configuration.for_url("www.shop.test", "/all").log
    assert log.fields == ("date", "time", "c-ip", "cs(User-Agent)", "x-session-id")
    assert log.client_address is ClientAddress.TRUNCATED
    assert configuration.for_url("other.test", "/").log is None


def test_a_host_that_is_not_listed(folder):
    log = folder.load("log.enabled = true").for_url("any.test:8080", "/").log
    assert (log.site, log.folder, log.listed) == ("any.test", "any.test", False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("forever", None), ("1 hour", 3600), ("12 hours", 43_200), ("010 days", 864_000), ("2 weeks", 1_209_600)],
)  # fmt: skip
def test_how_long_files_are_kept(folder, text, seconds):
    configuration = folder.load(f'[log]\nenabled = true\nkeep = "{text}"\n')
    assert configuration.log_files.keep == seconds


def test_where_the_files_are(folder):
    files = folder.load(
        '[log]\nenabled = true\ndir = "~/x"\nkey_file = "k"\nrollover = "size"\nsize = 2000000\n'
    ).log_files
    assert files.folder == Path("~/x").expanduser()
    assert files.key_file == folder.path / "k"
    assert (files.rollover, files.size) == (Rollover.SIZE, 2_000_000)


def test_a_site_cannot_say_where_its_log_goes(folder):
    (error,) = folder.errors('[[site]]\nhost = "a.test"\nlog.dir = "/etc"\n')
    assert (error.key, error.problem) == ("site.log.dir", "is no key of this table.")


def test_traces_of_a_site_and_a_path(folder):
    configuration = folder.load(
        'trace.status_codes = "200-500"\n[[site]]\nhost = "shop.test"\ntrace.enabled = true\n'
        'cookie.name = "Shop"\n[[site.path]]\npath = "/health"\ntrace.enabled = false\n'
        '[[site.path]]\npath = "/all"\ntrace.min_time_ms = 1500\ntrace.paths = ["/all/*"]\n'
        "trace.only_findings = true\n"
    )
    trace = configuration.for_url("shop.test", "/").trace
    assert (trace.root, trace.folder) == (folder.path / "traces", "shop.test")
    assert (trace.max_files, trace.own_name, trace.secrets) == (50, "Shop", False)
    assert trace.status_codes == StatusCodes(((200, 500),))
    assert (trace.min_seconds, trace.paths, trace.only_findings) == (0, (), False)
    origins = dict(trace.origins)
    assert origins["trace.status_codes"].endswith("config.toml:1")
    assert origins["trace.enabled"].endswith("config.toml:4")
    assert configuration.for_url("shop.test", "/health").trace is None
    trace = configuration.for_url("shop.test", "/all").trace
    assert (trace.min_seconds, trace.paths, trace.only_findings) == (1.5, ("/all/*",), True)
    assert configuration.for_url("other.test", "/").trace is None


def test_a_log_that_is_no_table_is_told_once(folder):
    (error,) = folder.errors("log = 1")
    assert error.key == "log"


@pytest.mark.parametrize(
    ("site", "name"),
    [
        ("shop.test", "shop.test"),
        ("*.shop.test", "+.shop.test"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001-0db8-0000-0000-0000-0000-0000-0001"),
        ("..", "+others"),
        (".hidden", "+others"),
        ("-rf", "+others"),
        ("a/../../b", "+others"),
        ("ü.test", "+others"),
        ("", "+others"),
        ("a\x00b", "+others"),
        ("a" * 201, "+others"),
    ],
)
def test_folders_of_sites(site, name):
    assert folder_name(site) == name


def test_fields_have_an_order():
    assert in_order(["x-cache-level", "sc-status", "cs(X-A)", "sc(X-B)", "cs(REFERER)", "cs(X-A)"]) == (
        *("date", "time", "cs(Referer)", "sc-status", "x-cache-level", "cs(X-A)", "sc(X-B)"),
    )  # fmt: skip
    assert in_order(reversed(FIELDS)) == tuple(FIELDS)
    assert " ".join(FIELDS) == (  # as IIS has them, then ours
        "date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port"
        " cs-username c-ip cs-version cs(User-Agent) cs(Cookie) cs(Referer) cs-host sc-status"
        " sc-substatus sc-win32-status sc-bytes cs-bytes time-taken"
        " x-session-id x-session-event x-cache-level sc(Set-Cookie)"
    )


@pytest.mark.parametrize("name", ["", "c_ip", "cs()", "cs(a b)", "cs(a", "rs(X)", "cs(ü)", "#date"])
def test_what_is_no_field(name):
    assert field_problem(name) == "is no field of the log."
