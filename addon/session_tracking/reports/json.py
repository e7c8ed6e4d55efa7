"""The JSON report, which every later command reads; `report.schema.json` is its schema."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from session_tracking import __version__
from session_tracking.audit.findings import Finding, Severity
from session_tracking.reports.run import Counted, FailOn, Run, Tally, exit_status
from session_tracking.swaps.events import Handover, SwapEvent

SCHEMA_VERSION = 1
"""Raised when a reader of the form before would no longer understand it."""

_LAST_SECOND = 253402300799.0
"""The end of the year 9999."""

SCHEMA_FILE = Path(__file__).with_name("report.schema.json")


def report(run: Run, tally: Tally, fail_on: FailOn) -> str:
    """The report of a run as JSON text; nothing in it is a cookie's value."""
    document = {
        "version": SCHEMA_VERSION,
        "tool": {"name": "session-tracker", "version": __version__},
        "run": {
            "source": run.source,
            "started": _time(run.started),
            "ended": _time(run.ended),
            "exchanges": run.exchanges,
            "cookies_set": run.cookies_set,
            "failures": run.failures,
            "incomplete": list(run.reasons(fail_on)),
            "fail_on": fail_on.value,
            "exit_status": int(exit_status(run, tally, fail_on)),
            "tracker": run.tracker,
            "swaps": run.swaps.facts(),
        },
        "counts": {
            "distinct": len(tally.found),
            "dropped": tally.dropped,
            **{severity.value: tally.by_severity[severity] for severity in Severity},
        },
        "findings": [_counted(counted) for counted in tally],
    }
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def finding_facts(finding: Finding) -> dict[str, object]:
    """One finding as plain values."""
    return {
        "rule": finding.rule.id,
        "name": finding.rule.name,
        "title": finding.rule.title,
        "severity": finding.severity.value,
        "site": finding.site,
        "method": finding.method,
        "url": finding.url,
        "route": finding.route,
        "cookie": finding.cookie_name,
        "class": finding.cookie_class.value,
        "field": finding.field,
        "level": finding.level and finding.level.value,
        "reasons": [
            {"text": reason.text, "spec": str(reason.spec), "url": reason.spec.url}
            for reason in finding.reasons
        ],
        "remedy": finding.remedy,
        "caches": {name: outcome.value for name, outcome in finding.caches.items()},
        "fingerprint": finding.fingerprint,
        "exchange": finding.exchange_id,
        "time": _time(finding.time),
        "masked_by": finding.masked_by or None,
        "swap": finding.swap and _swap(finding.swap),
    }


def _swap(swap: SwapEvent) -> dict[str, object]:
    return {
        "kind": swap.kind.value,
        "digest": swap.digest,
        "certainty": min(swap.score, 10) / 10,
        "first": _handover(swap.first),
        "other": _handover(swap.other),
        "reason": swap.reason,
    }


def _handover(seen: Handover) -> dict[str, object]:
    return {"client": seen.client, "time": _time(seen.time), "url": seen.url}


def schema() -> Mapping[str, object]:
    """The JSON Schema (draft 2020-12) of the report."""
    parsed: Mapping[str, object] = json.loads(SCHEMA_FILE.read_text("utf-8"))
    return parsed


def _counted(counted: Counted) -> dict[str, object]:
    return {**finding_facts(counted.finding), "count": counted.count, "masked": counted.masked}


def _time(seconds: float) -> str:
    # A recording may hold any number for a time; no report is worth less than none.
    seconds = min(max(seconds, 0.0), _LAST_SECOND)
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
