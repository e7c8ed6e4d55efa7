"""The questions, each written once with Ibis, for whatever engine answers.

Engines must agree to the last row. So every order is total, what several rows could answer is
decided by the log's order, and only functions that all of them have are used.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import ibis

__all__ = ["QUESTIONS", "Table", "funnel"]

type Table = Any
"""A table of Ibis, or a column: what they can do depends on their types."""

_NONE: Final = ibis.literal(0, "int64")

_EPOCH: Final = 946_684_800
"""2000-01-01 in Unix seconds: what a log's second is counted from, so that the key fits 63 bits."""

_LINES: Final = 2**32


def _key(log: Table) -> Table:
    """A number that grows with the time, and within a second with the log's order."""
    seconds: Any = log.time.epoch_seconds().cast("int64") - _EPOCH
    key: Table = seconds * _LINES + log.line
    return key


def trail(log: Table) -> Table:
    """What one visitor did, in order; `log` holds that session alone."""
    return log.order_by([log.time, log.line]).select(
        time=log.time,
        method=log.cs_method,
        page=log.cs_uri_stem,
        query=log.cs_uri_query,
        status=log.sc_status,
    )


def sessions(log: Table) -> Table:
    """Every session: first and last hit, hits, the pages where it began and ended."""
    seen = _sessions(log)
    return seen.order_by([seen.hits.desc(), seen.first_seen, seen.session_id])


def _sessions(log: Table) -> Table:
    known = log.filter(log.session_id.notnull())
    known = known.select("session_id", "time", "cs_uri_stem", key=_key(known))
    seen = known.group_by("session_id").aggregate(
        first_seen=known.time.min(),
        last_seen=known.time.max(),
        hits=known.count(),
        landing_page=known.cs_uri_stem.argmin(known.key),
        exit_page=known.cs_uri_stem.argmax(known.key),
    )
    duration = seen.last_seen.epoch_seconds().cast("int64") - seen.first_seen.epoch_seconds().cast(
        "int64"
    )
    return seen.mutate(duration_s=duration)


def cookies(log: Table, prefix: str = "") -> Table:
    """Every cookie that was given out or brought: how often, and when first and last.

    `prefix` is `NAME=` for the cookies of one name.
    `hits` counts the requests that brought it and the responses that gave it out.
    """
    brought = _pairs(log, log.cs_cookie, prefix).mutate(
        issued=_NONE, returned=lambda pair: pair.hits
    )
    issued = _pairs(log, log.issued, prefix).mutate(issued=lambda pair: pair.hits, returned=_NONE)
    both = brought.select(issued.columns).union(issued, distinct=False)
    seen = both.group_by("cookie").aggregate(
        issued=both.issued.sum().cast("int64"),
        returned=both.returned.sum().cast("int64"),
        hits=both.hits.sum().cast("int64"),
        first_seen=both.first_seen.min(),
        last_seen=both.last_seen.max(),
    )
    return seen.order_by([seen.hits.desc(), seen.first_seen, seen.cookie])


def _pairs(log: Table, column: Table, prefix: str) -> Table:
    """The pairs of a Cookie field, one a row. Whole fields are counted first: they are fewer."""
    some = log.filter(column.notnull())
    fields = some.group_by(field=column).aggregate(
        hits=some.count(), first_seen=some.time.min(), last_seen=some.time.max()
    )
    pairs = fields.select(
        "hits", "first_seen", "last_seen", pair=fields["field"].split(";").unnest()
    )
    # IIS writes `a=1;+b=2`. Only one sign is taken off: values may hold others.
    bare = pairs.pair.startswith("+").ifelse(pairs.pair.substr(1), pairs.pair)
    pairs = pairs.mutate(cookie=bare)
    named = (pairs.cookie != "") & pairs.cookie.startswith(prefix)
    return pairs.filter(named).select("cookie", "hits", "first_seen", "last_seen")


def pages(log: Table) -> Table:
    """Every page: hits, sessions that saw it, errors, the middle of its time in milliseconds."""
    counted = log.group_by(page=log.cs_uri_stem).aggregate(
        hits=log.count(),
        sessions=log.session_id.nunique(),
        errors=(log.sc_status >= 400).ifelse(1, 0).sum().cast("int64"),
        first_seen=log.time.min(),
        last_seen=log.time.max(),
    )
    return counted.order_by([counted.hits.desc(), counted.page])


def timeline(log: Table, every: Any = 3600) -> Table:  # noqa: ANN401
    """Hits, sessions and new sessions in each span of `every` seconds that had any.

    `span` is when it begins, in Unix seconds: not every engine turns a number into a time.
    """
    spans = log.filter(log.time.notnull())
    seconds: Any = spans.time.epoch_seconds().cast("int64")
    spans = spans.select(
        "session_id",
        span=seconds - seconds % every,
        new=(spans.x_session_event == "new").ifelse(1, 0),
    )
    # First each session's hits, then the sessions: cheaper than counting distinct ones.
    each = spans.group_by(["span", "session_id"]).aggregate(
        hits=spans.count(), new=spans.new.sum().cast("int64")
    )
    told = each.group_by("span").aggregate(
        hits=each.hits.sum().cast("int64"),
        sessions=each.session_id.count(),
        new_sessions=each.new.sum().cast("int64"),
    )
    return told.order_by("span")


def landings(log: Table) -> Table:
    """Every page where sessions began: how many, how many left from there at once, their hits."""
    seen = _sessions(log)
    told = seen.group_by(page=seen.landing_page).aggregate(
        sessions=seen.count(),
        single_hit=(seen.hits == 1).ifelse(1, 0).sum().cast("int64"),
        hits=seen.hits.sum().cast("int64"),
    )
    return told.order_by([told.sessions.desc(), told.page])


def funnel(log: Table, steps: Sequence[str]) -> Table:
    """How many sessions came to each step: each page after the one before it."""
    rows = [
        reached.aggregate(sessions=reached.count()).select(
            step=ibis.literal(number, "int64"), page=ibis.literal(page), sessions="sessions"
        )
        for number, (page, reached) in enumerate(zip(steps, _reached(log, steps), strict=True), 1)
    ]
    return ibis.union(*rows, distinct=False).order_by("step")


def _reached(log: Table, steps: Sequence[str]) -> Iterator[Table]:
    """For each step the sessions that came so far, with the first moment at which they had."""
    known = log.filter(log.session_id.notnull())
    known = known.mutate(key=_key(known)).select("session_id", "key", page=known.cs_uri_stem)
    before: Table | None = None
    for page in steps:
        here = known.filter(known.page == page)
        if before is not None:
            earlier = before.rename(since="key", who="session_id")
            here = here.join(earlier, here.session_id == earlier.who)
            here = here.filter(here.key > here.since)
        before = here.group_by("session_id").aggregate(key=here.key.min())
        yield before


def anomalies(log: Table, addresses: Any = 3) -> Table:  # noqa: ANN401
    """What an administrator looks into: the kind, who, how often, when.

    `many-addresses`: a session that came from at least so many addresses. `forged`: ids that we did
    not give out, by address. `refusing`: addresses that were given several sessions and returned
    none.
    """
    known = log.filter(log.session_id.notnull() & log.c_ip.notnull())
    shared = known.group_by("session_id").aggregate(
        count=known.c_ip.nunique(), first_seen=known.time.min(), last_seen=known.time.max()
    )
    shared = shared.filter(shared["count"] >= addresses)
    forged = log.filter((log.x_session_event == "forged") & log.c_ip.notnull())
    forging = forged.group_by("c_ip").aggregate(
        count=forged.count(), first_seen=forged.time.min(), last_seen=forged.time.max()
    )
    new = (known.x_session_event == "new").ifelse(1, 0)
    returned = (known.x_session_event == "new").ifelse(0, 1)
    clients = known.group_by("c_ip").aggregate(
        count=new.sum().cast("int64"),
        returned=returned.sum().cast("int64"),
        first_seen=known.time.min(),
        last_seen=known.time.max(),
    )
    refusing = clients.filter((clients["count"] >= addresses) & (clients.returned == 0))

    def told(found: Table, kind: str, who: str) -> Table:
        return found.select(
            "count", "first_seen", "last_seen", kind=ibis.literal(kind), subject=found[who]
        ).select("kind", "subject", "count", "first_seen", "last_seen")

    found = told(shared, "many-addresses", "session_id").union(
        told(forging, "forged", "c_ip"), told(refusing, "refusing", "c_ip"), distinct=False
    )
    return found.order_by([found.kind, found["count"].desc(), found.subject])


QUESTIONS: Final[Mapping[str, Callable[..., Table]]] = {
    "trail": trail,
    "cookies": cookies,
    "sessions": sessions,
    "pages": pages,
    "timeline": timeline,
    "landings": landings,
    "anomalies": anomalies,
}
"""The questions by their names."""
