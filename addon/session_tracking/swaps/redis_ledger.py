"""The ledger of a fleet in Redis or Valkey, alone or as a cluster.

Needs `redis`, which the extra `fleet` brings; nothing else here imports it.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import SplitResult, urlsplit

from session_tracking.cookies.digest import Digester
from session_tracking.errors import SessionTrackerError
from session_tracking.escape import visible
from session_tracking.swaps.clients import Likeness, compare, mark
from session_tracking.swaps.courier import Greeting, Refused, StoreError
from session_tracking.swaps.sharing import Answer, Record, Sight, handed_on

if TYPE_CHECKING:
    from redis import Redis
    from redis.client import Pipeline
    from redis.cluster import RedisCluster

__all__ = ["INSTALL", "FleetError", "FleetSettings", "RedisLedger", "address_problem"]

INSTALL = "pipx inject mitmproxy 'mitmproxy-session-tracker[fleet]'"

TIMEOUT = 2.0
"""Seconds to wait for a connection, and for each answer."""
_PORT = 6379
_SCHEMES = ("redis", "rediss", "unix", "redis+cluster", "rediss+cluster")
_SWAPPED = 9
"""Tenths of certainty of a value that went to two clients, whatever else speaks for it."""


class FleetError(SessionTrackerError):
    """A fleet was asked for and cannot be joined; the message tells the fix."""


@dataclass(frozen=True, slots=True)
class FleetSettings:
    """Where the ledger of a fleet is, and how to get in."""

    url: str
    secret: bytes = field(repr=False)
    """What all digests of the fleet are made with."""
    name: str = "session-tracker"
    """Begin of all keys."""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    """Certificates to trust; empty: those that the system trusts."""
    waiting: int = 10_000
    """Sights that may wait."""


def address_problem(url: str) -> tuple[str, str] | None:
    """What is wrong with a ledger's URL, and the fix; None if nothing is."""
    return next(_address_problems(url), None)


def _address_problems(url: str) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(url)
        hosts = [] if parts.scheme == "unix" else list(_hosts(parts.netloc))
    except ValueError:
        yield "is no URL.", _LIKE_THIS
    else:
        yield from _part_problems(parts, hosts)


def _part_problems(parts: SplitResult, hosts: list[tuple[str, int]]) -> Iterator[tuple[str, str]]:
    clustered = "+cluster" in parts.scheme
    database = parts.path.removeprefix("/")
    if parts.scheme not in _SCHEMES:
        yield "is no ledger's URL.", f"Begin with {', '.join(f'{s}://' for s in _SCHEMES)}."
    elif "@" in parts.netloc:
        yield "holds a name or a password.", "Use fleet.username and fleet.password_file."
    elif parts.query or parts.fragment:
        yield "has something behind its path.", "Leave it out."
    elif parts.scheme == "unix":
        if parts.netloc or not database:
            yield "names no socket.", 'Write "unix:///run/redis/redis.sock".'
    elif not all(host for host, _ in hosts) or (len(hosts) > 1 and not clustered):
        yield "names no host, or several.", _LIKE_THIS
    elif database and (clustered or not database.isdecimal()):
        yield "has something else than a database's number behind the host.", "Leave it out."


_LIKE_THIS = 'Write "redis://HOST:6379/0", or "redis+cluster://HOST:6379,HOST:6379".'


def _hosts(netloc: str) -> Iterator[tuple[str, int]]:
    """Host and port of each member. Raises ValueError for a port that is none."""
    for member in netloc.split(","):
        parts = urlsplit(f"//{member}")
        yield parts.hostname or "", parts.port or _PORT


class RedisLedger:
    """The store that a courier brings sights to; connects when it is first used.

    All commands of a batch go in one round trip. SET with NX and GET is the first issue: it stores
    a record where there is none, or tells the one there is, and to repeat it changes nothing.
    """

    def __init__(self, settings: FleetSettings, lifetime: Callable[[], int]) -> None:
        """`lifetime` tells the seconds after its last sight that a value is remembered.

        Raises FleetError if the extra is missing.
        """
        try:
            import redis  # noqa: PLC0415 - an extra
            from redis.exceptions import RedisClusterException  # noqa: PLC0415
        except ModuleNotFoundError:
            raise FleetError(f"[fleet] needs the library redis. Install it: {INSTALL}") from None
        # The second one is no kind of the first.
        self._failures = (redis.RedisError, RedisClusterException, OSError)
        self._settings = settings
        self._lifetime = lifetime
        self._client: Redis | RedisCluster | None = None
        self._digester = Digester(settings.secret)
        self._mark = self._digester.digest("", "fleet", settings.name).octets
        self.instance: str = secrets.token_hex(8)
        """The name of this proxy among the others."""

    # ------------------------------------------------------------------------------ sights

    def share(self, sights: Sequence[Sight]) -> list[Answer | Refused | None]:
        """Store first sights; what was known before, each in its place. Raises StoreError.

        To call it again with the same sights does no harm.
        """
        lifetime = self._lifetime()

        def commands(pipe: "Pipeline") -> None:
            for sight in sights:
                key = self._key(sight.token.digest.octets)
                pipe.set(key, sight.record.pack(), nx=True, get=True, ex=lifetime)
                pipe.expire(key, lifetime)
                for alias in sight.aliases:
                    pipe.get(self._key(alias))

        replies = iter(self._ask(commands))
        done: list[Answer | Refused | None] = []
        suspects: list[tuple[int, Record]] = []
        for number, sight in enumerate(sights):
            stored, _, *others = [next(replies) for _ in range(2 + len(sight.aliases))]
            found = _judge(sight, stored, others)
            done.append(Answer(found) if isinstance(found, Record) else found)
            if isinstance(found, Record) and handed_on(sight, found):
                suspects.append((number, found))
        if suspects:
            self._relate(sights, suspects, done)
        return done

    def _relate(
        self,
        sights: Sequence[Sight],
        suspects: list[tuple[int, Record]],
        done: list[Answer | Refused | None],
    ) -> None:
        """Ask for other values that the clients brought; mark what is somebody else's as swapped.

        A client that brings another value of the owner is the owner. What was swapped once proves
        nobody's identity any more, to no proxy.
        """
        proofs = [list(sights[number].proofs(self._digester)) for number, _ in suspects]

        def questions(pipe: "Pipeline") -> None:
            for digest in chain.from_iterable(proofs):
                pipe.get(self._key(digest))

        replies = iter(self._ask(questions))
        swapped = []
        for (number, known), digests in zip(suspects, proofs, strict=True):
            found = [next(replies) for _ in digests]
            if any(_proves(each, known) for each in found):
                done[number] = Answer(known, related=True)
            else:
                sight, entry = sights[number], known.entry
                score = max(entry.score, _SWAPPED)
                marked = replace(entry, score=score, other=mark(sight.client))
                key = self._key(sight.token.digest.octets)
                swapped.append((key, replace(known, entry=marked).pack()))

        def marks(pipe: "Pipeline") -> None:
            for key, record in swapped:
                pipe.set(key, record, xx=True, keepttl=True)

        self._ask(marks)

    # --------------------------------------------------------------------------- the fleet

    def greet(self, counters: bytes) -> Greeting:
        """Put down the counters of this proxy and read those of all. Raises StoreError."""
        lifetime, name = self._lifetime(), self._settings.name
        secret, table = f"{name}:secret", f"{name}:counters"

        def commands(pipe: "Pipeline") -> None:
            pipe.set(secret, self._mark, nx=True, get=True, ex=lifetime)
            pipe.expire(secret, lifetime)
            pipe.hset(table, self.instance, counters)
            pipe.expire(table, lifetime)
            pipe.hgetall(table)

        replies = self._ask(commands)
        if failed := next((each for each in replies if isinstance(each, Exception)), None):
            raise StoreError(_told(failed))
        mark, *_, everybody = replies
        problem = (
            "another proxy of the fleet uses another secret, so a swap between the two cannot be"
            f" found. If all have a new one, delete the key {secret}"
        )
        oldest = time.time() - lifetime
        if gone := [proxy for proxy, text in everybody.items() if _last_word(text) < oldest]:
            self._ask(lambda pipe: pipe.hdel(table, *gone))
        told = tuple(text for proxy, text in everybody.items() if proxy not in gone)
        return Greeting(self._identity(), told, "" if mark in {None, self._mark} else problem)

    def _identity(self) -> frozenset[str]:
        """The ids that the servers gave themselves when they started."""
        client = self._connected()
        try:
            told = (
                client.info("server", target_nodes="primaries").values()
                if "+cluster" in self._settings.url
                else [client.info("server")]
            )
        except self._failures as error:
            raise StoreError(_told(error)) from None
        return frozenset(str(server["run_id"]) for server in told)

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()

    # ---------------------------------------------------------------------- the connection

    def _key(self, digest: bytes) -> str:
        return f"{self._settings.name}:value:{digest.hex()}"

    def _ask(self, commands: Callable[["Pipeline"], object]) -> list[Any]:
        """The replies to some commands, in one round trip; an error stands in its place."""
        try:
            pipe = self._connected().pipeline(transaction=False)
            commands(cast("Pipeline", pipe))  # that of a cluster takes the same commands
            replies: list[Any] = pipe.execute(raise_on_error=False)
        except self._failures as error:
            raise StoreError(_told(error)) from None
        return replies

    def _connected(self) -> "Redis | RedisCluster":
        if self._client is None:
            try:
                self._client = _client(self._settings)
            except self._failures as error:
                raise StoreError(_told(error)) from None
        return self._client


def _client(settings: FleetSettings) -> "Redis | RedisCluster":
    """A client that tries once and in time: to try again is the courier's matter."""
    from redis import Redis  # noqa: PLC0415 - an extra
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.cluster import ClusterNode, RedisCluster  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    parts = urlsplit(settings.url)
    options: dict[str, Any] = {
        "username": settings.username or None,
        "password": settings.password or None,
        "socket_timeout": TIMEOUT,
        "socket_connect_timeout": TIMEOUT,
    }
    if parts.scheme.startswith("rediss"):
        options |= {
            "ssl": True,
            "ssl_cert_reqs": "required",
            "ssl_check_hostname": True,
            "ssl_ca_certs": settings.ca_file or None,
        }
    if parts.scheme == "unix":
        return Redis(unix_socket_path=parts.path, retry=Retry(NoBackoff(), 0), **options)
    hosts = list(_hosts(parts.netloc))
    if "+cluster" in parts.scheme:
        node: Callable[[str, int], Any] = ClusterNode  # it has no annotations
        nodes = [node(host, port) for host, port in hosts]
        return RedisCluster(startup_nodes=nodes, retry=Retry(NoBackoff(), 1), **options)
    [(host, port)] = hosts
    database = int(parts.path.strip("/") or 0)
    return Redis(host, port, db=database, retry=Retry(NoBackoff(), 0), **options)


def _judge(sight: Sight, stored: object, others: Sequence[object]) -> Record | Refused | None:
    """The earliest record that is not this proxy's own."""
    if isinstance(stored, Exception):
        return Refused(_told(stored), again=not str(stored).startswith("WRONGTYPE"))
    known = []
    for octets in (stored, *others):
        if isinstance(octets, bytes):
            record = Record.unpack(octets)
            if record is None:
                return Refused("a key of the ledger holds something else", again=False)
            if not record.same(sight.record):
                known.append(record)
    return min(known, key=lambda record: record.entry.first, default=None)


def _proves(octets: object, known: Record) -> bool:
    """Whether a record shows that its bringer is the owner of another."""
    record = Record.unpack(octets) if isinstance(octets, bytes) else None
    return (
        record is not None
        and not record.entry.score
        and compare(record.entry.owner, known.entry.owner) is Likeness.SAME
    )


def _last_word(counters: bytes) -> float:
    """Unix seconds at which a proxy put down its counters; 0 if they are something else."""
    try:
        return float(json.loads(counters)["seen"])
    except (ValueError, TypeError, KeyError):
        return 0.0


def _told(error: Exception) -> str:
    """The first line of an error, fit to be shown."""
    text = str(error).strip() or type(error).__name__
    return visible(text.splitlines()[0].rstrip("."), 200)
