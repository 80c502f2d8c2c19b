"""
Polling of jobs and states: the only place that waits for them.

The intervals are those of `huaweicloud.waits.poll_interval`. If there are more waits than the shared budget can poll
one by one (`huaweicloud.transport.poll_budget`), all of them poll at the same times, so that one list answers them.
"""

import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Generic, Literal, Protocol, TypeVar

from huaweicloud.errors import Cancelled, CloudError, JobFailed, NotFound
from huaweicloud.transport import poll_budget
from huaweicloud.transport.outages import watched
from huaweicloud.transport.rate_limit import low_priority, usual_priority
from huaweicloud.waits import poll_interval
from huaweicloud.waits.poll_interval import next_interval, unpredicted_polls
from huaweicloud.waits.wait_progress import Progress, Wait

__all__ = ["Effect", "Job", "Progress", "next_interval", "wait_for_effect", "wait_for_job", "wait_until"]

T = TypeVar("T")

JOB_MAY_BE_LATE_S = 10.0
"""Not documented: whether a job can be read immediately after its creation."""

Effect = Literal["ended", "failed", "under way", "unknown"]
"""State of a job by its effect, as lists show it: a server or an image that is there, or that is gone."""


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
    wait = Wait(subject, started_ago_s, progress, fraction, describe)
    is_at_once, phase = poll_at_once or started_ago_s > 0, random.random()  # noqa: S311 - not a secret
    polls = int(unpredicted_polls(started_ago_s))
    with poll_budget.shared.waiting():
        while True:
            rest_s = timeout_s - wait.elapsed_s()
            if rest_s <= 0:
                raise wait.timeout()
            pause_s = 0.0 if is_at_once else _pause_s(polls, phase, wait, expected_s)
            if cancelled.wait(min(pause_s, rest_s)):  # the last poll is due when the time is up, not before
                raise Cancelled(f"the wait for {subject}")
            priority = _priority(is_at_once)
            is_at_once, phase, polls = False, phase if is_at_once else 1.0, polls + 1
            try:
                with priority, watched(wait.report_outage):
                    value = fetch()
            except CloudError as error:
                if not error.retryable:
                    raise
                wait.record_failure(error)
                continue
            if wait.record(value, done):
                return value
            if (failure := failed(value)) is not None:
                raise failure


def _priority(is_at_once: bool) -> AbstractContextManager[None]:
    """Return the priority of a poll; one that is due at once probably ends the wait, so it is no mere observation."""
    return usual_priority() if is_at_once else low_priority()


def _pause_s(polls: int, phase: float, wait: Wait[T], expected_s: float | None) -> float:
    waited_s = wait.waited_s()
    pause_s = next_interval(waited_s, polls, phase=phase, remaining_s=wait.remaining_s, expected_s=expected_s)
    if poll_budget.shared.is_crowded(poll_interval.MAX_INTERVAL_S):
        return poll_budget.shared.until_common_poll(poll_interval.MAX_INTERVAL_S)
    return pause_s


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


class _JobReads(Generic[JobT]):
    """
    Reads of a job, or of its effect while there are too many waits for reads of each job.

    Args:
        get_job: Function that reads a job by its id.
        job_id: Id of the job.
        effect: Function that reads the effect of the job, or None.
        is_new: Whether the job has just begun.
    """

    def __init__(
        self, get_job: Callable[[str], JobT], job_id: str, effect: Callable[[], Effect] | None, is_new: bool
    ) -> None:
        self._get_job, self._job_id, self._effect = get_job, job_id, effect
        self._late_until = time.monotonic() + (JOB_MAY_BE_LATE_S if is_new else 0)
        self._read_at_s = time.monotonic()
        self.has_ended = False
        self._last: JobT | None = None

    def read(self) -> JobT | None:
        """Return the job as it was last read; None if it is not known yet, or only its effect was read."""
        if self._effect is not None and poll_budget.shared.is_crowded(poll_interval.MAX_INTERVAL_S):
            effect = self._effect()
            self.has_ended = effect == "ended"
            is_due = time.monotonic() - self._read_at_s >= poll_budget.shared.own_reads_every_s()
            if effect != "failed" and (self.has_ended or not is_due):
                return self._last
        self._read_at_s = time.monotonic()
        try:
            self._last = self._get_job(self._job_id)
        except NotFound:
            if time.monotonic() >= self._late_until:
                raise
            return None
        return self._last

    def is_done(self, job: JobT | None) -> bool:
        """Return whether the job has succeeded, by itself or by its effect."""
        return self.has_ended or (job is not None and job.status == "SUCCESS")


def wait_for_effect(
    get_job: Callable[[str], JobT],
    job_id: str,
    effect: Callable[[], Effect] | None,
    *,
    subject: str,
    timeout_s: float,
    cancelled: threading.Event,
    started_ago_s: float = 0,
    expected_s: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> JobT | None:
    """
    Wait for a job to succeed, or for its effect to show if there are too many waits for reads of each job.

    Args:
        get_job: Function that reads a job by its id.
        job_id: Id of the job.
        effect: Function that reads the effect of the job, with requests that other waits share; None if there is none.
        subject: Product or effect of the job, as a noun phrase.
        timeout_s: Longest wait, in seconds from now.
        cancelled: Event that ends the wait immediately.
        started_ago_s: Seconds since the job began.
        expected_s: Usual duration of such a job (seconds), if known.
        progress: Receiver of a report after each poll.

    Returns:
        The job, in status SUCCESS; None if only its effect was read.

    Raises:
        JobFailed: The job ended in FAIL, or waits for a payment.
        NotFound: The service does not know the job, or no longer knows it.
        WaitTimeout: The time is up.
        Cancelled: The event was set.
    """
    reads = _JobReads(get_job, job_id, effect, is_new=not started_ago_s)
    job = wait_until(
        reads.read,
        done=reads.is_done,
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
    return None if reads.has_ended else job


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
    Wait for a job to succeed; see `wait_for_effect` for the arguments and the errors.

    Returns:
        The job, in status SUCCESS.
    """
    job = wait_for_effect(
        get_job,
        job_id,
        None,
        subject=subject,
        timeout_s=timeout_s,
        cancelled=cancelled,
        started_ago_s=started_ago_s,
        expected_s=expected_s,
        progress=progress,
    )
    assert job is not None  # without an effect the job itself is read
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
