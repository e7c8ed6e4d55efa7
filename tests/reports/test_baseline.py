"""The baseline as a file."""

import pytest

from session_tracking.audit.findings import Severity
from session_tracking.errors import InputError
from session_tracking.reports.baseline import new_file, prune, read_baseline, read_file, update
from session_tracking.reports.document import found_of
from session_tracking.reports.known import Known
from tests.reports.documents import a_run, a_tally, everything, plain, planted, suppression
from tests.reports.test_run import judged, tally
from tests.strategies import findings_of

ENTRY = """
[[finding]]
rule = "ST202"
severity = "warning"
site = "shop.test"
route = "/b"
cookie = "sid"
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "known.toml"

    def write(text):
        path.write_text(text)
        return read_file(path)

    return write


def document_of(*cookies, path="/b", **terms):
    given = [planted(cookie, f"https://shop.test{path}") for cookie in cookies]
    run = a_run()
    run.routes.see("shop.test", path)
    return judged(run, a_tally(*given) if given else tally(), **terms)


def entries(file):
    text = file.text()
    return [line for line in text.splitlines() if line.startswith(("route", "cookie"))]


def test_what_is_made_of_a_report_knows_all_of_it(tmp_path):
    made = new_file(tmp_path / "k.toml")
    changes = list(update(made, [plain()]))
    assert {change.what for change in changes} == {"added"}
    (tmp_path / "k.toml").write_text(made.text())
    known = read_baseline(tmp_path / "k.toml")
    again = judged(a_run(), a_tally(), baseline=known)
    assert again.counts.new == 0
    assert [k.key for k in known.entries] == sorted(k.key for k in known.entries)


def test_it_is_the_same_whatever_the_order(tmp_path):
    texts = set()
    for cookies in (("a=1", "b=1"), ("b=1", "a=1")):
        made = new_file(tmp_path / "k")
        list(update(made, [document_of(*cookies)]))
        texts.add(made.text())
    (text,) = texts
    assert text.count("[[finding]]") == 2
    assert "\n\n[[finding]]\nrule = " in text


def test_swaps_and_what_is_suppressed_are_left_out(tmp_path):
    made = new_file(tmp_path / "k")
    changes = {change.known.rule: change.what for change in update(made, [everything()])}
    assert changes["ST401"] == "left out: it has happened, and nothing silences it"
    assert 'cookie = "lang"' not in made.text()
    assert "ST401" not in made.text()


def test_an_update_keeps_comments_and_adds_in_order(file):
    noted = ENTRY + '# see the ticket\nnote = "OPS-1"\n'
    changed = file("# mine\nversion = 1\n" + noted)
    list(update(changed, [document_of("a=1", path="/a"), document_of("z=1", path="/c")]))
    text = changed.text()
    assert text.startswith("# mine\nversion = 1\n")
    assert '# see the ticket\nnote = "OPS-1"' in text
    assert [line for line in entries(changed) if "route" in line] == [
        f'route = "/{n}"' for n in "abc"
    ]


def test_an_update_tells_what_got_graver(file):
    (found,) = findings_of(planted("sid=Zq7rT2xW9kLm4VbN", "https://shop.test/b"))
    entry = ENTRY.replace("ST202", found.rule.id)
    mild = document_of("sid=1")
    grave = judged(a_run(), tally(found))
    changed = file("version = 1\n" + entry)
    (change,) = update(changed, [grave, mild, grave])
    assert change.what == "is error now"
    assert 'severity = "error"' in changed.text()
    assert not list(update(changed, [grave]))


def test_only_what_was_looked_for_is_removed(file):
    text = (
        "version = 1\n"
        + ENTRY
        + ENTRY.replace("/b", "/far")
        + ENTRY.replace("ST202", "ST201").replace("sid", "c")
    )
    changed = file(text)
    told = {(change.known.route, change.what) for change in prune(changed, [document_of("c=1")])}
    assert told == {("/b", "removed"), ("/far", "kept, since it was not looked for")}
    assert entries(changed) == ['route = "/b"', 'cookie = "c"', 'route = "/far"', 'cookie = "sid"']
    changed = file(text)
    list(prune(changed, [document_of()], everything=True))
    assert entries(changed) == []
    assert "[[finding]]" not in changed.text()


def test_a_suppressed_finding_is_still_there(file):
    changed = file("version = 1\n" + ENTRY.replace("ST202", "ST201").replace("sid", "c"))
    assert not list(prune(changed, [document_of("c=1", suppressions=(suppression(),))]))


def test_known_is_the_same_of_a_finding_and_of_a_report():
    (found,) = findings_of(planted("sid=1"))
    assert Known.of_finding(found) == Known.of(found_of(found))


WRONG = [
    ("no TOML", "version = ", "k.toml is no baseline: Invalid value"),
    ("no version", ENTRY, "missing required field `version`"),
    ("version", "version = 2", "k.toml is a baseline of version 2"),
    ("key", "version = 1\n" + ENTRY + "x = 1\n", "unknown field `x`"),
    ("severity", "version = 1\n" + ENTRY.replace("warning", "high"), "Invalid enum value 'high'"),
    ("missing", 'version = 1\n[[finding]]\nrule = "x"', "missing required field `severity`"),
]


@pytest.mark.parametrize(
    ("text", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_what_is_no_baseline(tmp_path, monkeypatch, text, said):
    monkeypatch.chdir(tmp_path)
    path = tmp_path.joinpath("k.toml").relative_to(tmp_path)
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_baseline(path)
    assert said in str(error.value)


def test_octets_that_are_no_text(tmp_path):
    (tmp_path / "k").write_bytes(b"\xff")
    with pytest.raises(InputError, match="is no baseline"):
        read_baseline(tmp_path / "k")
    with pytest.raises(InputError, match="cannot be read"):
        read_baseline(tmp_path)


def test_severities_are_those_of_the_report(file):
    assert file("version = 1\n" + ENTRY).baseline.entries[0].severity is Severity.WARNING
