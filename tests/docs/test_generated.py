"""The generated parts of the documentation are those of the code at hand."""

import pytest

from scripts.generated_docs import BLOCKS, DocumentError, documents, main, names, render

SAMPLE = "before\n<!-- generated:version -->\nold\n<!-- /generated -->\nafter\n"
FILLED = "before\n<!-- generated:version -->\n3.13\n<!-- /generated -->\nafter\n"
VERSION = {"version": "tests.docs.test_generated:version"}


def version():
    return "\n3.13\n"


def test_the_documents_are_current():
    assert main(["--check"]) == 0


def test_every_generator_is_used():
    used = set().union(*(names(path.read_text(encoding="utf-8")) for path in documents()))
    assert used == BLOCKS.keys()


def test_a_part_is_replaced_and_nothing_else():
    assert render(SAMPLE, VERSION) == FILLED
    assert render(FILLED, VERSION) == FILLED
    assert render("no parts", VERSION) == "no parts"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(SAMPLE.replace("version", "vresion"), "called vresion", id="unknown"),
        pytest.param(SAMPLE.replace("/generated", "x"), "lacks its", id="never-closed"),
        pytest.param(SAMPLE.partition("old")[0] + SAMPLE, "lacks its", id="runs-into-the-next"),
    ],
)
def test_a_broken_document_is_refused(text, message):
    with pytest.raises(DocumentError, match=message):
        render(text, VERSION)


def test_a_wrong_argument_is_refused(capsys):
    assert main(["--chekc"]) == 64
    assert "usage" in capsys.readouterr().err
