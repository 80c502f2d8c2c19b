"""
Polling of jobs and states: the only place that waits for them.

The interval grows with the time waited, so that the end is noticed at most a second or 5 % of the wait late. If the end
can be predicted, from reported progress or from earlier waits, polls are sparser before it.
"""

import random
import threading
import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from huaweicloud.errors import Cancelled, CloudError, JobFailed, NotFound
from huaweicloud.transport.outages import watched
from huaweicloud.transport.rate_limit import low_priority
from huaweicloud.wait_progress import Progress, Wait

__all__ = ["Job", "Progress", "next_interval", "wait_for_job", "wait_until"]

T = TypeVar("T")

MIN_INTERVAL_S = 1.0
MAX_INTERVAL_S = 20.0
POLL_FRACTION = 0.05
"""Largest interval without a prediction, as a fraction of the time waited."""
SPARSE_POLL_FRACTION = 1 / 3
"""Largest interval far from a predicted end, as a fraction of the time waited."""
JITTER = 0.05
JOB_MAY_BE_LATE_S = 10.0
"""Not documented: whether a job can be read immediately after its creation."""


def next_interval(
    waited_s: float, rng: random.Random, *, remaining_s: float | None = None, expected_s: float | None = None
) -> float:
    """
    Return the time until the next poll.

    Args:
        waited_s: Seconds waited so far.
        rng: Source of jitter, which spreads out waits that began together.
        remaining_s: Seconds that the wait will go on, by the progress that the cloud reports.
        expected_s: Usual duration of such a wait (seconds), if known.

    Returns:
        Seconds, from `MIN_INTERVAL_S` to `MAX_INTERVAL_S`. Without a prediction it is at most `POLL_FRACTION` of the
        time waited, or the minimum. Far from a predicted end it is at most `SPARSE_POLL_FRACTION` of the time waited,
        because a prediction may be wrong.
    """
    interval = POLL_FRACTION * waited_s
    sparse = SPARSE_POLL_FRACTION * waited_s
    if remaining_s is not None:
        interval = min(sparse, remaining_s / 2)
    elif expected_s is not None and waited_s < expected_s / 2:
        interval = sparse
    return max(min(interval, MAX_INTERVAL_S) * rng.uniform(1 - JITTER, 1), MIN_INTERVAL_S)


def _unknown(_: object) -> None:
    return None


def wait_until(
    fetch: Callable[[], T],
    *,
    done: Callable[[T], bool],
    subject: str,
    timeout_s: float,
    cancelled: threading.Event,
    started_ago_s: float = 0,
    expected_s: float | None = None,
    poll_at_once: bool = False,
    progress: Callable[[Progress], None] | None = None,
    fraction: Callable[[T], float | None] = _unknown,
    describe: Callable[[T], str] = str,
    failed: Callable[[T], CloudError | None] = _unknown,
) -> T:
    """
    Poll a resource until it is in the awaited state.

    Failures of a poll that may pass by themselves are tolerated until the time is up.

    Args:
        fetch: Function that reads the resource once.
        done: Test for the awaited state.
        subject: Object of the wait, as a noun phrase.
        timeout_s: Longest wait, in seconds from now.
        cancelled: Event that ends the wait immediately.
        started_ago_s: Seconds since the subject began; more than 0 polls immediately. It shapes the interval and the
            reports, not the timeout.
        expected_s: Usual duration of such a wait (seconds), if known.
        poll_at_once: Whether to poll immediately, for a subject that is probably in the awaited state.
        progress: Receiver of a report after each poll.
        fraction: Reader of the fraction done (0 to 1).
        describe: Reader of the state in words.
        failed: Reader of the error of a state from which the awaited one cannot be reached.

    Returns:
        The resource in the awaited state.

    Raises:
        WaitTimeout: The time is up.
        Cancelled: The event was set.
        CloudError: Result of `failed`, or a poll that failed permanently.
    """
    rng = random.Random()  # noqa: S311 - jitter, not a secret
    wait = Wait(subject, started_ago_s, progress, fraction, describe)
    is_at_once = poll_at_once or started_ago_s > 0
    while True:
        elapsed_s = wait.elapsed_s()
        pause_s = next_interval(elapsed_s + started_ago_s, rng, remaining_s=wait.remaining_s, expected_s=expected_s)
        if elapsed_s >= timeout_s:
            raise wait.timeout()
        # The last poll is due when the time is up, not an interval before.
        if cancelled.wait(min(0.0 if is_at_once else pause_s, timeout_s - elapsed_s)):
            raise Cancelled(f"the wait for {subject}")
        is_at_once = False
        try:
            with low_priority(), watched(wait.report_outage):
                value = fetch()
        except CloudError as error:
            if not error.retryable:
                raise
            wait.record_failure(error)
            continue
        if wait.record(value, done, stale_after_s=max(POLL_FRACTION * wait.waited_s(), MIN_INTERVAL_S)):
            return value
        failure = failed(value)
        if failure is not None:
            raise failure


class Job(Protocol):
    """The common part of all services' jobs."""

    @property
    def status(self) -> str:
        """Return INIT, RUNNING, SUCCESS, FAIL or PENDING_PAYMENT."""

    @property
    def progress(self) -> float | None:
        """Return the fraction done (0 to 1), if the cloud reports one."""

    @property
    def error_code(self) -> str:
        """Return the error code of a failed job, or ""."""

    @property
    def fail_reason(self) -> str:
        """Return the reason of a failed job in words, or ""."""


JobT = TypeVar("JobT", bound=Job)


def wait_for_job(
    get_job: Callable[[str], JobT],
    job_id: str,
    *,
    subject: str,
    timeout_s: float,
    cancelled: threading.Event,
    started_ago_s: float = 0,
    expected_s: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> JobT:
    """
    Wait for a job to succeed.

    Args:
        get_job: Function that reads a job by its id.
        job_id: Id of the job.
        subject: Product or effect of the job, as a noun phrase.
        timeout_s: Longest wait, in seconds from now.
        cancelled: Event that ends the wait immediately.
        started_ago_s: Seconds since the job began.
        expected_s: Usual duration of such a job (seconds), if known.
        progress: Receiver of a report after each poll.

    Returns:
        The job, in status SUCCESS.

    Raises:
        JobFailed: The job ended in FAIL, or waits for a payment.
        NotFound: The service does not know the job, or no longer knows it.
        WaitTimeout: The time is up.
        Cancelled: The event was set.
    """
    late_until = time.monotonic() + (0 if started_ago_s else JOB_MAY_BE_LATE_S)

    def fetch() -> JobT | None:
        try:
            return get_job(job_id)
        except NotFound:
            if time.monotonic() >= late_until:
                raise
            return None

    job = wait_until(
        fetch,
        done=lambda job: job is not None and job.status == "SUCCESS",
        failed=lambda job: _failure(job, job_id, subject) if job is not None else None,
        fraction=lambda job: job.progress if job is not None else None,
        describe=lambda job: job.status if job is not None else "not known yet",
        subject=subject,
        timeout_s=timeout_s,
        cancelled=cancelled,
        started_ago_s=started_ago_s,
        expected_s=expected_s,
        progress=progress,
    )
    assert job is not None
    return job


def _failure(job: Job, job_id: str, subject: str) -> JobFailed | None:
    if job.status == "PENDING_PAYMENT":
        return JobFailed(job_id=job_id, code=job.status, reason="the order has not been paid", operation=subject)
    if job.status != "FAIL":
        return None
    from huaweicloud.errors.codes import HINTS
    from huaweicloud.errors.parsing import clean

    return JobFailed(
        job_id=job_id,
        code=job.error_code,
        reason=clean(job.fail_reason),
        operation=subject,
        hint=HINTS.get(job.error_code, ""),
    )
