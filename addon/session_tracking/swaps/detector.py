"""Finds session swaps: a value handed to a client that did not bring it, though another had it.

That rule needs no list of clients: a renewal goes to whoever presents the value, and a fresh issue
brings a new one. Sans-I/O: it is given facts and times, and answers with events.
"""

from collections.abc import Iterable, Sequence
from itertools import islice

from session_tracking.cookies.classify import CookieClass
from session_tracking.cookies.cookie import parse_cookie
from session_tracking.cookies.digest import Digester, TokenDigest
from session_tracking.cookies.set_cookie import SetCookie
from session_tracking.swaps.clients import Client, Likeness, compare, mark
from session_tracking.swaps.delivery import Delivery, Place, page_of
from session_tracking.swaps.events import EventKind, Handover, SwapEvent
from session_tracking.swaps.ledger import Entry, Ledger
from session_tracking.swaps.names import Name, Names
from session_tracking.swaps.settings import SwapSettings
from session_tracking.swaps.sharing import Record, Sight, Token, domains
from session_tracking.swaps.urls import Urls
from session_tracking.swaps.weighing import (
    CERTAIN,
    EVIDENCE,
    elsewhere,
    is_session,
    is_watched,
    scope,
    weigh,
)

__all__ = ["MAX_COOKIES", "Detector"]

MAX_COOKIES = 32
"""Cookies of one message that are looked at."""

_RANKS = {EventKind.NOT_ASSESSABLE: 1, EventKind.SUSPECTED: 2, EventKind.CONFIRMED: 3}
_BLURRED_REASON = "the two clients cannot be told apart: same or unknown address and User-Agent"


class Detector:
    """Watches who is handed which value. Nothing that the traffic holds makes it raise."""

    def __init__(self, ledger: Ledger | None = None, digester: Digester | None = None) -> None:
        self.ledger: Ledger = Ledger() if ledger is None else ledger
        self._digester = digester or Digester()
        self._names = Names()
        self.urls: Urls = Urls()
        """The URLs of first sights."""
        self._clients: list[Client] = []
        self.watched: int = 0
        """Deliveries that were looked at."""
        self.sights: list[Sight] | None = None
        """What other proxies are to be told; None where there are none."""

    @property
    def tells_apart(self) -> bool:
        """Whether two clients were seen that are certainly different."""
        return len(self._clients) > 1

    def resize(self, values: int, lifetime: int) -> None:
        """Remember another number of values, for another number of seconds."""
        if (self.ledger.capacity, self.ledger.lifetime) != (values, lifetime):
            self.ledger = self.ledger.resized(values, lifetime)

    def share(self, digester: Digester) -> None:
        """Note what other proxies are to be told, by digests that they make, too."""
        self._digester, self.sights = digester, []

    def remembered(self, start: int, count: int, now: float) -> list[Sight]:
        """What is known of the values in some slots of the ledger, for who has lost it."""
        name = Name()
        return [
            Sight(
                Token("", CookieClass.UNKNOWN, "", TokenDigest(digest), name),
                Record(entry, self.urls.shown(entry.url)),
                entry.owner,
            )
            for digest, entry in self.ledger.entries(start, count)
            if now - entry.last <= self.ledger.lifetime
        ]

    # --------------------------------------------------------------------------- responses

    def on_response(
        self, delivery: Delivery, cookies: Iterable[tuple[SetCookie, CookieClass]]
    ) -> list[SwapEvent]:
        """What the cookies of a response tell, in their order; the response is not yet edited."""
        events: list[SwapEvent] = []
        watched, settings = 0, delivery.settings
        for cookie, cookie_class in islice(cookies, MAX_COOKIES):
            if not is_watched(cookie, cookie_class, settings):
                continue
            if not watched:
                self._meet(delivery.client)
            watched += 1
            if (event := self._deliver(delivery, cookie, cookie_class)) is not None:
                events.append(event)
        self.watched += watched
        return events

    def _deliver(
        self, delivery: Delivery, cookie: SetCookie, cookie_class: CookieClass
    ) -> SwapEvent | None:
        """One cookie of the response: a first issue, a renewal, or a value that was another's."""
        host, now = delivery.place.host, delivery.now
        site = scope(cookie, host)
        name = self._names.of(site, cookie.name)
        if name.constant:
            return None
        presented = delivery.brings(cookie.name, cookie.value)
        digest = self._digester.octets(site, cookie.name, cookie.value)
        entry = self.ledger.get(digest, now)
        if entry is None and site != host:
            # Whoever sent it before it was set here was not asked for its domain.
            sent = self._digester.octets(host, cookie.name, cookie.value)
            if (entry := self.ledger.get(sent, now)) is not None:
                digest = sent
        if entry is None:
            entry = self._issue(delivery, digest, name, presented=presented)
            if self.sights is not None:
                token = _token(cookie, cookie_class, digest, name)
                self._note(delivery, token, cookie, entry, presented=presented, new=True)
            return None
        token, client = _token(cookie, cookie_class, digest, name), delivery.client
        entry.last = int(now)
        entry.deliveries += 1
        event = None
        if compare(entry.owner, client) is Likeness.SAME and not entry.owner.own:
            entry.owner = entry.owner._replace(own=client.own, presented=client.presented)
        if not presented and (likeness := self.likeness(entry, delivery)) is not Likeness.SAME:
            event = self.handed_on(token, likeness, entry, delivery)
        self.ledger.put(digest, entry)
        if self.sights is not None:
            self._note(delivery, token, cookie, entry, presented=presented, new=False)
        return event

    def _issue(self, delivery: Delivery, digest: bytes, name: Name, *, presented: bool) -> Entry:
        """The first sight of a value; a renewal of one from before our time is no fresh issue."""
        _, place, client, _, stamp, now = delivery
        entry = Entry(client, now, place.page, stamp, int(now), by_request=presented)
        if not place.evidence and not presented:
            name.fresh += 1
            name.meet(client)
        self.urls.remember(place.page, place.url)
        self.ledger.put(digest, entry)
        return entry

    def _note(
        self,
        delivery: Delivery,
        token: Token,
        cookie: SetCookie,
        entry: Entry,
        *,
        presented: bool,
        new: bool,
    ) -> None:
        """Have other proxies told; the entry, which is stored by now, changes no more."""
        assert self.sights is not None  # noqa: S101 - asked before
        host, evidence = delivery.place.host, delivery.place.evidence
        sites = {host, scope(cookie, host)}
        aliases: set[bytes] = set()
        if len(sites) > 1:
            aliases = {self._octets(site, cookie) for site in sites} - {token.digest.octets}
        sight = Sight(
            token,
            Record(entry, self.urls.shown(entry.url), new and bool(evidence)),
            delivery.client,
            tuple(aliases),
            presented=presented,
            brought=(host, () if presented else tuple(self._proofs(delivery))),
            delivery=delivery,
            new=new,
            fresh=new and not presented and not evidence,
        )
        self.sights.append(sight)

    def _octets(self, site: str, cookie: SetCookie) -> bytes:
        return self._digester.octets(site, cookie.name, cookie.value)

    def likeness(self, entry: Entry, delivery: Delivery) -> Likeness:
        """Whether the value goes to its owner, who need not look the same.

        A client that presents another value of the same owner is the owner, if such values are
        one visitor's own: a change of the network looks like another client otherwise.
        """
        likeness = compare(entry.owner, delivery.client)
        if likeness is Likeness.SAME:
            return likeness
        for name, value in self._proofs(delivery):
            other = self._known(delivery.place.host, name, value, delivery.now)
            # What was swapped once, or is given to others, proves nobody's identity any more.
            if (
                other is not None
                and not (other[1].score or other[1].other)
                and compare(other[1].owner, entry.owner) is Likeness.SAME
            ):
                return Likeness.SAME
        return likeness

    def _proofs(self, delivery: Delivery) -> list[tuple[str, str]]:
        """The cookies of the request that only one visitor can have.

        A name that may have the same value for everybody proves nothing, however unique it looks.
        """
        host, settings = delivery.place.host, delivery.settings
        return [
            (name, value)
            for name, value in delivery.presented[:MAX_COOKIES]
            if is_session(name, CookieClass.SESSION, settings)
            or self._names.personal(domains(host), name)
        ]

    def handed_on(
        self,
        token: Token,
        likeness: Likeness,
        entry: Entry,
        delivery: Delivery,
        *,
        counted: bool = False,
        cached: bool = False,
    ) -> SwapEvent | None:
        """The core rule holds: weigh what speaks for a swap.

        `counted` is whether the name was told of the delivery before, `cached` whether one
        of the two came out of a cache.
        """
        (_, place, client, *_), name = delivery, token.name
        evidence = place.evidence
        proven = bool(evidence) or cached
        certain_name = is_session(token.cookie_name, token.cookie_class, delivery.settings)
        third = likeness is Likeness.DIFFERENT and entry.other not in {0, mark(client)}
        if likeness is Likeness.DIFFERENT:
            entry.other = mark(client)
        entry.many_urls |= place.page != entry.url
        if not evidence and not counted:
            name.count(client, wide=entry.many_urls)
            if not certain_name and name.learn():
                kind = EventKind.CONSTANT
                return SwapEvent(kind, token.cookie_name, token.cookie_class, token.carrier)
        if not (certain_name or proven or name.own_to_each):
            return None
        signals, score = weigh(delivery, entry, token.cookie_name, likeness)
        if cached and not evidence:
            signals = (*signals, "one of the two responses came out of a cache")
            score += EVIDENCE
        if third:
            signals = (*signals, "it went to a third client, too")
            score += entry.score
        entry.score = min(max(entry.score, score), 99)
        kind = EventKind.SUSPECTED
        if likeness is Likeness.UNKNOWN and not proven:
            kind = EventKind.NOT_ASSESSABLE
        elif (
            likeness is Likeness.DIFFERENT
            and entry.score >= CERTAIN
            and (certain_name or name.varies)
        ):
            kind = EventKind.CONFIRMED
        if _RANKS[kind] <= entry.reported:
            return None
        entry.reported = _RANKS[kind]
        return SwapEvent(
            kind,
            token.cookie_name,
            token.cookie_class,
            token.carrier,
            str(token.digest),
            self.first(entry),
            Handover(str(client), delivery.now, place.url),
            signals,
            evidence,
            entry.score,
            _BLURRED_REASON if likeness is Likeness.UNKNOWN else "",
        )

    # ---------------------------------------------------------------------------- requests

    def on_request(
        self,
        settings: SwapSettings,
        host: str,
        cookies: Sequence[str],
        client: Client,
        url: str,
        now: float,
    ) -> list[SwapEvent]:
        """Sessions of the request's Cookie field values that somebody quite different uses, too.

        A session that was issued before our time is remembered from here on.
        """
        events = []
        for name, value in parse_cookie(cookies)[:MAX_COOKIES]:
            told = CookieClass.SESSION
            if not is_session(name, told, settings):
                continue
            if not is_watched(SetCookie(name, value), told, settings):
                continue
            known = self._known(host, name, value, now)
            if known is None:
                digest = self._digester.digest(host, name, value)
                page = page_of(url)
                self.urls.remember(page, url)
                entry = Entry(client, now, page, last=int(now), by_request=True)
            else:
                digest, entry = known
            token = Token(name, told, "cookie", digest, Name())
            entry.last = int(now)
            if known is not None and elsewhere(entry, client):
                entry.shared = True
                events.append(self.two_clients(token, entry, Handover(str(client), now, url)))
            self.ledger.put(digest.octets, entry)
            if self.sights is not None:
                digests = (self._digester.digest(site, name, value) for site in domains(host))
                aliases = tuple(each.octets for each in digests if each != digest)
                record = Record(entry, self.urls.shown(entry.url))
                seen = Delivery(settings, Place(host, url, entry.url), client, (), 0, now)
                self.sights.append(Sight(token, record, client, aliases, delivery=seen))
        return events

    # ------------------------------------------------------------------------------ shared

    def _known(
        self, host: str, name: str, value: str, now: float
    ) -> tuple[TokenDigest, Entry] | None:
        """The entry of a presented value, for the host or for a domain above it."""
        for site in domains(host):
            digest = self._digester.digest(site, name, value)
            entry = self.ledger.get(digest.octets, now)
            if entry is not None:
                return digest, entry
        return None

    def two_clients(self, token: Token, entry: Entry, other: Handover) -> SwapEvent:
        """The event for a session that another client uses, too."""
        return SwapEvent(
            EventKind.TWO_CLIENTS,
            token.cookie_name,
            token.cookie_class,
            token.carrier,
            str(token.digest),
            self.first(entry),
            other,
            ("two clients with different addresses and User-Agents send it",),
            score=2,
        )

    def first(self, entry: Entry) -> Handover:
        """Who had the value first, when and where."""
        return Handover(str(entry.owner), entry.first, self.urls.shown(entry.url))

    def _meet(self, client: Client) -> None:
        if not self._clients or (
            len(self._clients) == 1 and compare(self._clients[0], client) is Likeness.DIFFERENT
        ):
            self._clients.append(client)


def _token(cookie: SetCookie, told: CookieClass, digest: bytes, name: Name) -> Token:
    return Token(cookie.name, told, cookie.field, TokenDigest(digest), name)
