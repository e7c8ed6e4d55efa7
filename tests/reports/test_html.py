"""The HTML report in a real browser."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from session_tracking.reports import html
from tests.chromium import chromium
from tests.reports.documents import MARKUP, SECRET, clean, everything, many
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def browser():
    with chromium() as launched:
        yield launched


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a report; what a page asks for, says or refuses goes to the lists."""
    contexts = []

    def opened(document, **settings):
        file = tmp_path / "report.html"
        file.write_text(html.render(document))
        context = browser.new_context(**settings)
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda dialog: page.said.append(dialog.message) or dialog.dismiss())
        page.goto(file.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


def visible(page):
    return page.locator(".finding:visible")


def test_markup_of_others_is_text_and_nothing_is_loaded(opened):
    page = opened(everything())
    assert page.locator("script").count() == 1
    finding = visible(page).filter(has_text="markup")
    finding.locator("summary").click()
    assert MARKUP in finding.inner_text()
    assert "<script>alert(2)</script>" not in page.content()
    assert SECRET not in page.content()
    assert len(page.asked) == 1
    assert page.said == []


def test_it_is_searched_and_filtered(opened):
    page = opened(everything())
    shown, total = page.locator("#shown"), len(everything().findings)
    assert shown.inner_text() == f"{total} of {total} findings"
    page.get_by_label("Search").fill("LANG")
    assert visible(page).count() == 1
    assert shown.inner_text() == f"1 of {total} findings"
    page.get_by_label("Search").fill("")
    page.get_by_label("State").select_option("known")
    assert set(visible(page).evaluate_all("all => all.map(e => e.dataset.state)")) == {"known"}
    page.get_by_label("State").select_option("")
    page.get_by_label("Severity").select_option("warning")
    page.get_by_label("Rule").select_option("ST402")
    assert visible(page).count() == 1
    page.get_by_label("Search").fill("no such thing")
    page.keyboard.press("Enter")
    assert visible(page).count() == 0


def test_both_messages_stand_side_by_side(opened):
    page = opened(everything(), viewport={"width": 1200, "height": 900})
    finding = visible(page).filter(has_text="/markup").first
    finding.locator("summary").click()
    request, response = (finding.locator(".message").nth(n).bounding_box() for n in (0, 1))
    assert request["y"] == response["y"]
    assert request["x"] + request["width"] <= response["x"]
    assert "sid=…; other=…" in finding.locator(".message").nth(0).inner_text()
    assert "public, max-age=600" in finding.locator(".message").nth(1).inner_text()


def test_it_is_read_without_its_script(opened):
    page = opened(everything(), java_script_enabled=False)
    assert not page.locator("#filter").is_visible()
    assert page.locator(".finding").count() == len(everything().findings)
    first = page.locator(".finding").first
    first.locator("summary").click()
    assert first.locator(".fix").is_visible()


def test_it_is_used_by_the_keyboard_alone(opened):
    page = opened(everything())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "text":
            break
    page.keyboard.type("markup")
    assert visible(page).count() == 1
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "SUMMARY":
            break
    page.keyboard.press("Enter")
    assert visible(page).locator(".fix").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("make", [everything, clean], ids=["everything", "clean"])
def test_it_is_accessible(opened, scheme, make):
    # The page's own policy would keep the checker out.
    page = opened(make(), color_scheme=scheme, bypass_csp=True)
    page.locator("details").evaluate_all("all => all.forEach(e => { e.open = true; })")
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(map(int, re.findall(r"\d+", ground)[:3]))
    assert (lightness > 600) is (scheme == "light")


def test_a_long_one_shows_the_gravest(monkeypatch):
    monkeypatch.setattr(html, "MAX_FINDINGS", 5)
    text = html.render(many(8))
    assert text.count('<details class="finding"') == 5
    assert "… and 3 more" in text
