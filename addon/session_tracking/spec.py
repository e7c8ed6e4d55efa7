"""References to the documents that decide, kept in one place.

A reason, a rule or a requirement never spells a document number itself: it holds a `Spec`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spec:
    """A section of a document, for example RFC 9111 §5.2.2.5."""

    document: str
    section: str

    def __str__(self) -> str:
        return f"{self.document} §{self.section}" if self.section else self.document

    @property
    def url(self) -> str:
        """Address of the section; the document's own page where it has no anchors."""
        number = self.document.removeprefix("RFC ")
        if number == "6265bis":
            return "https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html"
        if number in {"2109", "2616", "2965"}:
            return f"https://www.rfc-editor.org/rfc/rfc{number}"
        return f"https://www.rfc-editor.org/rfc/rfc{number}#section-{self.section}"


def rfc9110(section: str) -> Spec:
    """HTTP Semantics."""
    return Spec("RFC 9110", section)


def rfc9111(section: str) -> Spec:
    """HTTP Caching."""
    return Spec("RFC 9111", section)


def rfc9211(section: str) -> Spec:
    """The Cache-Status HTTP Response Header Field."""
    return Spec("RFC 9211", section)


def rfc9213(section: str) -> Spec:
    """Targeted HTTP Cache Control."""
    return Spec("RFC 9213", section)


def rfc5861(section: str) -> Spec:
    """HTTP Cache-Control Extensions for Stale Content."""
    return Spec("RFC 5861", section)


def rfc6265bis(section: str) -> Spec:
    """Cookies: HTTP State Management Mechanism (the draft that replaces RFC 6265)."""
    return Spec("RFC 6265bis", section)


def rfc2965(section: str) -> Spec:
    """HTTP State Management Mechanism, which defines Set-Cookie2."""
    return Spec("RFC 2965", section)


def rfc2109(section: str) -> Spec:
    """HTTP State Management Mechanism, the first one."""
    return Spec("RFC 2109", section)
