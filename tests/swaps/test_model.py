"""Random visitors, sites and caches: every injected swap is found, and nothing else is."""

from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings, strategies as st

from session_tracking.swaps.detector import Detector
from session_tracking.swaps.events import EventKind
from tests.swaps.sites import HIT, World, value

SWAPS = {EventKind.CONFIRMED, EventKind.SUSPECTED}
ARMS = [value(1), value(2)]


@dataclass
class Visitor:
    address: str
    agent: str
    jar: dict[str, str] = field(default_factory=dict)


visits = st.lists(
    st.tuples(
        st.integers(0, 5),  # who
        st.sampled_from(["page", "login", "logout", "renew", "moves", "forgets"]),
        st.integers(0, 3),  # which page
    ),
    max_size=60,
)
caches = st.sampled_from(["none", "strips", "swaps", "swaps silently"])


class Kind(NamedTuple):
    """How a site goes about its sessions."""

    slides: bool = False
    """Whether each page sends the session again."""
    everywhere: bool = False
    """Whether it has a host for each page, and its cookies are for all of them."""


kinds = st.builds(Kind, st.booleans(), st.booleans())


class Site:
    """Sets a session, an arm of a test and a language; a cache in front may hand them on."""

    def __init__(self, cache, kind):
        self.world, self.cache, self.kind = World(), cache, kind
        self.visitors = [Visitor(f"192.0.2.{n // 2}", f"agent {n}") for n in range(6)]
        self.stored, self.issued = {}, 100
        self.injected, self.found = set(), set()

    def visit(self, who, what, page):
        visitor = self.visitors[who]
        if what == "moves":
            visitor.address = f"198.51.100.{who}"
        elif what == "forgets":
            visitor.jar.clear()
        elif (answered := self.through_cache(visitor, what, f"/{page}")) is not None:
            self.hand(visitor, f"/{page}", *answered)

    def through_cache(self, visitor, what, path):
        """The Set-Cookie values, and the signs of a hit; None for a visit left out."""
        stored = self.stored.get(path)
        hit = self.cache in {"swaps", "swaps silently"} and what == "page" and stored
        lines = stored[1] if hit else self.answer(visitor, what)
        if hit:
            # A visitor may be handed again what was theirs before they lost it.
            if stored[0] is not visitor and visitor.jar.get("sid") != stored[2]:
                self.injected.add(stored[2])
            elif visitor.jar.get("sid") != stored[2]:
                return None
        elif self.cache != "none" and what == "page" and lines and "sid=" in lines[0]:
            sid = lines[0].removeprefix("sid=").partition(";")[0]
            self.stored[path] = (visitor, lines, sid)
        return lines, [HIT] if hit and self.cache == "swaps" else []

    def hand(self, visitor, path, lines, signs):
        client = self.world.client(visitor.address, visitor.agent)
        sent = "; ".join(f"{name}={text}" for name, text in visitor.jar.items())
        host = f"host{path[1:]}.shop.test" if self.kind.everywhere else "shop.test"
        self.world.send(client, sent, host, path)
        for event in self.world.hand(client, *lines, path=path, host=host, sent=sent, fields=signs):
            if event.cookie_name == "arm":
                # Learned to be constant, or indeed handed on by the cache.
                assert event.kind is EventKind.CONSTANT or signs
            elif event.kind in SWAPS:
                self.found.add(event.digest)
        for line in lines:
            name, _, rest = line.partition("=")
            text = rest.partition(";")[0]
            if text:
                visitor.jar[name] = text
            else:
                visitor.jar.pop(name, None)

    def answer(self, visitor, what):
        lines = []
        domain = "; Domain=shop.test" if self.kind.everywhere else ""
        if what == "logout":
            return [f"sid=; Max-Age=0{domain}"]
        if "sid" not in visitor.jar or what == "login":
            self.issued += 1
            lines.append(f"sid={value(self.issued)}; HttpOnly{domain}")
        elif what == "renew" or self.kind.slides:
            lines.append(f"sid={visitor.jar['sid']}; HttpOnly; Max-Age=60{domain}")
        if "arm" not in visitor.jar:
            lines.append(f"arm={ARMS[self.issued % 2]}{domain}")
        return [*lines, f"lang=de{domain}"]

    def digests(self):
        digest = self.world.detector._digester.digest
        return {str(digest("shop.test", "sid", text)) for text in self.injected}


def played(cache, steps, kind=Kind()):  # noqa: B008 - it never changes
    site = Site(cache, kind)
    for step in steps:
        site.visit(*step)
    return site


@settings(max_examples=300)
@given(caches, visits, kinds)
@example("swaps", [(0, "page", 1), (0, "login", 0), (1, "page", 0), (1, "page", 1)], Kind())  # arm
def test_every_swap_is_found_and_none_else(cache, steps, kind):
    site = played(cache, steps, kind)
    assert site.found == site.digests()


@pytest.mark.parametrize("always", [True, False])
def test_a_detector_that_always_or_never_says_swap_fails_that_test(always, monkeypatch):
    real = Detector.on_response

    def broken(self, delivery, cookies):
        events = real(self, delivery, cookies)
        if not always:
            return []
        return events or [swap]

    steps = [(0, "page", 0), (2, "page", 0)]
    [swap] = [e for e in swaps_of("swaps", steps) if e.cookie_name == "sid"]
    monkeypatch.setattr(Detector, "on_response", broken)
    site = played("none" if always else "swaps", steps)
    assert site.found != site.digests()


def swaps_of(cache, steps):
    seen = []
    site = Site(cache, Kind())
    hand = site.world.hand
    site.world.hand = lambda *a, **k: seen.extend(found := hand(*a, **k)) or found
    for step in steps:
        site.visit(*step)
    return seen
