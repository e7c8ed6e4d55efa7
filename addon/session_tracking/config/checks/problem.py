"""What a check is given, and what it answers."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from session_tracking.config.model import Settings

__all__ = ["CODES", "Check", "Problem", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """The settings in effect at one level."""

    settings: Settings
    host: str | None
    """Host pattern of the site; None at the top of the file."""
    written: frozenset[str]
    """The keys that somebody wrote; the others have their default."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that the settings break."""

    code: str
    """`E1`… for an error, `W1`… for a warning; empty for an error without a number."""
    keys: tuple[str, ...]
    """The keys that make it together; the one to blame first."""
    problem: str
    """A sentence that follows the key, with a full stop."""
    fix: str
    item: int | None = None
    """Index in the array that the first key holds; None for the whole value."""

    @property
    def warning(self) -> bool:
        """Whether the settings can be used all the same."""
        return self.code.startswith("W")


type Check = Callable[[Target], Iterator[Problem]]

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "E1": "the cookie's name is no token (RFC 9110 §5.6.2)",
        "E2": "the name starts with `$` in style rfc2109 or rfc2965",
        "E3": "a key id holds what a cookie value may not (RFC 6265bis §4.1.1)",
        "E4": "a control character or `;` in a value",
        "E5": "name and value over 4096 octets, or an attribute over 1024 (RFC 6265bis §5.6)",
        "E6": "SameSite=None without Secure",
        "E7": "Partitioned without Secure",
        "E8": "prefix `__Host-` without Secure, Path=/ and no Domain",
        "E9": "prefix `__Secure-` without Secure",
        "E10": "prefix `__Http-` or `__Host-Http-` without Secure and HttpOnly",
        "E11": "a lifetime of zero or less",
        "E12": "Path does not start with `/`",
        "E13": "Domain is no domain, a public suffix, or does not cover the site",
        "E14": "the style does not know the attribute",
        "E15": "Version is not 1",
        "E16": "Port is not 1 to 65535, or there twice",
        "E17": "CommentURL is no absolute http address",
        "E18": "an id with less than 64 bits of entropy",
        "E19": "the name is that of a known session cookie",
        "E20": "Cache-Control that lets shared caches store the cookie",
        "E21": 'a consent cookie with `detect = "any-cookie"`',
        "E22": "in a forward mode without a site: nothing is tracked (a notice)",
        "E23": "a site or path twice, a locked key, a host that is not delegated",
        "W1": "a lifetime over 400 days, which browsers shorten",
        "W2": "no SameSite",
        "W3": "no HttpOnly",
        "W4": "never Secure",
        "W5": "a Domain wider than the host",
        "W6": "a dot in front of Domain, which style rfc6265 leaves out",
        "W7": "an id with less than 128 bits of entropy",
        "W8": "Partitioned without SameSite=None",
        "W9": "strict quoting in style rfc2109",
        "W10": "style rfc2965 alone",
        "W11": "no lifetime: the cookie ends with the browser's session",
        "W12": "a key file that others can read",
        "W13": "an `include` that matches no file, or a delegation to a file that is not read",
        "W14": "cookie values of every kind in the log",
        "W15": "cookie values and credentials in traces",
        "W16": "a suppression that has expired",
    }
)
"""What each code stands for."""
