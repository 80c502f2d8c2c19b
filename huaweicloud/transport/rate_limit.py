"""
Request rate limits that adapt to the responses of each service, and the order of queued requests.

Not documented: the limits of the services. Each service starts at a rate that no run of one build reaches. A response
"too many requests" slows all threads to less than the rate admitted before it. The rate then recovers along a cubic
curve, like TCP's (RFC 9438): soon near the refused rate, slowly past it, then faster and faster.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

FULL_RATE_PER_S = 50.0
LEAST_RATE_PER_S = 0.5
KEPT = 0.7
"""Fraction of the refused rate that is kept immediately after a refusal."""
FALL_AT_ONCE = 8
"""Largest divisor of the rate at one refusal, because a single refusal may prove nothing about the rate."""
GROWTH_PER_S4 = 0.01
MEASURED_OVER_S = 2.0
SECONDS_BETWEEN_SLOWDOWNS = 1.0
ASK_AGAIN_S = 1.0
"""Longest time between two attempts of a queued request, because the rate may recover meanwhile."""

_low_priority: ContextVar[bool] = ContextVar("low_priority", default=False)


def usual_priority() -> AbstractContextManager[None]:
    """Send the reads of this thread with the usual priority inside the block, even if it is part of a poll."""
    return _priority(is_low=False)


def low_priority() -> AbstractContextManager[None]:
    """
    Send the reads of this thread with low priority inside the block.

    Used for polling, which only observes progress: all other requests go first. A request that changes something has
    its usual priority there too.
    """
    return _priority(is_low=True)


@contextmanager
def _priority(*, is_low: bool) -> Iterator[None]:
    token = _low_priority.set(is_low)
    try:
        yield
    finally:
        _low_priority.reset(token)


def is_low_priority() -> bool:
    """Return whether this thread is inside such a block."""
    return _low_priority.get()


class Ticket:
    """
    Place of one request in the queue; low-priority requests are behind all others.

    Args:
        is_low_priority: Whether the request only observes progress.
    """

    def __init__(self, is_low_priority: bool = False) -> None:
        self.is_low_priority = is_low_priority


class RateLimiter:
    """
    Token bucket shared by all threads that use one service.

    Args:
        clock: Monotonic clock (seconds).
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rate = FULL_RATE_PER_S
        self._available = FULL_RATE_PER_S
        self._updated = clock()
        self._refused_rate = FULL_RATE_PER_S
        self._slowed = float("-inf")
        self._closed_until = float("-inf")
        self._sent: deque[float] = deque()
        self._first: dict[Ticket, None] = {}
        self._last: dict[Ticket, None] = {}

    @property
    def rate_per_s(self) -> float:
        """Return the requests per second that are admitted at present."""
        with self._lock:
            self._refill()
            return self._rate

    def acquire(self, ticket: Ticket) -> float:
        """
        Acquire the right to send one request, if the ticket is next.

        Args:
            ticket: Ticket of the request, which keeps its place until it is served or abandoned.

        Returns:
            0 if the request may be sent now; otherwise the seconds until the next attempt.
        """
        with self._lock:
            now = self._refill()
            queue = self._last if ticket.is_low_priority else self._first
            queue.setdefault(ticket)
            ahead = list(queue).index(ticket) + (len(self._first) if ticket.is_low_priority else 0)
            missing = ahead + 1 - self._available
            delay = max(min(missing / self._rate, ASK_AGAIN_S), self._closed_until - now)
            if delay > 0:
                return delay
            del queue[ticket]
            self._available -= 1
            self._sent.append(now)
            return 0.0

    def abandon(self, ticket: Ticket) -> None:
        """
        Remove a ticket from the queue.

        Args:
            ticket: Ticket of a request that will not be sent, or has been sent.
        """
        with self._lock:
            self._first.pop(ticket, None)
            self._last.pop(ticket, None)

    def throttled(self, retry_after: float | None) -> None:
        """
        Lower the rate, because the service refused a request as one too many.

        Args:
            retry_after: Seconds to wait by the service's request, or None; no request is sent before.
        """
        with self._lock:
            now = self._refill()
            if self._sent:
                self._sent.pop()
            if now - self._slowed >= SECONDS_BETWEEN_SLOWDOWNS:
                let_through = max(len(self._sent) / MEASURED_OVER_S, self._rate / FALL_AT_ONCE, LEAST_RATE_PER_S)
                self._refused_rate, self._slowed = min(self._rate, let_through), now
                self._rate = self._rate_at(now)
                self._available = min(self._available, 0.0)
            if retry_after:
                self._closed_until = max(self._closed_until, now + retry_after)

    def _refill(self) -> float:
        now = self._clock()
        elapsed, self._updated = now - self._updated, now
        self._rate = self._rate_at(now)
        self._available = min(max(self._rate, 1.0), self._available + self._rate * elapsed)
        while self._sent and now - self._sent[0] > MEASURED_OVER_S:
            self._sent.popleft()
        return now

    def _rate_at(self, now: float) -> float:
        level_after_s = math.cbrt((1 - KEPT) * self._refused_rate / GROWTH_PER_S4)
        since_s = min(now - self._slowed, 1e6)
        rate = self._refused_rate + GROWTH_PER_S4 * (since_s - level_after_s) ** 3
        return max(LEAST_RATE_PER_S, min(FULL_RATE_PER_S, rate))
