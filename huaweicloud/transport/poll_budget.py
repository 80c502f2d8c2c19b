"""
Budget of polling: the requests per second that all waits of this process share, whatever region they are in.

One run is one process, so the builds of a run share it. Only reads count that a wait repeats, and a list is one of
them. All other requests are sent without regard to the budget: changes, reads that begin a step, and the read that
confirms an end which a list has shown.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

PER_SECOND = 2.0
BURST_S = 5.0
"""Seconds whose requests may be sent together, so that the short waits of a small run need not queue."""
LEAST_REST = 0.1
"""Part of an interval that must remain until the next common poll; otherwise a wait takes part in the one after it."""

_is_waiting: ContextVar[bool] = ContextVar("is_waiting", default=False)


class PollBudget:
    """
    Budget in requests per second, and the number of waits that share it.

    Args:
        per_second: Requests per second.
        clock: Monotonic clock (seconds).

    Attributes:
        per_second: Requests per second.
    """

    def __init__(self, per_second: float = PER_SECOND, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._waits = 0
        self._next_s = float("-inf")

    def configure(self, per_second: float | None) -> None:
        """
        Set the budget.

        Args:
            per_second: Requests per second; None for the default.
        """
        self.per_second = per_second or PER_SECOND

    def reserve(self) -> float:
        """
        Reserve the sending of one poll request, in the order of the calls.

        Returns:
            Seconds until it may be sent.
        """
        with self._lock:
            now_s = self._clock()
            delay_s = max(self._next_s - BURST_S - now_s, 0.0)
            self._next_s = max(self._next_s, now_s) + 1 / self.per_second
            return delay_s

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count a wait inside the block, unless it is part of another wait of this thread."""
        if _is_waiting.get():
            yield
            return
        token = _is_waiting.set(True)
        with self._lock:
            self._waits += 1
        try:
            yield
        finally:
            with self._lock:
                self._waits -= 1
            _is_waiting.reset(token)

    def is_crowded(self, interval_s: float) -> bool:
        """
        Return True if there are too many waits for polls of their own.

        Args:
            interval_s: Seconds between two polls of a wait.
        """
        return self._waits > self.per_second * interval_s

    def until_common_poll(self, interval_s: float) -> float:
        """
        Return the seconds until all waits poll together, so that one list answers them.

        Args:
            interval_s: Seconds between two such times.
        """
        rest_s = interval_s - self._clock() % interval_s
        return rest_s if rest_s > LEAST_REST * interval_s else rest_s + interval_s

    def own_reads_every_s(self) -> float:
        """Return the seconds between two requests of one wait if all waits together use a quarter of the budget."""
        return 4 * self._waits / self.per_second


shared = PollBudget()
"""Budget of this process."""
