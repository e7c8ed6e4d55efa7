"""SARIF 2.1.0, which code hosts show beside the code, and keep alerts by.

The place of a finding is a route, not a line of code: it is given as a relative path, since hosts
refuse other schemes than that of the checkout.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from session_tracking.audit.catalogue import RULES
from session_tracking.audit.findings import Rule
from session_tracking.reports.document import Document, Found, Messages, State, Vanished
from session_tracking.reports.text import (
    asides,
    found_line,
    plural,
    suppression_line,
    told_of_caches,
)
from session_tracking.reports.weaknesses import WEAKNESSES, of_finding, of_rule

__all__ = ["render"]

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_CWE = "CWE"
_SECURITY = {"error": "7.5", "warning": "5.0", "note": "2.0"}
"""What code hosts sort alerts by, on the scale of CVSS."""

type _Json = dict[str, Any]


def render(document: Document) -> str:
    """The report as SARIF; every finding is in it, whatever its state."""
    return json.dumps(_log(document), indent=2, ensure_ascii=True) + "\n"


def _log(document: Document) -> _Json:
    run = document.run
    rules = list(RULES.values())
    places = {rule.id: number for number, rule in enumerate(rules)}
    results = [_result(found, document, places) for found in document.findings]
    if document.baseline is not None:
        results += [_absent(gone, places) for gone in document.baseline.vanished]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": document.tool.name,
                        "semanticVersion": document.tool.version,
                        "rules": [_rule(rule) for rule in rules],
                        "supportedTaxonomies": [{"name": _CWE, "index": 0}],
                    }
                },
                "taxonomies": [_taxonomy()],
                "invocations": [
                    {
                        "executionSuccessful": not run.incomplete,
                        "exitCode": int(run.exit_status),
                        "startTimeUtc": _utc(run.started),
                        "endTimeUtc": _utc(run.ended),
                        "toolExecutionNotifications": list(_notifications(document)),
                    }
                ],
                "automationDetails": {"id": "session-tracker/"},
                "columnKind": "unicodeCodePoints",
                "results": results,
            }
        ],
    }


def _rule(rule: Rule) -> _Json:
    specs = ", ".join(f"[{spec}]({spec.url})" for spec in rule.spec)
    cwes = of_rule(rule.id)
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.help},
        "help": {"text": rule.help, "markdown": f"{rule.help}\n\nSource: {specs}."},
        "helpUri": rule.spec[0].url,
        "defaultConfiguration": {"level": rule.severity.value},
        "relationships": [{"target": _taxon(cwe), "kinds": ["superset"]} for cwe in cwes],
        "properties": {
            "tags": ["security", *(f"external/cwe/cwe-{cwe}" for cwe in cwes)],
            "precision": "high",
            "security-severity": _SECURITY[rule.severity],
        },
    }


def _taxonomy() -> _Json:
    return {
        "name": _CWE,
        "organization": "MITRE",
        "shortDescription": {"text": "The MITRE Common Weakness Enumeration"},
        "informationUri": "https://cwe.mitre.org/",
        "taxa": [
            {
                "id": str(number),
                "shortDescription": {"text": name},
                "helpUri": f"https://cwe.mitre.org/data/definitions/{number}.html",
            }
            for number, name in WEAKNESSES.items()
        ],
    }


def _taxon(cwe: int) -> _Json:
    index = list(WEAKNESSES).index(cwe)
    return {"id": str(cwe), "index": index, "toolComponent": {"name": _CWE, "index": 0}}


def _result(found: Found, document: Document, places: Mapping[str, int]) -> _Json:
    result: _Json = {
        "ruleId": found.rule,
        **({"ruleIndex": places[found.rule]} if found.rule in places else {}),
        "level": found.severity.value,
        "kind": "fail",
        "message": {"text": _message(found)},
        "locations": [_location(found.site, found.route, f"{found.method} {found.url}")],
        "partialFingerprints": {
            "sessionTracker/v1": found.fingerprint,
            "primaryLocationLineHash": f"{found.fingerprint[:16]}:1",
        },
        "occurrenceCount": max(found.count, 1),
        "taxa": [_taxon(cwe) for cwe in of_finding(found)],
        "suppressions": _suppressions(found, document),
        "properties": {
            "cookie": found.cookie,
            "cookieClass": found.cookie_class.value,
            "caches": {name: outcome.value for name, outcome in found.caches.items()},
        },
    }
    if found.level is not None:
        result["properties"]["cacheSafety"] = found.level.value
    if document.baseline is not None:
        result["baselineState"] = "unchanged" if found.state is State.KNOWN else "new"
    if found.example is not None:
        result |= _exchange(found.example, found)
    return result


def _message(found: Found) -> str:
    caches = "".join(f"\n{about}: {told}" for about, told in told_of_caches(found))
    return found_line(found) + caches


def _location(site: str, route: str, name: str) -> _Json:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(f"{site or 'unknown'}{route}".lstrip("/"))},
            "region": {"startLine": 1},
        },
        "logicalLocations": [{"fullyQualifiedName": name, "kind": "resource"}],
    }


def _suppressions(found: Found, document: Document) -> list[_Json]:
    if found.suppression is None:
        return []
    given = document.suppressions[found.suppression]
    return [
        {
            "kind": "external",
            "status": "accepted",
            "justification": given.reason,
            "properties": {"expires": given.expires, "place": given.place},
        }
    ]


def _exchange(example: Messages, found: Found) -> _Json:
    status = example.response.line.removeprefix("HTTP ")
    return {
        "webRequest": {
            "method": found.method,
            "target": found.url,
            "headers": _headers(example.request.fields),
        },
        "webResponse": {
            **({"statusCode": int(status)} if status.isdecimal() else {}),
            "headers": _headers(example.response.fields),
        },
    }


def _headers(fields: Sequence[tuple[str, str]]) -> dict[str, str]:
    """One value a name, as SARIF has it; several lines of one name are put below each other."""
    found: dict[str, str] = {}
    for name, value in fields:
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def _absent(gone: Vanished, places: Mapping[str, int]) -> _Json:
    seen = (
        "was not found again"
        if gone.visited
        else "was not looked for: route not visited, or rule off"
    )
    return {
        "ruleId": gone.rule,
        **({"ruleIndex": places[gone.rule]} if gone.rule in places else {}),
        "level": "none",
        "kind": "pass" if gone.visited else "notApplicable",
        "message": {"text": f'The known finding about "{gone.cookie}" {seen}.'},
        "locations": [_location(gone.site, gone.route, f"{gone.site}{gone.route}")],
        "baselineState": "absent",
    }


def _notifications(document: Document) -> Iterator[_Json]:
    for reason in document.run.incomplete:
        yield {"level": "error", "message": {"text": f"Incomplete: {reason}"}}
    for given in document.suppressions:
        level = "error" if given.expired else "note" if given.matched else "warning"
        yield {"level": level, "message": {"text": suppression_line(given)}}
    for aside in asides(document.run):
        yield {"level": "note", "message": {"text": aside}}
    if dropped := document.counts.dropped:
        text = f"{plural(dropped, 'further finding')} counted but not kept"
        yield {"level": "warning", "message": {"text": text}}


def _utc(time: str) -> str:
    return time.replace("+00:00", "Z")
