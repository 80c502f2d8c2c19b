"""
How fast requests may go out, learned from the service.

The services do not publish their limits. Each starts at a rate that no run of one build reaches; an answer "too many
requests" halves it for all threads, and it recovers by a constant step.
"""

import threading
import time
from collections.abc import Callable

FULL_RATE_PER_S = 50.0
LEAST_RATE_PER_S = 0.5
RECOVERY_PER_S2 = 0.5
SECONDS_BETWEEN_HALVINGS = 1.0


class RateLimiter:
    """
    A token bucket shared by all threads that talk to one service.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._rate = FULL_RATE_PER_S
        self._available = FULL_RATE_PER_S
        self._updated = clock()
        self._halved = float("-inf")
        self._closed_until = float("-inf")

    @property
    def rate_per_s(self) -> float:
        """Requests a second that are let through at present."""
        with self._lock:
            self._refill()
            return self._rate

    def reserve(self) -> float:
        """
        Take the right to send one request.

        Returns:
            Seconds to wait before sending it.
        """
        with self._lock:
            now = self._refill()
            self._available -= 1
            until_available = max(0.0, -self._available / self._rate)
            return max(until_available, self._closed_until - now, 0.0)

    def throttled(self, retry_after: float | None) -> None:
        """
        Note that the service refused a request as one too many.

        Args:
            retry_after: Seconds that it asked to wait, if it did; nobody sends before that.
        """
        with self._lock:
            now = self._refill()
            if now - self._halved >= SECONDS_BETWEEN_HALVINGS:
                self._halved = now
                self._rate = max(LEAST_RATE_PER_S, self._rate / 2)
                self._available = min(self._available, 0.0)
            if retry_after:
                self._closed_until = max(self._closed_until, now + retry_after)

    def _refill(self) -> float:
        now = self._clock()
        elapsed, self._updated = now - self._updated, now
        self._rate = min(FULL_RATE_PER_S, self._rate + RECOVERY_PER_S2 * elapsed)
        self._available = min(self._rate, self._available + self._rate * elapsed)
        return now
