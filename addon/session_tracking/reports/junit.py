"""JUnit XML, which nearly every CI system reads: a test suite a site, a case a route and rule."""

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from session_tracking.audit.catalogue import RULES
from session_tracking.reports.document import Document, Found, State
from session_tracking.reports.text import cache_lines, found_line, suppression_line

__all__ = ["MAX_CASES", "render"]

MAX_CASES = 20_000
"""From so many cases on, a route without findings is one case instead of one for each rule."""

_NOT_ALWAYS = ("ST205", "ST206", "ST311", "ST4", "ST5")
"""Rules that need caches named, a key switched on, or clients that can be told apart: that nothing
was found by them says nothing, so they have a case only where something was."""

type _Case = tuple[str, str, str]
"""Site, route and rule id."""


def render(document: Document) -> str:
    """The report as JUnit XML.

    A route that is clean passes once for each rule that judges every response. Findings below the
    threshold pass, with what was found in the case's output; what is known from the baseline or
    suppressed is skipped, with the reason.
    """
    root = Element("testsuites", name="session-tracker")
    suites: dict[str, Element] = {"session-tracker": _own(document)}
    root.append(suites["session-tracker"])
    found = _by_case(document.findings)
    routes = {(route.site, route.route) for route in document.routes.seen}
    routes |= {(site, route) for site, route, _ in found}
    rules = {
        rule.id: rule.name
        for rule in RULES.values()
        if rule.id not in document.run.off and not rule.id.startswith(_NOT_ALWAYS)
    }
    rules |= {each.rule: each.name for each in document.findings}
    each_rule = len(routes) * len(rules) <= MAX_CASES
    for site, route in sorted(routes):
        suite = suites.get(f"site {site}")
        if suite is None:
            suite = suites[f"site {site}"] = SubElement(root, "testsuite", name=site)
        broken = [rule for rule in rules if (site, route, rule) in found]
        for rule in sorted(rules) if each_rule else broken:
            case = _case(suite, f"{site}{route}", f"{rule} {rules[rule]}")
            _tell(case, found.get((site, route, rule), ()), document)
        if not each_rule and not broken:
            _case(suite, f"{site}{route}", "all rules")
    for suite in root:
        _count(suite)
    _count(root)
    del root.attrib["skipped"]  # which Jenkins' schema does not know there
    indent(root)
    body = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _by_case(findings: Iterable[Found]) -> dict[_Case, list[Found]]:
    cases: dict[_Case, list[Found]] = {}
    for each in findings:
        cases.setdefault((each.site, each.route, each.rule), []).append(each)
    return cases


def _own(document: Document) -> Element:
    """Whether the run is one to rely on, and what the suppressions do."""
    suite = Element("testsuite", name="session-tracker")
    case = _case(suite, "session-tracker", "the run is complete")
    for reason in document.run.incomplete:
        SubElement(case, "error", type="incomplete", message=reason).text = reason
    for given in document.suppressions:
        line = suppression_line(given)
        case = _case(suite, "session-tracker.suppressions", f"{given.place} {given.rule}")
        if given.expired:
            SubElement(case, "failure", type="expired", message=line).text = line
        else:
            SubElement(case, "system-out").text = line
    return suite


def _case(suite: Element, place: str, name: str) -> Element:
    return SubElement(suite, "testcase", classname=place, name=name, time="0")


def _tell(case: Element, findings: Sequence[Found], document: Document) -> None:
    """What became of a case: the gravest of its findings decides, all of them are told."""
    if not findings:
        return
    fail_on = document.run.fail_on
    text = "\n".join(line for each in findings for line in (found_line(each), *cache_lines(each)))
    failing = [
        each
        for each in findings
        if each.happened or (each.state is State.NEW and fail_on.reached_by(each.severity))
    ]
    if failing:
        kind, message = failing[0].rule, found_line(failing[0])
        SubElement(case, "failure", type=kind, message=message).text = text
    elif all(each.state is not State.NEW for each in findings):
        SubElement(case, "skipped", message=_reason(findings[0], document))
        SubElement(case, "system-out").text = text
    else:
        SubElement(case, "system-out").text = f"below the threshold {fail_on}:\n{text}"


def _reason(found: Found, document: Document) -> str:
    if found.suppression is None:
        return "known from the baseline"
    given = document.suppressions[found.suppression]
    return f"suppressed until {given.expires}: {given.reason}"


def _count(element: Element) -> None:
    cases = list(element.iter("testcase"))
    element.set("tests", str(len(cases)))
    for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(kind) is not None for case in cases)))
    element.set("time", "0")
