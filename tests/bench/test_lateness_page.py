"""The tables of lateness: the page agrees with the policy, and fixed polling is computed as it polls."""

import pytest

from bench import lateness_page
from bench.benchmarks import lateness, many_builds
from bench.job_lateness import FIXED_10, FIXED_60, KNOWN, UNKNOWN, Lateness, spread
from bench.job_records import Job
from huaweicloud.waits.poll_interval import MAX_INTERVAL_S


def test_the_computed_table_is_that_of_the_policy() -> None:
    text = lateness_page.PAGE.read_text()

    assert lateness_page.page(text, []) == text, "run: python -m bench.lateness_page"


@pytest.mark.parametrize(
    ("duration_s", "delay_s", "expected"), [(5, 10, (5, 1)), (10, 10, (0, 1)), (33, 10, (7, 4)), (61, 60, (9, 2))]
)
def test_fixed_polling_notices_an_end_at_its_next_poll(
    duration_s: float, delay_s: float, expected: tuple[float, int]
) -> None:
    assert expected == lateness_page.fixed_polling(duration_s, delay_s)


def test_jobs_are_spread_evenly_over_five_intervals_of_the_policy() -> None:
    step_s = MAX_INTERVAL_S / 4

    assert [300 + step_s * number for number in range(-9, 10, 2)] == pytest.approx(spread(300, 10))
    assert (min(spread(5, 10)), max(spread(5, 10))) == (4.55, 5.45)


def test_a_measurement_is_shown_with_its_machine() -> None:
    rows = [
        {"length_lab_s": 300, "way": way, "mean_lab_s": 1.94, "worst_lab_s": 3.8, "polls": 91.2}
        for way in (UNKNOWN, KNOWN, FIXED_10, FIXED_60)
    ]
    result = {
        "benchmark": "lateness",
        "size": "full",
        "measured": "2026-11-26T08:00:00+00:00",
        "machine": {"cores": 2, "load_before": 0.1},
        "raw": {"rows": rows},
    }

    shown = lateness_page.measured([result])

    assert shown is not None
    assert "Measured on 2026-11-26 with 2 cores, load 0.1" in shown
    assert "| 300 s | 1.9 s, 3.8 s, 91 |" in shown
    assert lateness_page.measured([{**result, "size": "quick"}]) is None


def test_the_limits_of_lateness_hold_at_every_length() -> None:
    ways = {UNKNOWN: (1.9, 3.9), KNOWN: (0.5, 1.0), FIXED_10: (5.0, 10.0), FIXED_60: (30.0, 33.0)}
    found = [
        (1.0, Lateness(length_s, way, [2 * mean_s - worst_s, worst_s], [8, 9]))
        for length_s in (30.0, 300.0)
        for way, (mean_s, worst_s) in ways.items()
    ]

    result = lateness.result_of(found, "full")

    assert result.within
    assert [0.95, 0.78, 0.5, 0.38, 0.1] == [round(check.ratio, 2) for check in result.checks]
    assert "<svg" in result.picture


def test_polls_while_all_builds_install_are_counted_by_the_second() -> None:
    jobs = [Job("1", "create_server", 0, 60, {}), Job("2", "create_server", 5, 70, {})]
    jobs += [Job("3", "capture_image", 90, 100, {}), Job("4", "capture_image", 95, 100, {})]
    requests = {5: "one", 11: "one", 12: "two", 15: "one", 18: "one", 29: "two", 31: "one"}
    entries = [
        {"path": path, "real_time": f"1970-01-01T00:01:{second:02}.000+00:00"} for second, path in requests.items()
    ]

    assert 3 / 20 == many_builds.polls_while_all_install(jobs, entries), "the first read of each begins a step"
    assert 0 == many_builds.polls_while_all_install([*jobs, Job("5", "create_server", 5, 91, {})], entries)
