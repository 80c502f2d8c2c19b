"""
The one place that waits for jobs and states.

The interval grows with the time waited, so that the end is noticed at most a second or 5 % of the wait late. Where the
end can be predicted, from the progress that is reported or from earlier waits, it is looked at less often before.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from huaweicloud.errors import Cancelled, CloudError, JobFailed, NotFound, WaitTimeout
from huaweicloud.transport.outages import Outage, watched
from huaweicloud.transport.rate_limit import low_priority

T = TypeVar("T")

MIN_INTERVAL_S = 1.0
MAX_INTERVAL_S = 20.0
POLL_FRACTION = 0.05
SPARSE_POLL_FRACTION = 1 / 3
STEADY_WITHIN = 0.1
JITTER = 0.05
JOB_MAY_BE_LATE_S = 10.0


@dataclass(frozen=True)
class Progress:
    """
    How a wait stands.

    Attributes:
        what: What is waited for.
        state: The state last seen.
        fraction: How much is done (0 to 1), where the cloud says.
        waited_s: Seconds since it began.
        ended: Whether this is what was waited for.
        remaining_s: Seconds that it will go on, by what the cloud says of it, as long as that can be believed.
        outage: Since when the service has not answered, and why; "" while it answers.
    """

    what: str
    state: str
    fraction: float | None
    waited_s: float
    ended: bool = False
    remaining_s: float | None = None
    outage: str = ""


def next_interval(
    waited_s: float, rng: random.Random, *, remaining_s: float | None = None, expected_s: float | None = None
) -> float:
    """
    Say how long to wait before the next look.

    Args:
        waited_s: Seconds waited so far.
        rng: Source of jitter, so that waits that began together spread out.
        remaining_s: Seconds that the wait will go on, by the progress that the cloud reports.
        expected_s: Seconds that such a wait takes, as far as is known.

    Returns:
        Seconds, from `MIN_INTERVAL_S` to `MAX_INTERVAL_S`. Without a prediction at most `POLL_FRACTION` of what was waited, or the floor;
        far from a predicted end up to `SPARSE_POLL_FRACTION` of it, and no more, for a prediction may be wrong.
    """
    interval = POLL_FRACTION * waited_s
    sparse = SPARSE_POLL_FRACTION * waited_s
    if remaining_s is not None:
        interval = min(sparse, remaining_s / 2)
    elif expected_s is not None and waited_s < expected_s / 2:
        interval = sparse
    return max(min(interval, MAX_INTERVAL_S) * rng.uniform(1 - JITTER, 1), MIN_INTERVAL_S)


class _Forecast:
    """What remains by the progress that is reported, as long as that can be believed: some services report few
    different figures, or one from beginning to end."""

    def __init__(self) -> None:
        self._fraction: float | None = None
        self._total_s: float | None = None
        self._steady = False
        self._grew_s = float("-inf")

    def note(self, fraction: float | None, waited_s: float) -> float | None:
        """Seconds that remain, if the last two reports agree on it, and the figure has not stood still since."""
        if fraction and self._fraction is not None and fraction > self._fraction:
            total_s, before_s = waited_s / fraction, self._total_s
            self._steady = before_s is not None and abs(total_s - before_s) <= STEADY_WITHIN * total_s
            self._total_s, self._grew_s = total_s, waited_s
        self._fraction = fraction
        is_fresh = waited_s - self._grew_s <= max(POLL_FRACTION * waited_s, MIN_INTERVAL_S)
        if fraction is None or self._total_s is None or not (self._steady and is_fresh):
            return None
        return max(self._total_s - waited_s, 0.0)


def _unknown(_: object) -> None:
    return None


def wait_until(
    fetch: Callable[[], T],
    *,
    done: Callable[[T], bool],
    what: str,
    timeout_s: float,
    cancelled: threading.Event,
    started_ago_s: float = 0,
    expected_s: float | None = None,
    look_first: bool = False,
    progress: Callable[[Progress], None] | None = None,
    fraction: Callable[[T], float | None] = _unknown,
    describe: Callable[[T], str] = str,
    failed: Callable[[T], CloudError | None] = _unknown,
) -> T:
    """
    Look at something until it is as wanted.

    Failures of a look that may pass by themselves are tolerated until the time is up.

    Args:
        fetch: Looks once.
        done: Whether what was seen is as wanted.
        what: What is waited for, as a noun phrase.
        timeout_s: Seconds from now to wait at most.
        cancelled: When set, the wait ends at once.
        started_ago_s: Seconds since the thing began; more than 0 looks at once. Shapes the interval and what is
            reported, not the timeout.
        expected_s: Seconds that such a wait takes, as far as is known.
        look_first: Look at once, for what is probably as wanted already.
        progress: Told after each look.
        fraction: How much is done (0 to 1).
        describe: The state in words.
        failed: The error that what was seen stands for, if it can never become as wanted.

    Returns:
        What was seen last.

    Raises:
        WaitTimeout: The time is up.
        Cancelled: The event was set.
        CloudError: What `failed` gave, or a look that failed for good.
    """
    rng = random.Random()  # noqa: S311 - jitter, not a secret
    started = time.monotonic()
    last_state, last_error, remaining_s = "", None, None
    forecast, outage = _Forecast(), Outage()

    def show_outage(error: CloudError) -> None:
        described = outage.describe(error)
        if progress is not None and described:
            waited_s = time.monotonic() - started + started_ago_s
            progress(Progress(what, last_state, None, waited_s, outage=described))

    look_at_once = look_first or started_ago_s > 0
    while True:
        elapsed_s = time.monotonic() - started
        waited_s = elapsed_s + started_ago_s
        pause_s = next_interval(waited_s, rng, remaining_s=remaining_s, expected_s=expected_s)
        pause_s = 0.0 if look_at_once else pause_s
        if elapsed_s >= timeout_s:
            raise _timeout(what, last_state, last_error, waited_s)
        # The last look comes when the time is up, not an interval before.
        if cancelled.wait(min(pause_s, timeout_s - elapsed_s)):
            raise Cancelled(f"the wait for {what}")
        look_at_once = False
        try:
            with low_priority(), watched(show_outage):
                seen = fetch()
        except CloudError as error:
            if not error.retryable:
                raise
            last_error = error
            show_outage(error)
            continue
        outage.end()
        last_error, last_state, reported = None, describe(seen), fraction(seen)
        waited_s = time.monotonic() - started + started_ago_s
        remaining_s, ended = forecast.note(reported, waited_s), done(seen)
        if progress is not None:
            progress(Progress(what, last_state, reported, waited_s, ended, remaining_s))
        if ended:
            return seen
        failure = failed(seen)
        if failure is not None:
            raise failure


def _timeout(what: str, last_state: str, last_error: CloudError | None, waited_s: float) -> WaitTimeout:
    timeout = WaitTimeout(what=what, last_state=last_state, waited_s=waited_s)
    timeout.__cause__ = last_error
    if last_error is not None:
        timeout.hint = f"The last look failed: {last_error}"
    return timeout


class Job(Protocol):
    """What the jobs of all services have in common."""

    @property
    def status(self) -> str:
        """INIT, RUNNING, SUCCESS, FAIL or PENDING_PAYMENT."""

    @property
    def progress(self) -> float | None:
        """How much is done (0 to 1), where the cloud says."""

    @property
    def error_code(self) -> str:
        """Why it failed, or ""."""

    @property
    def fail_reason(self) -> str:
        """Why it failed, in words, or ""."""


JobT = TypeVar("JobT", bound=Job)


def wait_for_job(
    get_job: Callable[[str], JobT],
    job_id: str,
    *,
    what: str,
    timeout_s: float,
    cancelled: threading.Event,
    started_ago_s: float = 0,
    expected_s: float | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> JobT:
    """
    Wait for a job to succeed.

    Args:
        get_job: Looks at a job by its id.
        job_id: Id of the job.
        what: What the job makes or does, as a noun phrase.
        timeout_s: Seconds from now to wait at most.
        cancelled: When set, the wait ends at once.
        started_ago_s: Seconds since the job began.
        expected_s: Seconds that such a job takes, as far as is known.
        progress: Told after each look.

    Returns:
        The job, in status SUCCESS.

    Raises:
        JobFailed: The job ended in FAIL, or waits for a payment.
        NotFound: The service does not know the job, or not any more.
        WaitTimeout: The time is up.
        Cancelled: The event was set.
    """
    late_until = time.monotonic() + (0 if started_ago_s else JOB_MAY_BE_LATE_S)

    def look() -> JobT | None:
        try:
            return get_job(job_id)
        except NotFound:
            # not documented: whether a job can be asked for at once.
            if time.monotonic() >= late_until:
                raise
            return None

    job = wait_until(
        look,
        done=lambda job: job is not None and job.status == "SUCCESS",
        failed=lambda job: _failure(job, job_id, what) if job is not None else None,
        fraction=lambda job: job.progress if job is not None else None,
        describe=lambda job: job.status if job is not None else "not known yet",
        what=what,
        timeout_s=timeout_s,
        cancelled=cancelled,
        started_ago_s=started_ago_s,
        expected_s=expected_s,
        progress=progress,
    )
    assert job is not None
    return job


def _failure(job: Job, job_id: str, what: str) -> JobFailed | None:
    if job.status == "PENDING_PAYMENT":
        return JobFailed(job_id=job_id, code=job.status, reason="the order has not been paid", operation=what)
    if job.status != "FAIL":
        return None
    from huaweicloud.errors.codes import HINTS
    from huaweicloud.errors.parsing import clean

    return JobFailed(
        job_id=job_id,
        code=job.error_code,
        reason=clean(job.fail_reason),
        operation=what,
        hint=HINTS.get(job.error_code, ""),
    )
