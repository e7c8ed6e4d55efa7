"""What was read of a message."""

import pytest

from session_tracking.http.exchange import ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.http.reading import Notes, ReadFields, ReadResponse

LINES = (("Vary", "Accept"), ("Age", "1"), ("age", "2"), ("X-A", "\x01"))
FIELDS = FieldSection(LINES)


def read(look):
    """What a look at the fields gives and notes."""
    notes = Notes()
    given = look(ReadFields(FIELDS, notes))
    assert given == look(FIELDS)
    return notes


@pytest.mark.parametrize(
    ("look", "noted"),
    [
        (lambda f: f.values("age"), Notes(values={"age"})),
        (lambda f: f.first("x-b"), Notes(values={"x-b"})),
        (lambda f: list(f.members("vary")), Notes(values={"vary"})),
        (lambda f: f.called({"age", "x-a"}), Notes(values={"age", "x-a"})),
        (lambda f: "age" in f, Notes(counts={"age"})),
        (lambda f: f.has_any({"age", "via"}), Notes(counts={"age", "via"})),
        (lambda f: f.repeats({"age", "via"}), Notes(counts={"age", "via"})),
        (lambda f: f.size(4), Notes(size=True)),
        (lambda f: f.has_controls(), Notes(controls=True)),
        (lambda f: f.lines, Notes(whole=True)),
        (lambda f: list(f.names()), Notes(whole=True)),
        (len, Notes(whole=True)),
        (hash, Notes(whole=True)),
        (lambda f: f == FieldSection(LINES), Notes(whole=True)),
        (lambda f: f.without(frozenset({"via"})).first("age"), Notes({"age"}, {"via"})),
        (lambda f: f.without(frozenset({"vary"})).first("age"), Notes({"age"}, {"vary"})),
        # Of what is left, nobody can tell the size from outside.
        (
            lambda f: f.without(frozenset({"age"})).size(),
            Notes(set(), {"age"}, size=True, whole=True),
        ),
        (
            lambda f: f.without(frozenset({"x-a"})).has_controls(),
            Notes(set(), {"x-a"}, controls=True, whole=True),
        ),
    ],
)
def test_what_is_read_is_noted(look, noted):
    assert read(look) == noted


def test_the_length_of_a_response():
    notes = Notes()
    response = ReadResponse(ResponseFacts(404, FIELDS, "HTTP/1.0", 7), notes)
    assert (response.status, response.http_version, notes) == (404, "HTTP/1.0", Notes())
    assert response.body_length == 7
    assert notes == Notes(length=True)
    assert response.fields.first("age") == "1"
    assert notes == Notes({"age"}, length=True)
