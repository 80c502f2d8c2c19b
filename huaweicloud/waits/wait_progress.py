"""Progress of a wait: its observations, the forecast of its end, and the reports for people."""

import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from huaweicloud.errors import CloudError, WaitTimeout
from huaweicloud.transport.outages import Outage

T = TypeVar("T")

STEADY_WITHIN = 0.1
"""Two predictions of the total time agree if they differ by at most this fraction of it."""
STALE_FRACTION, STALE_S = 0.05, 1.0
"""Time without growth after which reported progress is no longer believed: a fraction of the wait, at least that."""


class Progress(NamedTuple):
    """
    Progress of a wait at one poll.

    Attributes:
        subject: Object of the wait, as a noun phrase.
        state: Last state seen.
        fraction: Fraction done (0 to 1), if the cloud reports one.
        waited_s: Seconds since the wait began.
        ended: Whether the awaited state is reached.
        remaining_s: Seconds that remain by the reported progress, as long as that can be believed.
        outage: Start and reason of the outage of the service, or "" while it responds.
    """

    subject: str
    state: str
    fraction: float | None
    waited_s: float
    ended: bool = False
    remaining_s: float | None = None
    outage: str = ""


class Forecast:
    """
    Remaining time by reported progress, as long as the reports can be believed.

    Some services report few different fractions, or one from beginning to end.
    """

    def __init__(self) -> None:
        self._fraction: float | None = None
        self._total_s: float | None = None
        self._is_steady = False
        self._grew_s = float("-inf")

    def update(self, fraction: float | None, waited_s: float) -> float | None:
        """
        Take in a report and return the remaining time.

        Args:
            fraction: Reported fraction done (0 to 1), or None.
            waited_s: Seconds waited until the report.

        Returns:
            Seconds that remain, if the last two reports agree on it and the fraction keeps growing; else None.
        """
        if fraction and self._fraction is not None and fraction > self._fraction:
            total_s, before_s = waited_s / fraction, self._total_s
            self._is_steady = before_s is not None and abs(total_s - before_s) <= STEADY_WITHIN * total_s
            self._total_s, self._grew_s = total_s, waited_s
        self._fraction = fraction
        is_fresh = waited_s - self._grew_s <= max(STALE_FRACTION * waited_s, STALE_S)
        if fraction is None or self._total_s is None or not (self._is_steady and is_fresh):
            return None
        return max(self._total_s - waited_s, 0.0)


class Wait(Generic[T]):
    """
    Observations of one wait, and their reports.

    Args:
        subject: Object of the wait, as a noun phrase.
        started_ago_s: Seconds since the subject began.
        report: Receiver of the reports, or None.
        fraction: Reader of the fraction done (0 to 1).
        describe: Reader of the state in words.

    Attributes:
        remaining_s: Seconds that remain by the reported progress, or None if they are not known.
    """

    def __init__(
        self,
        subject: str,
        started_ago_s: float,
        report: Callable[[Progress], None] | None,
        fraction: Callable[[T], float | None],
        describe: Callable[[T], str],
    ) -> None:
        self._subject, self._started_ago_s, self._report = subject, started_ago_s, report
        self._fraction, self._describe = fraction, describe
        self._started = time.monotonic()
        self._forecast, self._outage = Forecast(), Outage()
        self._last_state = ""
        self._last_error: CloudError | None = None
        self.remaining_s: float | None = None

    def elapsed_s(self) -> float:
        """Return the seconds since this wait began."""
        return time.monotonic() - self._started

    def waited_s(self) -> float:
        """Return the seconds since the subject began."""
        return self.elapsed_s() + self._started_ago_s

    def record(self, value: T, done: Callable[[T], bool]) -> bool:
        """
        Record and report a successful poll.

        Args:
            value: Resource that was read.
            done: Test for the awaited state.

        Returns:
            Whether the awaited state is reached.
        """
        self._outage.end()
        self._last_error, self._last_state, fraction = None, self._describe(value), self._fraction(value)
        waited_s = self.waited_s()
        self.remaining_s = self._forecast.update(fraction, waited_s)
        ended = done(value)
        if self._report is not None:
            self._report(Progress(self._subject, self._last_state, fraction, waited_s, ended, self.remaining_s))
        return ended

    def record_failure(self, error: CloudError) -> None:
        """Record a poll that failed for now."""
        self._last_error = error
        self.report_outage(error)

    def report_outage(self, error: CloudError) -> None:
        """Report an outage if the error is part of one."""
        outage = self._outage.describe(error)
        if self._report is not None and outage:
            self._report(Progress(self._subject, self._last_state, None, self.waited_s(), outage=outage))

    def timeout(self) -> WaitTimeout:
        """Build the exception for the end of the allowed time."""
        timeout = WaitTimeout(subject=self._subject, last_state=self._last_state, waited_s=self.waited_s())
        timeout.__cause__ = self._last_error
        if self._last_error is not None:
            timeout.hint = f"The last request failed: {self._last_error}"
        return timeout
