"""The ready dashboard and alert rules fit the metrics that are served; promtool agrees."""

import json
import re
import subprocess
import time

import httpx
import pytest

from scripts.generated_docs import ROOT
from session_tracking.records.metrics import Metrics, metric_name
from session_tracking.shadow.counters import COUNTERS, Counters, Kind

MONITORING = ROOT / "scripts/monitoring"
DASHBOARD = json.loads((MONITORING / "grafana-dashboard.json").read_text())
EXPRESSIONS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
VARIABLES = {"$__rate_interval": "5m", "$__range": "1h", "$site": ".*"}


def promtool(*arguments, text=None):
    return subprocess.run(
        ["promtool", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def scraped():
    """Every metric that is served, once each counter counts."""
    counters = Counters(time.time())
    counters.open("shop.test", COUNTERS.values())
    metrics = Metrics("127.0.0.1:0", lambda: counters)
    try:
        metrics.exchange(0.001)
        return httpx.get(
            f"http://127.0.0.1:{metrics.port}/metrics", timeout=60, trust_env=False
        ).text
    finally:
        metrics.close()


def names(text):
    return set(re.findall(r"\bsession_tracker_\w+", text))


def test_promtool_accepts_the_metrics(scraped):
    done = promtool("check", "metrics", text=scraped)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_counter_is_served_under_a_name_of_its_own(scraped):
    served = names(scraped)
    wanted = {
        metric_name(name) + ("" if counter.kind is Kind.GAUGE else "_total")
        for name, counter in COUNTERS.items()
    }
    assert len(wanted) == len(COUNTERS)
    assert wanted <= served


def test_promtool_accepts_and_tests_the_rules(scraped):
    done = promtool("check", "rules", str(MONITORING / "alert-rules.yml"))
    assert done.returncode == 0, done.stderr
    done = promtool("test", "rules", str(MONITORING / "alert-rules-test.yml"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert names((MONITORING / "alert-rules.yml").read_text()) <= names(scraped)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_dashboard_asks_for_what_is_served(scraped, expression):
    assert names(expression)
    assert names(expression) <= names(scraped)


def test_promtool_can_read_what_the_dashboard_asks(tmp_path):
    rules = []
    for number, expression in enumerate(EXPRESSIONS):
        for name, value in VARIABLES.items():
            expression = expression.replace(name, value)  # noqa: PLW2901 - one after the other
        rules.append({"record": f"panel:{number}", "expr": expression})
    file = tmp_path / "rules.yml"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = promtool("check", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_panels_do_not_cover_each_other():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken
        taken |= cells
