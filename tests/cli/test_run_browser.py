"""A suite of Playwright goes through `run`: a real browser, at the reverse proxy and by a forward one."""

import os
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).parents[1] / "sample_repo"
PROGRAM = Path(sys.executable).with_name("session-tracker")

VISIT = """
import os, sys
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    options = {"executable_path": "/usr/bin/chromium", "args": ["--no-sandbox"]}
    if len(sys.argv) > 1:  # a browser has settings of its own
        options["proxy"] = {"server": os.environ["HTTP_PROXY"], "bypass": "<-loopback>"}
    browser = playwright.chromium.launch(**options)
    page = browser.new_page()
    page.goto((sys.argv[1:] or [os.environ["SESSION_TRACKER_URL"]])[0] + "/basket")
    print(page.inner_text("h1"))
    browser.close()
"""


def test_a_browser_at_the_reverse_proxy_and_through_the_forward_one():
    with subprocess.Popen(
        [sys.executable, REPO / "shop.py", "0"], stdout=subprocess.PIPE, text=True
    ) as shop:
        site = shop.stdout.readline().strip()
        for way, more in ((("--upstream", site), ()), (("--proxy",), (site,))):
            done = subprocess.run(
                [PROGRAM, "run", *way, "--", sys.executable, "-c", VISIT, *more],
                env={k: v for k, v in os.environ.items() if k.upper() != "NO_PROXY"},
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            assert done.stdout == "/basket\n", done.stderr
            assert done.returncode == 1, done.stderr
            assert "ST202" in done.stderr
        shop.terminate()
