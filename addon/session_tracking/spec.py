"""References to the documents that decide, kept in one place.

A reason, a rule or a requirement never spells a document number itself: it holds a `Spec`.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Spec:
    """A section of a document, for example RFC 9111 §5.2.2.5."""

    document: str
    section: str
    url: str = ""
    """Address of the section, or of the document where it has no anchors."""

    def __str__(self) -> str:
        return f"{self.document} §{self.section}" if self.section else self.document


@cache
def _rfc(number: int, section: str) -> Spec:
    url = f"https://www.rfc-editor.org/rfc/rfc{number}#section-{section}"
    return Spec(f"RFC {number}", section, url)


def rfc9110(section: str) -> Spec:
    """HTTP Semantics."""
    return _rfc(9110, section)


def rfc9111(section: str) -> Spec:
    """HTTP Caching."""
    return _rfc(9111, section)


def rfc9211(section: str) -> Spec:
    """The Cache-Status HTTP Response Header Field."""
    return _rfc(9211, section)


def rfc9213(section: str) -> Spec:
    """Targeted HTTP Cache Control."""
    return _rfc(9213, section)


def rfc5861(section: str) -> Spec:
    """HTTP Cache-Control Extensions for Stale Content."""
    return _rfc(5861, section)


def rfc6265bis(section: str) -> Spec:
    """Cookies: HTTP State Management Mechanism (the draft that replaces RFC 6265)."""
    return Spec(
        "RFC 6265bis",
        section,
        "https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html",
    )


def rfc2965(section: str) -> Spec:
    """HTTP State Management Mechanism, which defines Set-Cookie2."""
    return _rfc(2965, section)


def rfc2109(section: str) -> Spec:
    """HTTP State Management Mechanism, the first one."""
    return _rfc(2109, section)
