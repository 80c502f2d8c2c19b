import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from huaweicloud import polling
from huaweicloud.errors import tree
from huaweicloud.polling import Effect, Progress, wait_for_effect, wait_for_job, wait_until
from huaweicloud.transport import poll_budget
from huaweicloud.transport.poll_budget import PollBudget
from huaweicloud.transport.rate_limit import is_low_priority
from huaweicloud.waits import poll_interval


@dataclass(frozen=True)
class Job:
    status: str
    progress: float | None = None
    error_code: str = ""
    fail_reason: str = ""


@pytest.fixture
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_interval, "MIN_INTERVAL_S", 0.005)
    monkeypatch.setattr(polling, "JOB_MAY_BE_LATE_S", 0.2)


def until_done(states: list[object], **options: object) -> tuple[object, list[Progress]]:
    """Wait for "done" while the polls give each of the states in turn; an exception among them is raised."""
    reported: list[Progress] = []
    left = list(states)

    def fetch() -> object:
        state = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(state, Exception):
            raise state
        return state

    known: dict[str, object] = {"subject": "the thing", "timeout_s": 5, "cancelled": threading.Event(), **options}
    seen = wait_until(fetch, done=lambda state: state == "done", progress=reported.append, **known)  # type: ignore[arg-type]
    return seen, reported


@pytest.mark.usefixtures("_short_waits")
def test_a_wait_ends_in_the_awaited_state_and_reports_each_poll() -> None:
    seen, reported = until_done(["new", "half", "done"], fraction=lambda state: 0.5 if state == "half" else None)

    assert seen == "done"
    assert [("new", None), ("half", 0.5), ("done", None)] == [
        (progress.state, progress.fraction) for progress in reported
    ]
    assert {"the thing"} == {progress.subject for progress in reported}


@pytest.mark.usefixtures("_short_waits")
def test_a_poll_that_fails_for_now_is_tolerated() -> None:
    seen, reported = until_done(["new", tree.TimedOut("slow"), tree.RateLimited("m", status=429), "done"])

    assert seen == "done"
    assert len(reported) == 2


@pytest.mark.usefixtures("_short_waits")
def test_a_poll_that_fails_permanently_ends_the_wait() -> None:
    with pytest.raises(tree.PermissionDenied):
        until_done(["new", tree.PermissionDenied("no", status=403), "done"])


@pytest.mark.usefixtures("_short_waits")
def test_a_state_that_leads_nowhere_ends_the_wait() -> None:
    with pytest.raises(tree.UnexpectedState):
        until_done(["new", "lost"], failed=lambda state: tree.UnexpectedState("lost") if state == "lost" else None)


@pytest.mark.usefixtures("_short_waits")
def test_a_timeout_names_the_subject_the_last_state_and_the_time() -> None:
    with pytest.raises(
        tree.WaitTimeout, match=r"Timed out after \d+ s waiting for the thing \(last state: new\)"
    ) as raised:
        until_done(["new"], timeout_s=0.05)

    assert raised.value.last_state == "new"


@pytest.mark.usefixtures("_short_waits")
def test_a_timeout_names_the_error_of_the_last_request() -> None:
    with pytest.raises(tree.WaitTimeout, match="no state was seen") as raised:
        until_done([tree.TimedOut("no response in time")], timeout_s=0.05)

    assert "no response in time" in raised.value.hint


@pytest.mark.usefixtures("_short_waits")
def test_cancelling_ends_a_long_wait_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_interval, "MIN_INTERVAL_S", 20.0)
    cancelled = threading.Event()
    timer = threading.Timer(0.05, cancelled.set)
    timer.start()
    started = time.monotonic()

    with pytest.raises(tree.Cancelled, match="the thing"):
        until_done(["new"], cancelled=cancelled, timeout_s=100)

    timer.join()
    assert time.monotonic() - started < 5


@pytest.mark.usefixtures("_short_waits")
def test_a_subject_that_began_earlier_is_polled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_interval, "MIN_INTERVAL_S", 20.0)
    started = time.monotonic()

    _, reported = until_done(["done"], started_ago_s=3600, timeout_s=1)

    assert time.monotonic() - started < 5
    assert reported[0].waited_s >= 3600


@pytest.mark.usefixtures("_short_waits")
def test_a_job_is_waited_for() -> None:
    jobs = iter([Job("INIT"), Job("RUNNING", 0.4), Job("SUCCESS", 0.4)])

    job = wait_for_job(lambda _: next(jobs), "j1", subject="image web", timeout_s=5, cancelled=threading.Event())

    assert job.status == "SUCCESS"


@pytest.mark.usefixtures("_short_waits")
def test_a_failed_job_reports_why() -> None:
    job = Job("FAIL", None, "IMG.0057", "The file is missing.")

    with pytest.raises(tree.JobFailed) as raised:
        wait_for_job(lambda _: job, "j1", subject="image web", timeout_s=5, cancelled=threading.Event())

    assert str(raised.value) == "The job for image web failed: The file is missing (IMG.0057, job j1)"
    assert "bucket" in raised.value.hint


@pytest.mark.usefixtures("_short_waits")
def test_a_job_that_waits_for_a_payment_fails() -> None:
    with pytest.raises(tree.JobFailed, match="paid"):
        wait_for_job(
            lambda _: Job("PENDING_PAYMENT"), "j1", subject="server web", timeout_s=5, cancelled=threading.Event()
        )


@pytest.mark.usefixtures("_short_waits")
def test_a_job_that_is_not_known_yet_is_waited_for() -> None:
    responses: Iterator[tree.NotFound | Job] = iter([tree.NotFound("none", status=400), Job("SUCCESS")])

    def fetch(_: str) -> Job:
        response = next(responses)
        if isinstance(response, Exception):
            raise response
        return response

    assert wait_for_job(fetch, "j1", subject="x", timeout_s=5, cancelled=threading.Event()).status == "SUCCESS"


@pytest.mark.usefixtures("_short_waits")
def test_a_job_that_has_vanished_is_reported_to_the_caller() -> None:
    def fetch(_: str) -> Job:
        raise tree.NotFound("none", status=400)

    with pytest.raises(tree.NotFound):
        wait_for_job(fetch, "j1", subject="x", timeout_s=5, cancelled=threading.Event(), started_ago_s=90_000)
    with pytest.raises(tree.NotFound):
        wait_for_job(fetch, "j1", subject="x", timeout_s=5, cancelled=threading.Event())


def test_a_subject_that_is_probably_ready_is_polled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_interval, "MIN_INTERVAL_S", 20.0)
    started = time.monotonic()

    until_done(["done"], poll_at_once=True, timeout_s=30)

    assert time.monotonic() - started < 5


def crowd(monkeypatch: pytest.MonkeyPatch) -> PollBudget:
    """Let every wait be one too many for polls of its own; all of them poll together every 5 ms."""
    budget = PollBudget(per_second=0.01)
    monkeypatch.setattr(poll_budget, "shared", budget)
    monkeypatch.setattr(poll_interval, "MAX_INTERVAL_S", 0.005)
    return budget


def never_read(_: str) -> Job:
    raise AssertionError("the job was read")


@pytest.mark.usefixtures("_short_waits")
def test_among_many_waits_the_effect_of_a_job_ends_its_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(monkeypatch)
    effects: Iterator[Effect] = iter(["unknown", "under way", "ended"])

    job = wait_for_effect(
        never_read, "j1", lambda: next(effects), subject="x", timeout_s=5, cancelled=threading.Event()
    )

    assert job is None


@pytest.mark.usefixtures("_short_waits")
def test_among_many_waits_a_failed_effect_leads_to_the_reason_that_the_job_states(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowd(monkeypatch)
    failed = Job("FAIL", None, "IMG.0057", "The file is missing.")

    with pytest.raises(tree.JobFailed, match="The file is missing"):
        wait_for_effect(lambda _: failed, "j1", lambda: "failed", subject="x", timeout_s=5, cancelled=threading.Event())


@pytest.mark.usefixtures("_short_waits")
def test_among_few_waits_the_job_itself_is_read() -> None:
    def effect() -> Effect:
        raise AssertionError("the effect was read")

    job = wait_for_effect(lambda _: Job("SUCCESS"), "j1", effect, subject="x", timeout_s=5, cancelled=threading.Event())

    assert job is not None


@pytest.mark.usefixtures("_short_waits")
def test_only_repeated_polls_have_low_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_interval, "MIN_INTERVAL_S", 0.001)
    low = []

    def fetch() -> int:
        low.append(is_low_priority())
        return len(low)

    wait_until(fetch, done=(3).__eq__, subject="x", timeout_s=5, cancelled=threading.Event(), poll_at_once=True)

    assert low == [False, True, True]


@pytest.mark.usefixtures("_short_waits")
def test_a_wait_inside_another_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = PollBudget(per_second=1)
    monkeypatch.setattr(poll_budget, "shared", budget)
    crowded = []

    def inner() -> str:
        crowded.append((budget.is_crowded(1.0), budget.is_crowded(0.9)))
        return "done"

    until_done(["done"], poll_at_once=True)
    wait_until(
        lambda: until_done([inner()], poll_at_once=True),
        done=bool,
        subject="x",
        timeout_s=5,
        cancelled=threading.Event(),
        poll_at_once=True,
    )

    assert crowded == [(False, True)]
