"""Traces of a real mitmdump in the network panel of Chromium's own developer tools."""

import http.client
import re
from contextlib import closing

import pytest
from click.testing import CliRunner
from playwright.sync_api import expect

from session_tracking.cli.main import session_tracker
from tests.chromium import chromium
from tests.proxy import Proxy
from tests.waiting import PATIENCE

DEVTOOLS = "devtools://devtools/bundled/devtools_app.html?panel=network"
SECRET = "3f2a9c81d0e7b645"


@pytest.fixture
def traces(origin, tmp_path):
    """Exchanges of all kinds with one visitor, in one file for each and in one for all."""
    origin.answer("/shop", f"Set-Cookie: sid={SECRET}; HttpOnly", "Content-Type: text/html")
    origin.answer("/logo.png", "Cache-Control: public, max-age=60", "Content-Type: image/png")
    origin.answer("/odd", "X-Odd: \xe9\x1b[31m<img src=x>", "Content-Type: ; \xff")
    origin.answer("/away", "Location: /shop?a=1", status="302 Found", body=b"")
    origin.raw("/gone", "break")
    config = tmp_path / "config.toml"
    config.write_text("enabled = true\ndetect = 'own-cookie'\n[trace]\nenabled = true\n")
    with Proxy(
        tmp_path,
        *("--mode", f"reverse:http://127.0.0.1:{origin.port}"),
        *("--set", f"session_tracker_config={config}"),
        *("--set", "keep_host_header=true"),
    ) as proxy:
        for path in ("/shop?a=%20b&c", "/logo.png", "/odd", "/away", "/missing", "/gone"):
            ask(proxy, path)
        assert proxy.stop() == 0
    folder = tmp_path / "traces/shop.test"
    merged = tmp_path / "all.har"
    arguments = ["trace", "merge", str(folder), "-o", str(merged)]
    assert CliRunner().invoke(session_tracker, arguments, catch_exceptions=False).exit_code == 0
    return folder, merged


def ask(proxy, path):
    with closing(
        http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE)
    ) as connection:
        connection.request("GET", path, headers={"Host": "shop.test", "Cookie": f"old={SECRET}"})
        connection.getresponse().read()


@pytest.fixture(scope="module")
def browser():
    with chromium() as launched:
        yield launched


@pytest.fixture
def panel(browser):
    """Developer tools of nothing, which remember nothing of an earlier test."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    yield context.new_page()
    context.close()


def opened(panel, har, count):
    """The rows that the network panel has for a file that was imported."""
    panel.goto(DEVTOOLS)
    with panel.expect_file_chooser() as chosen:
        panel.locator("button[aria-label^='Import HAR']").click()
    chosen.value.set_files(har)
    rows = panel.locator(".network-log-grid tr.data-grid-data-grid-node")
    expect(rows).to_have_count(count)
    return rows


def columns(row):
    return tuple(row.locator(f"td.{name}-column").inner_text() for name in ("name", "status"))


def test_each_exchange_is_a_row_with_its_fields_and_cookies(traces, panel):
    rows = opened(panel, traces[1], 6)
    assert [columns(row) for row in rows.all()] == [
        ("shop?a=%20b&c", "200"),
        ("logo.png", "200"),
        ("odd", "200"),
        ("away", "302"),
        ("missing", "404"),
        ("gone", "502"),
    ]
    rows.first.locator("td.name-column").click()
    for text in (
        "http://shop.test/shop?a=%20b&c",
        "private, no-store",
        re.compile("^sid=digest:[0-9a-f]{16}; httponly$"),
        re.compile("^SessionTracking=[^;]{22}; "),
        re.compile("^old=digest:[0-9a-f]{16}$"),
    ):
        expect(panel.get_by_text(text, exact=isinstance(text, str)).first).to_be_visible()
    panel.get_by_role("tab", name="Cookies").click()
    cookies = panel.locator(".request-cookies-view td.name-column")
    expect(cookies.filter(visible=True)).to_contain_text(["old", "SessionTracking", "sid"])


def test_markup_in_a_field_is_text(traces, panel):
    opened(panel, traces[1], 6).nth(2).locator("td.name-column").click()
    expect(panel.get_by_text("<img src=x>").first).to_be_visible()


def test_one_trace_is_one_row(traces, panel):
    for number, seen in ((4, ("away", "302")), (6, ("gone", "502"))):
        (row,) = opened(panel, traces[0] / f"tr{number:06}.har", 1).all()
        assert columns(row) == seen
