import pytest

from session_tracking.http.exchange import RequestFacts

URLS = [
    ("https://Shop.TEST:8443/a?b#c", "shop.test"),
    ("http://[::1]:80/", "::1"),
    ("http://[broken/", ""),
    ("http://shop.test:99999/", ""),
    ("/relative", ""),
]


@pytest.mark.parametrize(("url", "host"), URLS)
def test_host(url, host):
    assert RequestFacts("GET", url).host == host
