"""The application's own tests: they know nothing of Session Tracker but an address."""

import os

import httpx
import pytest

SHOP = os.environ["SESSION_TRACKER_URL"]


@pytest.mark.parametrize("page", ["/", "/basket", "/logo.svg", "/account"])
def test_pages(page):
    assert f"<h1>{page}</h1>" in httpx.get(SHOP + page).text


@pytest.mark.skipif(not os.environ.get("SHOP_NEWS"), reason="not built yet")
def test_news():
    assert "<h1>/news</h1>" in httpx.get(SHOP + "/news").text
