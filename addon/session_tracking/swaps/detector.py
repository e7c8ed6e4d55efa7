"""Finds session swaps: a value handed to a client that did not bring it, though another had it.

That rule needs no list of clients: a renewal goes to whoever presents the value, and a fresh issue
brings a new one. Sans-I/O: it is given facts and times, and answers with events.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from zlib import crc32

from session_tracking.caching.evidence import HitEvidence, hit_evidence
from session_tracking.cookies.classify import (
    UNIQUE_BITS,
    CookieClass,
    class_of_name,
    entropy_bits,
)
from session_tracking.cookies.cookie import parse_cookie
from session_tracking.cookies.digest import Digester, TokenDigest
from session_tracking.cookies.set_cookie import SetCookie
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.swaps.clients import Client, Likeness, compare, mark, tag
from session_tracking.swaps.events import EventKind, Handover, SwapEvent
from session_tracking.swaps.ledger import Entry, Ledger
from session_tracking.swaps.names import Name, Names
from session_tracking.swaps.settings import SwapSettings
from session_tracking.swaps.sharing import Record, Sight, Token, domains
from session_tracking.swaps.urls import Urls

__all__ = ["MAX_COOKIES", "Delivery", "Detector", "Sighting", "elsewhere"]

MAX_COOKIES = 32
"""Cookies of one message that are looked at."""

CERTAIN = 10
_CORE, _BLURRED, _EVIDENCE, _STALE_COPY = 9, 5, 4, 3
_STALE_SECONDS = 2.0
"""How much later the same Date and ETag cannot come from the origin any more."""

_WATCHED = frozenset({CookieClass.SESSION, CookieClass.UNKNOWN, CookieClass.TRACKING})
_RANKS = {EventKind.NOT_ASSESSABLE: 1, EventKind.SUSPECTED: 2, EventKind.CONFIRMED: 3}
_BLURRED_REASON = "the two clients cannot be told apart: same or unknown address and User-Agent"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A response that sets cookies, as it came from upstream, and who asked."""

    exchange: Exchange
    client: Client
    url: str
    """The URL, fit to be shown."""
    presented: tuple[tuple[str, str], ...] | None = None
    """The pairs of the request's Cookie fields, where somebody has read them already."""


@dataclass(slots=True)
class Delivery:
    """One response on its way through the detector."""

    settings: SwapSettings
    sighting: Sighting
    host: str
    presented: tuple[tuple[str, str], ...]
    evidence: tuple[HitEvidence, ...]
    page: int
    stamp: int

    @property
    def now(self) -> float:
        """Unix seconds."""
        return self.sighting.exchange.response_time


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
        self,
        settings: SwapSettings,
        sighting: Sighting,
        cookies: Iterable[tuple[SetCookie, CookieClass]],
    ) -> list[SwapEvent]:
        """What the cookies of a response tell, in their order; the response is not yet edited."""
        watched = [
            (cookie, cookie_class)
            for number, (cookie, cookie_class) in enumerate(cookies)
            if number < MAX_COOKIES and _watched(cookie, cookie_class, settings)
        ]
        if not watched:
            return []
        self._meet(sighting.client)
        self.watched += len(watched)
        exchange = sighting.exchange
        fields = exchange.response.fields
        date, etag = fields.first("date"), fields.first("etag")
        presented = sighting.presented
        if presented is None:
            presented = parse_cookie(exchange.request.fields.values("cookie"))
        delivery = Delivery(
            settings,
            sighting,
            exchange.request.host,
            presented,
            tuple(hit_evidence(fields)),
            # A query does not make another place: caches may be told to leave it out of their key.
            _page(sighting.url.partition("?")[0]),
            crc32(f"{date}\n{etag}".encode("latin-1", "replace")) if date else 0,
        )
        found = (self._deliver(delivery, cookie, told) for cookie, told in watched)
        return [event for event in found if event is not None]

    def _deliver(
        self, delivery: Delivery, cookie: SetCookie, cookie_class: CookieClass
    ) -> SwapEvent | None:
        """One cookie of the response: a first issue, a renewal, or a value that was another's."""
        client, now = delivery.sighting.client, delivery.now
        site = _scope(cookie, delivery.host)
        name = self._names.of(site, cookie.name)
        if name.constant:
            return None
        presented = (cookie.name, cookie.value) in delivery.presented
        digest = self._digester.digest(site, cookie.name, cookie.value)
        entry = self.ledger.get(digest.octets, now)
        if entry is None and site != delivery.host:
            # Whoever sent it before it was set here was not asked for its domain.
            sent = self._digester.digest(delivery.host, cookie.name, cookie.value)
            if (entry := self.ledger.get(sent.octets, now)) is not None:
                digest = sent
        token = Token(cookie.name, cookie_class, cookie.field, digest, name)
        if entry is None:
            entry = self._issue(delivery, digest, name, presented=presented)
            self._note(delivery, token, cookie, entry, presented=presented, new=True)
            return None
        entry.last = int(now)
        entry.deliveries += 1
        event = None
        if compare(entry.owner, client) is Likeness.SAME and not entry.owner.own:
            entry.owner = entry.owner._replace(own=client.own, presented=client.presented)
        if not presented and (likeness := self.likeness(entry, delivery)) is not Likeness.SAME:
            event = self.handed_on(token, likeness, entry, delivery)
        self.ledger.put(digest.octets, entry)
        self._note(delivery, token, cookie, entry, presented=presented, new=False)
        return event

    def _issue(
        self, delivery: Delivery, digest: TokenDigest, name: Name, *, presented: bool
    ) -> Entry:
        """The first sight of a value; a renewal of one from before our time is no fresh issue."""
        client, now = delivery.sighting.client, delivery.now
        entry = Entry(client, now, delivery.page, delivery.stamp, int(now), by_request=presented)
        if not delivery.evidence and not presented:
            name.fresh += 1
            name.meet(mark(client))
        self.urls.remember(delivery.page, delivery.sighting.url)
        self.ledger.put(digest.octets, entry)
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
        if self.sights is None:
            return
        host = delivery.host
        sites = {host, _scope(cookie, host)}
        aliases: set[bytes] = set()
        if len(sites) > 1:
            aliases = {self._octets(site, cookie) for site in sites} - {token.digest.octets}
        sight = Sight(
            token,
            Record(entry, self.urls.shown(entry.url), new and bool(delivery.evidence)),
            delivery.sighting.client,
            tuple(aliases),
            presented=presented,
            brought=(host, () if presented else delivery.presented),
            delivery=delivery,
            new=new,
            fresh=new and not presented and not delivery.evidence,
        )
        self.sights.append(sight)

    def _octets(self, site: str, cookie: SetCookie) -> bytes:
        return self._digester.digest(site, cookie.name, cookie.value).octets

    def likeness(self, entry: Entry, delivery: Delivery) -> Likeness:
        """Whether the value goes to its owner, who need not look the same.

        A client that presents another value of the same owner is the owner: a change of the
        network looks like another client otherwise.
        """
        likeness = compare(entry.owner, delivery.sighting.client)
        if likeness is Likeness.SAME:
            return likeness
        for name, value in delivery.presented[:MAX_COOKIES]:
            other = self._known(delivery.host, name, value, delivery.now)
            # What was swapped once, or is given to others, proves nobody's identity any more.
            if (
                other is not None
                and not (other[1].score or other[1].other)
                and compare(other[1].owner, entry.owner) is Likeness.SAME
            ):
                return Likeness.SAME
        return likeness

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
        client, evidence, name = delivery.sighting.client, delivery.evidence, token.name
        proven = bool(evidence) or cached
        certain_name = _is_session(token.cookie_name, token.cookie_class, delivery.settings)
        third = likeness is Likeness.DIFFERENT and entry.other not in {0, mark(client)}
        if likeness is Likeness.DIFFERENT:
            entry.other = mark(client)
        entry.many_urls |= delivery.page != entry.url
        if not evidence and not counted:
            name.count(mark(client), wide=entry.many_urls)
            if not certain_name and name.learn():
                kind = EventKind.CONSTANT
                return SwapEvent(kind, token.cookie_name, token.cookie_class, token.carrier)
        if not (certain_name or proven or name.own_to_each):
            return None
        signals, score = _weigh(delivery, entry, token.cookie_name, likeness)
        if cached and not evidence:
            signals = (*signals, "one of the two responses came out of a cache")
            score += _EVIDENCE
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
            Handover(str(client), delivery.now, delivery.sighting.url),
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
            if not _is_session(name, told, settings):
                continue
            if not _watched(SetCookie(name, value), told, settings):
                continue
            known = self._known(host, name, value, now)
            if known is None:
                digest = self._digester.digest(host, name, value)
                page = _page(url.partition("?")[0])
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
                asked = Exchange(RequestFacts("", url), ResponseFacts(0), response_time=now)
                seen = Delivery(settings, Sighting(asked, client, url), host, (), (), entry.url, 0)
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


def _weigh(
    delivery: Delivery, entry: Entry, cookie_name: str, likeness: Likeness
) -> tuple[tuple[str, ...], int]:
    """What speaks for a swap, and its weight in tenths."""
    what = "was sent by" if entry.by_request else "was given to"
    signals = [f"the value {what} another client before, and this request did not bring it"]
    score = _CORE
    if likeness is Likeness.UNKNOWN:
        signals = ["the value went out before, and this request did not bring it"]
        score = _BLURRED
    if delivery.evidence:
        signals.append("the response came out of a cache")
        score += _EVIDENCE
    if any(name == cookie_name for name, _ in delivery.presented):
        signals.append("it replaces another value that the request brought")
    late = delivery.now - entry.first >= _STALE_SECONDS
    if delivery.stamp and delivery.stamp == entry.stamp and late:
        signals.append("Date and ETag are those of the first delivery")
        score += _STALE_COPY
    return tuple(signals), score


def elsewhere(entry: Entry, client: Client) -> bool:
    """Whether the session is used from another network and by another User-Agent than before."""
    owner = entry.owner
    return (
        not entry.shared
        and not entry.score
        and owner.address != client.address
        and owner.agent != client.agent
        and compare(owner, client) is Likeness.DIFFERENT
    )


def _watched(cookie: SetCookie, cookie_class: CookieClass, settings: SwapSettings) -> bool:
    return (
        cookie_class in _WATCHED
        and entropy_bits(cookie.value) >= UNIQUE_BITS
        and not any(fnmatchcase(cookie.name, pattern) for pattern in settings.ignore)
    )


def _is_session(name: str, cookie_class: CookieClass, settings: SwapSettings) -> bool:
    """Whether the name says session: the look of one value could be that of a constant."""
    if cookie_class is not CookieClass.SESSION:
        return False
    return class_of_name(name) is CookieClass.SESSION or any(
        fnmatchcase(name, pattern) for pattern in settings.session_names
    )


def _scope(cookie: SetCookie, host: str) -> str:
    """The domain that keeps equal names apart: that of Domain, where it covers the host.

    Source: RFC 6265bis §5.1.3, §5.6.3.
    """
    domain = (cookie.attribute("domain") or "").lower().removeprefix(".")
    return domain if domain and domain in domains(host) else host


_page = lru_cache(maxsize=4096)(tag)
