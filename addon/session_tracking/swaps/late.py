"""What this proxy makes of a value once the ledger of the fleet tells who had met it before."""

from dataclasses import replace

from session_tracking.swaps.clients import Client, Likeness, compare
from session_tracking.swaps.delivery import Delivery
from session_tracking.swaps.detector import Detector
from session_tracking.swaps.events import Handover, SwapEvent
from session_tracking.swaps.ledger import Entry
from session_tracking.swaps.sharing import Answer, Sight
from session_tracking.swaps.weighing import elsewhere

__all__ = ["judge"]


def judge(detector: Detector, sight: Sight, answer: Answer) -> SwapEvent | None:
    """The event, if there is one; from here on, this proxy remembers what the fleet knows.

    Sights travel, and the one that reached the ledger first need not be the earlier one.
    """
    known, digest = answer.record, sight.token.digest.octets
    mine = detector.ledger.get(digest, sight.record.entry.last) or sight.record.entry
    if known.url:
        detector.urls.remember(known.entry.url, known.url)
    event = None
    if known.entry.first <= mine.first:
        entry = _joined(known.entry, mine)
        if sight.delivery is not None:
            event = _given_here(detector, sight, entry, answer)
    else:
        entry = mine
        if sight.delivery is not None:
            event = _given_there(detector, sight, entry, answer)
    detector.ledger.put(digest, entry)
    return event


def _joined(known: Entry, mine: Entry) -> Entry:
    """The earlier entry, with what happened to the value here."""
    return replace(
        known,
        last=max(known.last, mine.last),
        deliveries=known.deliveries + mine.deliveries,
        score=max(known.score, mine.score),
        other=known.other or mine.other,
        reported=mine.reported,
        many_urls=known.many_urls or mine.many_urls or known.url != mine.url,
        shared=mine.shared,
    )


def _given_here(detector: Detector, sight: Sight, entry: Entry, answer: Answer) -> SwapEvent | None:
    """Another proxy met the value before, and here somebody got or sent it."""
    delivery, name = sight.delivery, sight.token.name
    if sight.sent:
        here = Handover(str(sight.client), delivery.now, delivery.place.url)
        return _used_by_two(detector, sight, entry, sight.client, here)
    if sight.presented or name.constant or answer.related:
        return None
    likeness = detector.likeness(entry, delivery)
    if likeness is Likeness.SAME:
        return None
    if sight.fresh:
        name.fresh -= 1  # another was first
    return detector.handed_on(
        sight.token, likeness, entry, delivery, counted=not sight.new, cached=answer.record.cached
    )


def _given_there(
    detector: Detector, sight: Sight, entry: Entry, answer: Answer
) -> SwapEvent | None:
    """The value was met here before, and somebody got or sent it at another proxy."""
    record, name = answer.record, sight.token.name
    other = record.entry
    if other.by_request:
        used = Handover(str(other.owner), other.first, record.url)
        return _used_by_two(detector, sight, entry, other.owner, used)
    likeness = compare(entry.owner, other.owner)
    if likeness is Likeness.SAME or name.constant or answer.related:
        return None
    here: Delivery = sight.delivery
    place = here.place._replace(url=record.url, page=other.url, evidence=())
    there = Delivery(here.settings, place, other.owner, (), other.stamp, other.first)
    cached = record.cached or sight.record.cached
    return detector.handed_on(sight.token, likeness, entry, there, cached=cached)


def _used_by_two(
    detector: Detector, sight: Sight, entry: Entry, client: Client, other: Handover
) -> SwapEvent | None:
    if not elsewhere(entry, client):
        return None
    entry.shared = True
    return detector.two_clients(sight.token, entry, other)
