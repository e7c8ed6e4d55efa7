"""Every format: no secret, no markup that acts, and valid for who reads it."""

import json
import subprocess
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from jsonschema import Draft4Validator, FormatChecker
from markdown_it import MarkdownIt
from msgspec.structs import replace

from session_tracking.reports import github, gitlab, junit, markdown, sarif
from session_tracking.reports.judging import Terms, judge
from session_tracking.reports.registry import REPORTS
from session_tracking.reports.run import FailOn
from tests.reports import documents
from tests.reports.documents import DOCUMENTS, SECRET, everything, many, plain
from tests.reports.test_run import TODAY

SCHEMAS = Path(__file__).parent / "schemas"
SARIF = Draft4Validator(
    json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text()), format_checker=FormatChecker()
)
MADE = {name: make() for name, make in DOCUMENTS.items()}


@pytest.mark.parametrize("form", REPORTS)
@pytest.mark.parametrize("name", MADE)
def test_no_secret_is_in_any_report(form, name):
    text = REPORTS[form].render(MADE[name])
    assert SECRET not in text
    assert text.endswith("\n")
    assert not [char for char in text if not char.isprintable() and char != "\n"]


@pytest.mark.parametrize("form", REPORTS)
def test_a_report_says_why_and_how_to_mend_it(form):
    text = REPORTS[form].render(MADE["plain"])
    assert "ST201" in text
    assert "private" in text


@pytest.mark.parametrize("form", REPORTS)
def test_a_report_of_nothing_says_so(form):
    assert "nothing passed through the proxy" in REPORTS[form].render(MADE["empty"])


@pytest.mark.parametrize("form", REPORTS)
def test_a_report_shows_what_was_suppressed_and_why(form):
    told = REPORTS[form].render(MADE["everything"])
    assert "2026-12-21" in told
    assert "told " in told
    assert "expired" in told.lower()


@pytest.mark.parametrize("form", [form for form in REPORTS if form not in {"gitlab", "junit"}])
def test_a_report_tells_what_was_not_looked_at(form):
    told = REPORTS[form].render(MADE["everything"])
    assert "ST224, ST225" in told or '"ST225"' in told
    assert ("audit.enabled" in told) or '"unjudged": 2' in told


def test_sarif_of_an_incomplete_run_says_so_beside_a_proven_swap():
    (run,) = json.loads(REPORTS["sarif"].render(MADE["everything"]))["runs"]
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)


def test_the_name_of_a_rule_is_escaped_too():
    (found, *_) = MADE["plain"].findings
    edited = replace(MADE["plain"], findings=(replace(found, rule="<b>ST|1"),))
    told = REPORTS["markdown"].render(edited)
    assert "<b>" not in told
    assert "ST|1" not in told


def test_a_route_where_something_was_not_judged_passes_no_case():
    run = documents.a_run(unjudged=0)
    run.pass_over(("shop.test", "/clean"))
    run.pass_over(("shop.test", "/beyond-what-is-told-apart"))
    told = documents.judged(run, documents.a_tally())
    assert run.unjudged == 2
    assert 'classname="shop.test/a"' in REPORTS["junit"].render(told)
    assert "/clean" not in REPORTS["junit"].render(told)


# ------------------------------------------------------------------------------ SARIF


@pytest.mark.parametrize("name", MADE)
def test_sarif_keeps_to_its_schema(name):
    SARIF.validate(json.loads(sarif.render(MADE[name])))


def results_of(document):
    (run,) = json.loads(sarif.render(document))["runs"]
    return run["results"]


def test_sarif_fingerprints_stay_the_same():
    once, again = (
        [result.get("partialFingerprints") for result in results_of(make())]
        for make in (everything, everything)
    )
    assert once == again
    assert len({json.dumps(f) for f in once}) > 3


def test_sarif_tells_what_is_new_known_suppressed_and_gone():
    results = results_of(MADE["everything"])
    states = [(r["ruleId"], r["baselineState"], bool(r.get("suppressions"))) for r in results]
    assert ("ST401", "new", False) in states
    assert ("ST201", "unchanged", False) in states
    assert any(suppressed for *_, suppressed in states)
    assert [r["kind"] for r in results if r["baselineState"] == "absent"] == [
        "pass",
        "notApplicable",
        "pass",
    ]
    assert all("baselineState" not in result for result in results_of(MADE["plain"]))


def test_sarif_names_weaknesses_where_they_are_right():
    taxa = {
        (r["ruleId"], r["properties"]["cookie"]): [taxon["id"] for taxon in r["taxa"]]
        for r in results_of(MADE["everything"])
        if "taxa" in r
    }
    assert taxa["ST401", "s\\x1bid"] == ["488"]
    assert taxa["ST201", "lang"] == ["524", "525"]
    assert taxa["ST220", "sid"] == ["524", "525"]
    persistent = [
        r
        for r in results_of(MADE["plain"])
        if r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "shop.test/a"
    ]
    assert [taxon["id"] for taxon in persistent[0]["taxa"]] == ["524", "525", "539"]


def test_sarif_holds_both_messages():
    (result,) = [
        r for r in results_of(MADE["plain"]) if r["webRequest"]["target"] == "https://shop.test/a"
    ]
    assert result["webResponse"]["statusCode"] == 200
    assert result["webRequest"]["headers"]["Cookie"] == "sid=…; other=…"
    doubled = documents.planted("sid=1", "https://shop.test/a", ("Cache-Control", "no-transform"))
    (result,) = results_of(documents.judged(documents.a_run(), documents.a_tally(doubled)))
    assert result["webResponse"]["headers"]["Cache-Control"] == "public, max-age=600\nno-transform"


# ------------------------------------------------------------------------------ JUnit


@pytest.mark.parametrize("name", MADE)
def test_junit_keeps_to_its_schema(name, tmp_path):
    report = tmp_path / "junit.xml"
    report.write_text(junit.render(MADE[name]))
    command = ["xmllint", "--noout", "--schema", SCHEMAS / "junit-10.xsd", report]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def cases(document):
    root = fromstring(junit.render(document))  # noqa: S314 - it is our own
    return {
        (case.get("classname"), case.get("name")): [child.tag for child in case]
        for case in root.iter("testcase")
    }


def test_a_clean_route_passes_once_a_rule():
    found = cases(MADE["plain"])
    assert found["shop.test/a", "ST201 set-cookie-storable"] == ["failure"]
    assert found["shop.test/a", "ST202 set-cookie-fragile"] == []
    clean = [tags for (place, _), tags in found.items() if place == "shop.test/clean"]
    assert len(clean) >= 15
    assert clean == [[]] * len(clean)
    # Where clients cannot be told apart, a passing case would promise what nobody knows.
    assert ("shop.test/clean", "ST401 session-swapped") not in found


def test_what_is_known_or_suppressed_is_skipped_and_the_threshold_is_kept_to():
    found = cases(MADE["everything"])
    assert found["shop.test/a", "ST201 set-cookie-storable"] == ["skipped", "system-out"]
    assert found["shop.test/lang", "ST201 set-cookie-storable"] == ["skipped", "system-out"]
    assert found["shop.test/a", "ST401 session-swapped"] == ["failure"]
    assert found["shop.test/a", "ST402 session-swap-suspected"] == ["system-out"]
    assert found["session-tracker", "the run is complete"] == ["error"]
    assert found["session-tracker.suppressions", "config.toml:9 ST201"] == ["failure"]
    noticed = judge(MADE["everything"], Terms(FailOn.NOTE, TODAY))
    assert cases(noticed)["shop.test/a", "ST402 session-swap-suspected"] == ["failure"]


def test_a_rule_that_is_off_passes_nowhere():
    names = {name for _, name in cases(MADE["everything"])}
    assert "ST223 qualified-directive" in names
    assert not {name for name in names if name.startswith(("ST224", "ST225"))}
    for form in ("text", "json", "sarif", "markdown", "html"):
        assert "ST224" in REPORTS[form].render(MADE["everything"])


def test_too_many_routes_pass_as_a_whole(monkeypatch):
    monkeypatch.setattr(junit, "MAX_CASES", 10)
    found = cases(MADE["plain"])
    assert found["shop.test/clean", "all rules"] == []
    assert found["shop.test/a", "ST201 set-cookie-storable"] == ["failure"]
    assert ("shop.test/a", "ST202 set-cookie-fragile") not in found


# --------------------------------------------------------------------------- Markdown


@pytest.mark.parametrize("name", MADE)
def test_markdown_holds_no_markup_of_others(name):
    html = MarkdownIt("gfm-like", {"linkify": False}).render(markdown.render(MADE[name]))
    assert "<script" not in html
    assert "evil.test)" not in html or 'href="http://evil' not in html
    assert "<em>" not in html


def test_markdown_stays_below_its_limit(monkeypatch):
    whole = markdown.render(MADE["many"])
    assert len(whole.encode()) < markdown.MAX_OCTETS
    for limit in (1_500, 40_000, 100_000):
        monkeypatch.setattr(markdown, "MAX_OCTETS", limit)
        assert len(markdown.render(MADE["many"]).encode()) < limit
    monkeypatch.setattr(markdown, "MAX_OCTETS", 40_000)
    assert "more: another format holds them all" in markdown.render(MADE["many"])


# ---------------------------------------------------------------- GitHub and GitLab


def test_annotations_are_one_line_each_and_few():
    lines = github.render(MADE["many"]).splitlines()
    assert all(
        line.startswith(("::error title=", "::warning title=", "::notice title=")) for line in lines
    )
    assert (
        max(
            sum(line.startswith(f"::{kind} ") for line in lines)
            for kind in ("error", "warning", "notice")
        )
        <= 10
    )
    assert "more of this severity" in lines[-2]


def test_an_annotation_cannot_begin_another():
    lines = github.render(MADE["everything"]).splitlines()
    assert all(line.startswith("::") for line in lines)
    assert not [line for line in lines if line.startswith("::error::")]
    assert any("vanished from the baseline" in line for line in lines)


GITLAB = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^./].*"},
                    "lines": {"type": "object", "required": ["begin"]},
                },
            },
        },
    },
}
"""As GitLab documents the fields that it reads; it publishes no schema of them."""


@pytest.mark.parametrize("name", MADE)
def test_gitlab_finds_what_it_reads(name):
    issues = json.loads(gitlab.render(MADE[name]))
    Draft4Validator(GITLAB).validate(issues)
    prints = [issue["fingerprint"] for issue in issues]
    assert len(prints) == len(set(prints))


def test_gitlab_severities():
    issues = json.loads(gitlab.render(MADE["everything"]))
    by_name = {
        (issue["check_name"], issue["location"]["path"]): issue["severity"] for issue in issues
    }
    assert by_name["ST401 session-swapped", "shop.test/a"] == "blocker"
    assert by_name["ST201 set-cookie-storable", "shop.test/a"] == "info"
    assert by_name["ST201 set-cookie-storable", "shop.test/markup"] == "critical"


def test_the_documents_differ():
    assert plain() == MADE["plain"]
    assert many(3).counts.distinct == 3
