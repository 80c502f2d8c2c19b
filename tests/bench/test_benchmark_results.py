"""Results of benchmarks: files and tables."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from bench import benchmark_result, page
from bench.benchmark_result import BenchmarkResult, Check
from bench.benchmarks import limited_quota, one_build, start_up, throttled_wait
from bench.job_records import Job
from bench.pictures import Bar, Limit, Line, bars, lines, ticks
from bench.processes import role_of
from bench.profiling import shares


def result(benchmark: str, *ratios: float) -> BenchmarkResult:
    checks = [Check(f"figure {number}", ratio, 1.1) for number, ratio in enumerate(ratios)]
    return BenchmarkResult(
        benchmark, "a title", "something else", checks, {"wall_s": 1}, bars("a title", [Bar("x", [(1, 0)], "1")])
    )


def test_a_result_is_within_its_limits_only_with_all_of_its_figures(tmp_path: Path) -> None:
    benchmark_result.write(result("one", 1.0, 1.2, 1.05), tmp_path)

    (kept,) = benchmark_result.read(tmp_path)
    assert (1.2, 1.1, False) == (kept["ratio"], kept["limit"], kept["within"])
    assert [True, False, True] == [check["within"] for check in kept["checks"]]
    assert {"against", "raw", "measured", "commit", "machine", "picture"} <= set(kept)
    assert (tmp_path / kept["picture"]).is_file()


def test_results_of_other_benchmarks_stay(tmp_path: Path) -> None:
    for name, ratio in (("one", 1.0), ("two", 1.0), ("one", 1.05)):
        benchmark_result.write(result(name, ratio), tmp_path)

    assert [("one", 1.05), ("two", 1.0)] == [
        (kept["benchmark"], kept["ratio"]) for kept in benchmark_result.read(tmp_path)
    ]


def test_a_question_without_answer_takes_the_place_of_an_earlier_result(tmp_path: Path) -> None:
    benchmark_result.write(result("one", 1.0), tmp_path)
    benchmark_result.write_failure("one", ValueError("it went wrong\nand more"), tmp_path)

    (kept,) = benchmark_result.read(tmp_path)
    assert (None, False, "it went wrong") == (kept["ratio"], kept["within"], kept["failed"])
    assert not (tmp_path / "pictures" / "one.svg").exists()
    assert "| one | failed: it went wrong | | | **over** |" in page.table([kept])


def test_the_page_shows_every_figure_with_its_limit(tmp_path: Path) -> None:
    benchmark_result.write(result("one", 1.0, 1.234), tmp_path)

    table = page.table(benchmark_result.read(tmp_path))

    assert "| [one](../../bench/pictures/one.svg) | figure 0 | 1.000 | 1.1 | within |" in table
    assert "|  | figure 1 | 1.234 | 1.1 | **over** |" in table


@pytest.mark.parametrize(
    "picture",
    [
        bars("A & B", [Bar("x < y", [(1, 0), (2, -1), (3, 1)], "6 s")], [Limit(4, "at most")], [("a", 0)]),
        lines("A & B", [Line("x", [(0, 0), (1, 5), (2, 1)], 0, steps=True)], x_title="s", y_title="n"),
        lines("marked", [Line("x", [(0, 0), (1, 5)], 0)], x_title="s", y_title="n", marks=[Limit(2, "end")]),
        lines("empty", [], x_title="s", y_title="n"),
    ],
)
def test_pictures_are_well_formed_and_fit_light_and_dark(picture: str) -> None:
    root = ElementTree.fromstring(picture)  # noqa: S314 - made here

    assert root.tag.endswith("svg")
    assert "prefers-color-scheme: dark" in picture


@pytest.mark.parametrize("highest", [0.004, 1, 7, 43, 99.9, 1234])
def test_an_axis_has_a_handful_of_marks(highest: float) -> None:
    assert 3 <= len(ticks(highest)) <= 10
    assert ticks(highest)[-1] <= highest


def test_processes_are_distinguished_by_their_command_lines() -> None:
    provider = ["/x/.venv/bin/python", "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"]
    program = ["/x/.venv/bin/python", "-u", "/x/bin/pulumi-language-python-exec", "--monitor", "m"]

    assert ["engine", "provider", "program", "other"] == [
        role_of(["pulumi", "up"], True),
        role_of(provider, False),
        role_of(program, False),
        role_of(["/bin/sh", "/x/pulumi-resource-pulumi-python", "-m", "pulumi.dynamic"], False),
    ]


def test_a_profile_counts_for_the_innermost_frame_of_the_program_s_own_code() -> None:
    folded = [
        "main (a.py:1);wait_until (huaweicloud/polling.py:9);wait (threading.py:1) 3\n",
        "main (a.py:1);wait_until (huaweicloud/polling.py:8);is_set (threading.py:2) 1\n",
        "main (a.py:1);select (selectors.py:4) 4\n",
    ]

    assert {"wait_until (huaweicloud/polling.py)": 0.5, "select (selectors.py)": 0.5} == shares(folded)


def test_the_common_practice_is_taken_for_it_only_if_the_journal_shows_it() -> None:
    def polls(*at: int) -> list[dict[str, str]]:
        return [
            {"method": "GET", "path": "/v1/p/jobs/1", "real_time": f"2026-01-01T00:00:{second:02}.000+00:00"}
            for second in at
        ]

    one_build.require_fixed_polling(polls(10, 20, 30))
    with pytest.raises(ValueError, match="has not polled every 10 s"):
        one_build.require_fixed_polling(polls(1, 3, 6, 12))


def test_servers_are_alive_from_their_order_until_their_deletion_has_ended() -> None:
    jobs = [
        Job("1", "create_server", 10, 15, {"server_ids": ["a"]}),
        Job("2", "create_server", 12, 17, {"server_ids": ["b"]}),
        Job("3", "delete_server", 30, 33, {"server_ids": ["a"]}),
        Job("4", "delete_server", 35, 40, {"server_ids": ["b"]}),
    ]

    assert [(10, 1), (12, 2), (33, 1), (40, 0)] == limited_quota.servers_alive(jobs)
    assert {"least": 23, "mean": 25.5, "most": 28} == limited_quota.lives(jobs)


def test_requests_are_counted_by_the_second() -> None:
    assert [(0, 2), (1, 0), (2, 1)] == throttled_wait.per_second([100.1, 100.9, 102.5], 100, 102.6)


def test_import_times_are_read_from_what_python_prints() -> None:
    printed = ["import time: self [us] | cumulative | imported package", "import time:       100 |        300 |   a.b"]

    (found,) = start_up.parse(printed)

    assert ("a.b", 1, 0.0001, 0.0003) == (found.name, found.depth, found.own_s, found.total_s)
