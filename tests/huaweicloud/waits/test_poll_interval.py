"""The polling policy with a simulated clock: its lateness, its polls, and predictions that are wrong."""

import statistics
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huaweicloud.waits.poll_interval import MAX_INTERVAL_S, MIN_INTERVAL_S, most_polls, next_interval, unpredicted_polls
from tests.huaweicloud.waits.simulated_wait import (
    PHASES,
    Report,
    at_all_phases,
    mean_late_s,
    mean_polls,
    simulate,
    worst_late_s,
)

MEAN_S, WORST_S = 2.0, 5.0
LENGTHS = (5, 10, 20, 30, 33, 40, 61, 120, 300, 305, 600, 1200, 3600, 3 * 3600)
MOST_OF_FIXED_POLLING = 3.3
"""Number of polls over that of fixed polling every 10 s; an average of 2 s alone requires 2.5 times as many."""
durations = st.floats(5, 3 * 3600)
predictions = st.none() | st.floats(0, allow_nan=False)


def percent(duration_s: float) -> Report:
    return lambda now_s: round(now_s / duration_s, 2)


def thirds(duration_s: float) -> Report:
    return lambda now_s: 0.0 if now_s < 0.1 * duration_s else 0.33 if now_s < 0.9 * duration_s else 0.66


@pytest.mark.parametrize("duration_s", LENGTHS)
def test_without_a_prediction_ends_are_noticed_two_seconds_late_on_average(duration_s: float) -> None:
    waits = at_all_phases(duration_s)

    assert mean_late_s(waits) <= MEAN_S
    assert worst_late_s(waits) <= MAX_INTERVAL_S < WORST_S


@pytest.mark.parametrize("off_by", [-0.02, 0, 0.02])
@pytest.mark.parametrize("duration_s", LENGTHS)
def test_with_a_known_duration_ends_are_noticed_one_second_late_on_average(duration_s: float, off_by: float) -> None:
    assert mean_late_s(at_all_phases(duration_s * (1 + off_by), expected_s=duration_s)) <= 1.0


@pytest.mark.parametrize("duration_s", LENGTHS)
def test_with_growing_progress_ends_are_noticed_one_second_late_on_average(duration_s: float) -> None:
    assert mean_late_s(at_all_phases(duration_s, report=percent(duration_s))) <= 1.0


@pytest.mark.parametrize("report", [thirds, lambda _: lambda _: 0.2], ids=["thirds", "stuck"])
@pytest.mark.parametrize("duration_s", LENGTHS)
def test_progress_with_little_information_changes_nothing(duration_s: float, report: Callable[[float], Report]) -> None:
    assert mean_late_s(at_all_phases(duration_s, report=report(duration_s))) <= MEAN_S


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("duration_s", [length for length in LENGTHS if length >= 300])
def test_long_waits_need_about_three_polls_for_one_of_fixed_polling(duration_s: float, is_known: bool) -> None:
    waits = at_all_phases(duration_s, expected_s=duration_s if is_known else None)

    assert mean_polls(waits) <= MOST_OF_FIXED_POLLING * duration_s / 10


@settings(deadline=None)
@given(waited_s=st.floats(0, 1e6), polls=st.integers(0, 10**6), remaining_s=predictions, expected_s=predictions)
def test_a_prediction_never_lengthens_an_interval(
    waited_s: float, polls: int, remaining_s: float | None, expected_s: float | None
) -> None:
    interval_s = next_interval(waited_s, polls, remaining_s=remaining_s, expected_s=expected_s)

    assert MIN_INTERVAL_S <= interval_s <= next_interval(waited_s, polls) <= MAX_INTERVAL_S


reports = st.lists(st.none() | st.floats(-1, 2), min_size=1, max_size=50)


@settings(deadline=None, max_examples=40)
@given(
    duration_s=durations, phase=st.floats(0, 1), expected_s=predictions, reported=reports, ends_at=st.floats(0.1, 10)
)
def test_lateness_and_polls_are_within_their_bounds_whatever_is_predicted_and_reported(
    duration_s: float, phase: float, expected_s: float | None, reported: list[float | None], ends_at: float
) -> None:
    def any_report(now_s: float) -> float | None:
        return reported[int(now_s) % len(reported)]

    def lie(now_s: float) -> float | None:
        return now_s / (duration_s * ends_at)

    for report in (any_report, lie):
        wait = simulate(duration_s, phase=phase, report=report, expected_s=expected_s)

        assert wait.late_s <= MAX_INTERVAL_S
        assert wait.polls <= most_polls(duration_s) + 2


@settings(deadline=None, max_examples=10)
@given(duration_s=st.floats(5, 1800), expected_s=st.floats(1, 3600))
def test_with_a_wrong_prediction_ends_are_noticed_two_seconds_late_on_average(
    duration_s: float, expected_s: float
) -> None:
    similar = [duration_s + MAX_INTERVAL_S * number / 40 for number in range(40)]  # fewer are no even spread

    late_s = [mean_late_s(at_all_phases(each, expected_s=expected_s, phases=PHASES[::8])) for each in similar]

    assert statistics.mean(late_s) <= MEAN_S


def lying_progress(now_s: float) -> float:
    """Return progress that always predicts the end within seconds, and always grows."""
    return now_s / (now_s + 5)


@pytest.mark.parametrize("duration_s", LENGTHS)
def test_progress_that_always_predicts_an_early_end_costs_a_limited_number_of_polls(duration_s: float) -> None:
    wait = simulate(duration_s, report=lying_progress)

    assert wait.polls <= most_polls(duration_s) + 2


@settings(deadline=None)
@given(waited_s=st.floats(0, 1e5))
def test_the_number_of_polls_without_a_prediction_is_known_in_advance(waited_s: float) -> None:
    if waited_s < 3 * 3600:
        assert abs(simulate(max(waited_s, 1), phase=1.0).polls - unpredicted_polls(max(waited_s, 1))) <= 2
