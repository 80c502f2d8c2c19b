import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huaweicloud import polling
from huaweicloud.errors import tree
from huaweicloud.polling import POLL_FRACTION, Progress, next_interval, wait_for_job, wait_until
from huaweicloud.wait_progress import Forecast


@dataclass(frozen=True)
class Job:
    status: str
    progress: float | None = None
    error_code: str = ""
    fail_reason: str = ""


@pytest.fixture
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "MIN_INTERVAL_S", 0.005)
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
    monkeypatch.setattr(polling, "MIN_INTERVAL_S", 20.0)
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
    monkeypatch.setattr(polling, "MIN_INTERVAL_S", 20.0)
    started = time.monotonic()

    _, reported = until_done(["done"], started_ago_s=3600, timeout_s=1)

    assert time.monotonic() - started < 5
    assert reported[0].waited_s >= 3600


@settings(deadline=None)
@given(waited_s=st.floats(0, 1e6), seed=st.integers())
def test_without_a_prediction_an_end_is_noticed_a_second_or_a_twentieth_late(waited_s: float, seed: int) -> None:
    assert 1.0 <= next_interval(waited_s, random.Random(seed)) <= max(1.0, min(waited_s * 0.05, 20))


@settings(deadline=None)
@given(
    waited_s=st.floats(0, 1e6),
    remaining_s=st.none() | st.floats(0, 1e6),
    expected_s=st.none() | st.floats(0, 1e6),
    seed=st.integers(),
)
def test_a_wrong_prediction_costs_at_most_a_third_of_the_wait_or_twenty_seconds(
    waited_s: float, remaining_s: float | None, expected_s: float | None, seed: int
) -> None:
    interval = next_interval(waited_s, random.Random(seed), remaining_s=remaining_s, expected_s=expected_s)

    assert 1.0 <= interval <= max(1.0, min(waited_s / 3, 20))


Report = Callable[[float], float | None]


def percent(share: float) -> float:
    return round(share, 2)


def thirds(share: float) -> float:
    return 0.0 if share < 0.1 else 0.33 if share < 0.9 else 0.66


def polls(duration_s: float, report: Report = lambda _: None, expected_s: float | None = None) -> tuple[int, float]:
    """
    Return the number of polls in a wait of this duration, and the delay of the last one (seconds).

    Args:
        report: Progress that a poll finds when this share of the time has passed.
    """
    rng, forecast, now_s, count = random.Random(1), Forecast(), 0.0, 0
    remaining_s = None
    while now_s < duration_s:
        now_s += next_interval(now_s, rng, remaining_s=remaining_s, expected_s=expected_s)
        remaining_s = forecast.update(
            report(min(now_s / duration_s, 1.0)), now_s, stale_after_s=max(POLL_FRACTION * now_s, 1.0)
        )
        count += 1
    return count, now_s - duration_s


@pytest.mark.parametrize("duration_s", [5, 60, 300, 600, 1800, 7200])
def test_with_growing_progress_an_end_is_noticed_at_once(duration_s: float) -> None:
    _, late_s = polls(duration_s, percent)

    assert late_s <= max(1.0, 0.01 * duration_s)


@pytest.mark.parametrize("report", [thirds, lambda _: 0.2, lambda _: None], ids=["thirds", "stuck", "none"])
@pytest.mark.parametrize("duration_s", [5, 60, 300, 600, 1800, 7200])
def test_progress_with_little_information_misleads_nobody(duration_s: float, report: Report) -> None:
    _, late_s = polls(duration_s, report)

    assert late_s <= max(1.0, 0.05 * duration_s)


@pytest.mark.parametrize(("report", "expected_s"), [(percent, None), (lambda _: None, 600.0), (thirds, 900.0)])
def test_ten_minutes_with_a_prediction_take_fewer_polls_than_one_every_ten_seconds(
    report: Report, expected_s: float | None
) -> None:
    count, late_s = polls(600, report, expected_s)

    assert count <= 60
    assert late_s <= 30


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
    monkeypatch.setattr(polling, "MIN_INTERVAL_S", 20.0)
    started = time.monotonic()

    until_done(["done"], poll_at_once=True, timeout_s=30)

    assert time.monotonic() - started < 5
