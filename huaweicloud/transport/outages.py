"""Outages of a service during a wait: their beginning and their reason, as a phrase for people."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from huaweicloud.errors import ApiError, CloudError, ServerSideError, TransportError, Unreachable

SHOWN_AFTER_S = 3.0
"""A failed attempt whose repetition succeeds is no outage."""

_watch: ContextVar[Callable[[CloudError], None] | None] = ContextVar("watch", default=None)


@contextmanager
def watched(note: Callable[[CloudError], None]) -> Iterator[None]:
    """
    Report every failed attempt of this thread's requests inside the block, including those that are repeated.

    Args:
        note: Receiver of the error of an attempt.
    """
    token = _watch.set(note)
    try:
        yield
    finally:
        _watch.reset(token)


def report(error: CloudError) -> None:
    """
    Report a failed attempt to the watcher of this thread, if there is one.

    Args:
        error: Error of the attempt.
    """
    note = _watch.get()
    if note is not None:
        note(error)


class Outage:
    """
    Uninterrupted series of failures.

    Args:
        now: Clock for the time of day.
        clock: Monotonic clock (seconds).
    """

    def __init__(self, now: Callable[[], datetime] = datetime.now, clock: Callable[[], float] = time.monotonic) -> None:
        self._now, self._clock = now, clock
        self._since: tuple[datetime, float] | None = None

    def describe(self, error: CloudError) -> str:
        """
        Return the start and the reason of an outage as a phrase.

        It is "" for an error that is a response of a working service, and for a short hiccup.

        Args:
            error: Latest failure.
        """
        if not isinstance(error, TransportError | ServerSideError):
            return ""
        self._since = self._since or (self._now(), self._clock())
        moment, began_s = self._since
        if self._clock() - began_s < SHOWN_AFTER_S:
            return ""
        service = error.service or "the service"
        verb = "only errors" if isinstance(error, ApiError) else "no response"
        return f"{verb} from {service} since {moment:%H:%M:%S} ({self._clock() - began_s:.0f} s): {_reason(error)}"

    def end(self) -> None:
        """End the outage, because the service has responded."""
        self._since = None


def _reason(error: CloudError) -> str:
    if isinstance(error, ApiError):
        return " ".join(filter(None, [f"HTTP {error.status}", error.code]))
    reason = error.cause if isinstance(error, Unreachable) else error.message.partition(": ")[2] or error.message
    return f"{reason[:1].lower()}{reason[1:]}"
