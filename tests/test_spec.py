import pytest

from session_tracking import spec

CITED = [
    (
        spec.rfc9110("5.6.7"),
        "RFC 9110 §5.6.7",
        "https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7",
    ),
    (spec.rfc9111("3"), "RFC 9111 §3", "https://www.rfc-editor.org/rfc/rfc9111#section-3"),
    (spec.rfc9211("2"), "RFC 9211 §2", "https://www.rfc-editor.org/rfc/rfc9211#section-2"),
    (spec.rfc9213("2.2"), "RFC 9213 §2.2", "https://www.rfc-editor.org/rfc/rfc9213#section-2.2"),
    (spec.rfc5861("3"), "RFC 5861 §3", "https://www.rfc-editor.org/rfc/rfc5861#section-3"),
    (
        spec.rfc6265bis("5.6"),
        "RFC 6265bis §5.6",
        "https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html",
    ),
    (spec.rfc2965("3.5"), "RFC 2965 §3.5", "https://www.rfc-editor.org/rfc/rfc2965#section-3.5"),
    (spec.rfc2109("4.2"), "RFC 2109 §4.2", "https://www.rfc-editor.org/rfc/rfc2109#section-4.2"),
]


@pytest.mark.parametrize(("cited", "text", "url"), CITED)
def test_citation(cited, text, url):
    assert (str(cited), cited.url) == (text, url)


def test_documents_outside_the_rfc_series():
    field = spec.Spec("Edge Architecture", "2.3", "https://www.w3.org/TR/edge-arch/")
    assert str(field) == "Edge Architecture §2.3"
    assert field.url == "https://www.w3.org/TR/edge-arch/"
    assert str(spec.Spec("Akamai Edge-Control", "")) == "Akamai Edge-Control"
