"""Counter of the requests of a piece of work, across all clients."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class RequestCount:
    """Number of requests, which only grows."""

    def __init__(self) -> None:
        self.requests = 0


_counts: ContextVar[tuple[RequestCount, ...]] = ContextVar("request_counts", default=())


@contextmanager
def counted() -> Iterator[RequestCount]:
    """
    Count the requests that this thread sends until the end of the block; repeated attempts count too.

    Yields:
        The count so far. Blocks may be nested; each counts the requests inside it.
    """
    count = RequestCount()
    token = _counts.set((*_counts.get(), count))
    try:
        yield count
    finally:
        _counts.reset(token)


def count_request() -> None:
    """Count one request of this thread."""
    for count in _counts.get():
        count.requests += 1
