"""The Domain attribute against the hosts that send it (RFC 6265bis §5.1.3, §5.6.3)."""

import re
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address

from publicsuffixlist import PublicSuffixList

from session_tracking.config.checks.problem import Problem, Target
from session_tracking.config.section import NONE
from session_tracking.config.validation import show_value
from session_tracking.cookies.serialize import Style

__all__ = ["domain", "domain_covers"]

_LDH = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")


def domain_covers(domain: str, host: str) -> bool:
    """Whether a host, or every host of a pattern, may set a cookie for a domain.

    Source: RFC 6265bis §5.1.3.
    """
    if domain == NONE:
        return True
    wanted = domain.lower().removeprefix(".")
    base = host.removeprefix("*.")
    return base == wanted or (base.endswith(f".{wanted}") and not _is_address(base))


def domain(target: Target) -> Iterator[Problem]:
    """E13, W5, W6."""
    cookie, host = target.settings.cookie, target.host
    if cookie.domain == NONE:
        return
    name = cookie.domain.lower().removeprefix(".")
    if wrong := _wrong(name):
        yield _problem("E13", f"{show_value(cookie.domain)} {wrong}.", 'Name a domain, or "none".')
        return
    if _public_suffixes().is_public(name):
        yield _problem(
            "E13",
            f"{show_value(cookie.domain)} is a public suffix: browsers drop the cookie.",
            'Name the domain below it that is yours, or use "none".',
        )
        return
    if host is not None and not domain_covers(cookie.domain, host):
        yield _problem(
            "E13",
            f"{show_value(cookie.domain)} does not cover {show_value(host)}: browsers drop the "
            "cookie.",
            f'Set cookie.domain = "none" for {show_value(host)}.',
        )
    elif host != name:
        yield _problem(
            "W5",
            f"{show_value(cookie.domain)}: every host below {name} gets and can set the cookie.",
            'Use "none" for a cookie of the host alone.',
        )
    if cookie.domain.startswith(".") and cookie.style is Style.RFC6265:
        yield _problem("W6", "starts with a dot, which is not sent.", f"Write {show_value(name)}.")


def _problem(code: str, problem: str, fix: str) -> Problem:
    return Problem(code, ("cookie.domain",), problem, fix)


def _wrong(name: str) -> str:
    """Why a text is no domain name, empty if it is one."""
    if not name:
        return "is empty"
    if not name.isascii():
        return "is not written in A-labels (xn--…)"
    if _is_address(name):
        return "is an IP address"
    if not all(_LDH.fullmatch(label) and len(label) <= 63 for label in name.split(".")):
        return "is not made of letters, digits and hyphens"
    return ""


def _is_address(text: str) -> bool:
    try:
        ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


@cache
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()
