"""Metrics of steps: duration, requests, and the estimate for the next build."""

import pytest
from pulumi.dynamic import CreateResult

from huaweicloud.errors import UnexpectedState
from huaweicloud.transport.request_counter import count_request
from preflight import duration_history
from preflight.duration_history import StepName
from providers.runtime import similar_builds, step_metrics
from providers.runtime.properties import Props
from providers.runtime.step_metrics import measured
from providers.temp_server_teardown import TempServerTeardownProvider
from tests.labs import RunningLab
from tests.procedure.engine import as_engine
from tests.providers.stack import Stack

STEPS: dict[str, StepName] = {
    "iso": "iso_image",
    "server": "temporary_server",
    "installation": "installation",
    "image": "captured_image",
    "teardown": "teardown",
}


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch, tmp_path) -> list[float]:
    """Return the time, which changes only if a test sets it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    time = [1000.0]
    monkeypatch.setattr("providers.runtime.step_metrics.time.monotonic", lambda: time[0])
    return time


def test_a_step_reports_the_requests_that_the_cloud_has_seen_of_it(stack: Stack, lab: RunningLab) -> None:
    stack.up()
    lab.clear_journal()

    made = TempServerTeardownProvider().create(as_engine(stack["teardown"].inputs))

    assert all(stack[name]["requests"] > 0 for name in STEPS)
    assert made.outs is not None
    assert len(lab.journal()) == made.outs["requests"] > 0


def test_a_build_teaches_how_long_each_step_takes_in_its_region(stack: Stack, lab: RunningLab) -> None:
    lab.change_settings(guest={"install_s": 1.0})

    stack.up()

    region = lab.env["HW_REGION_NAME"]
    for name, step in STEPS.items():
        basis = similar_builds.basis_of(step, stack[name].outputs)
        assert basis is not None
        expected_s = duration_history.expected_s(region, step, basis)
        assert expected_s is not None
        assert expected_s >= stack[name]["duration_s"] - 0.1


def test_a_step_reports_its_time_without_the_time_in_a_queue(now):
    @measured("temporary_server")
    def create(_: None, props: Props) -> CreateResult:
        with step_metrics.queued():
            now[0] += 500
        now[0] += 60
        count_request()
        return CreateResult("id", {"name": props["name"]})

    made = create(None, {"region": "r", "name": "a"})

    assert ("id", {"name": "a", "duration_s": 60.0, "queued_s": 500.0, "requests": 1}) == (made.id, made.outs)
    assert 60.0 == duration_history.expected_s("r", "temporary_server")


@pytest.mark.parametrize("outs", [None, {"duration_s": 0.0}])
def test_nothing_is_learned_from_a_step_that_was_taken_over_or_had_nothing_to_do(now, outs):
    @measured("temporary_server")
    def create(_: None, _props: Props) -> CreateResult:
        if outs is None:
            step_metrics.exclude_from_estimates()
        now[0] += 2
        return CreateResult("id", outs)

    made = create(None, {"region": "r"})

    assert made.outs == {"duration_s": 2.0, "requests": 0, **(outs or {})}
    assert duration_history.expected_s("r", "temporary_server") is None


def test_nothing_is_learned_from_a_failure(now):
    @measured("teardown")
    def create(_: None, _props: Props) -> CreateResult:
        now[0] += 2
        raise UnexpectedState("no")

    with pytest.raises(UnexpectedState):
        create(None, {"region": "r"})

    assert duration_history.expected_s("r", "teardown") is None
    assert step_metrics.current() is None


def test_a_wait_is_expected_to_take_what_is_left_of_the_usual_time_of_its_step(now):
    duration_history.record("r", "temporary_server", 300.0)
    found = []

    @measured("temporary_server")
    def create(_: None, _props: Props) -> CreateResult:
        found.append(step_metrics.expected_s())
        found.append(step_metrics.expected_s(started_ago_s=40.0))
        now[0] += 100
        found.append(step_metrics.expected_s())
        now[0] += 300
        found.append(step_metrics.expected_s())
        return CreateResult("id")

    create(None, {"region": "r"})

    assert [300.0, 300.0, 200.0, None] == found
    assert step_metrics.expected_s() is None
