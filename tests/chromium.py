"""Debian's Chromium, as the tests that need a real browser start it."""

import shutil
from contextlib import contextmanager

from playwright.sync_api import sync_playwright

from tests.waiting import PATIENCE


@contextmanager
def chromium():
    """A browser, closed at the end."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"], timeout=PATIENCE * 1000
        )
        yield launched
        launched.close()
