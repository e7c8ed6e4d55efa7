"""Wraps the clients of httpx and requests, so that each response that a suite gets is judged."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from weakref import WeakSet

__all__ = ["recorded_clients"]

type Sink = Callable[[object], None]
"""Takes a response; must not raise."""


@contextmanager
def recorded_clients(sink: Sink) -> Iterator[None]:
    """Give `sink` every response of httpx, httpx2 and requests, redirects too, each once.

    A library that is not installed is not looked for. Test clients built on these, such as
    Starlette's, are included; streams are left unread.
    """
    told: WeakSet[Any] = WeakSet()

    def tell(response: Any) -> None:  # noqa: ANN401 - of either library
        # A client that follows redirects answers with the last response, and keeps those before.
        for each in (*response.history, response):
            if each not in told:
                told.add(each)
                sink(each)

    with ExitStack() as wrapped:
        for library, owner, is_async in _CLIENTS:
            if (found := _imported(library)) is not None:
                wrapped.enter_context(_wrapped(getattr(found, owner), tell, is_async=is_async))
        yield


_CLIENTS = (
    ("httpx", "Client", False),
    ("httpx", "AsyncClient", True),
    ("httpx2", "Client", False),
    ("httpx2", "AsyncClient", True),
    ("requests", "Session", False),
)


def _imported(library: str) -> Any | None:  # noqa: ANN401 - a module
    try:
        __import__(library)
    except ImportError:
        return None
    return sys.modules[library]


@contextmanager
def _wrapped(owner: Any, tell: Sink, *, is_async: bool) -> Iterator[None]:  # noqa: ANN401 - a class
    send = owner.send

    @wraps(send)
    def sent(*args: object, **options: object) -> object:
        response = send(*args, **options)
        tell(response)
        return response

    @wraps(send)
    async def sent_later(*args: object, **options: object) -> object:
        response = await send(*args, **options)
        tell(response)
        return response

    owner.send = sent_later if is_async else sent
    try:
        yield
    finally:
        owner.send = send
