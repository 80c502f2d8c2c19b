"""Benchmark of the time until the end of a job is noticed, beside the fixed polling of other tools."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.benchmark_result import BenchmarkResult, Check
from bench.job_lateness import FIXED_10, FIXED_60, KNOWN, UNKNOWN, Lateness
from bench.job_lateness import measure as measure_jobs
from bench.measurement_options import Options
from bench.pictures import Bar, Limit, bars

NAME = "lateness"
TITLE = "time until the end of a job is noticed, for jobs from 5 s to an hour"
GROUPS: Sequence[tuple[float, Sequence[float]]] = (
    (1.0, (5, 10, 30, 33, 61, 120)),
    (4.0, (300, 305, 600, 1200)),
    (8.0, (3600,)),
)
"""Lengths of the jobs (lab seconds) by lab seconds in a real second."""
QUICK_GROUPS: Sequence[tuple[float, Sequence[float]]] = ((1.0, (5,)), (20.0, (120,)))
JOBS, QUICK_JOBS = 21, 3
MEAN_S, WORST_S, KNOWN_MEAN_S = 2.0, 5.0, 1.0


def measure(options: Options) -> BenchmarkResult:
    groups, jobs = (QUICK_GROUPS, QUICK_JOBS) if options.quick else (GROUPS, JOBS)
    found: list[tuple[float, Lateness]] = []
    for scale, lengths in groups:  # one after the other, because a faster clock makes the time of a request longer
        with ProcessPoolExecutor(len(lengths), mp_context=get_context("spawn")) as pool:  # so no request waits for many
            of_lengths = [pool.submit(measure_jobs, length_s, jobs, scale) for length_s in lengths]
            found += [(scale, one) for each in of_lengths for one in each.result()]
    return result_of(found, options.size)


def result_of(found: Sequence[tuple[float, Lateness]], size: str) -> BenchmarkResult:
    by_way = {way: [one for _, one in found if one.way == way] for way in (UNKNOWN, KNOWN, FIXED_10, FIXED_60)}
    checks = [
        Check("mean without a prediction over 2 s", most(by_way[UNKNOWN], mean=True) / MEAN_S, 1.0),
        Check("worst without a prediction over 5 s", most(by_way[UNKNOWN], mean=False) / WORST_S, 1.0),
        Check("mean with a known duration over 1 s", most(by_way[KNOWN], mean=True) / KNOWN_MEAN_S, 1.0),
        *(
            Check(f"mean {label} over the better fixed polling", against_fixed(by_way, way), 1.0)
            for way, label in ((UNKNOWN, "without a prediction"), (KNOWN, "with a known duration"))
        ),
    ]
    return BenchmarkResult(
        benchmark=NAME,
        title=TITLE,
        against="fixed polling every 10 s, from 10 s on (Terraform) and from 60 s on (Packer), of the same jobs; each "
        "figure is the highest of all lengths",
        checks=checks,
        raw={
            "scales": sorted({scale for scale, _ in found}),
            "rows": [{"scale": scale, **one.as_json()} for scale, one in found],
        },
        picture=picture([one for _, one in found]),
        size=size,
    )


def most(found: Sequence[Lateness], *, mean: bool) -> float:
    """Return the highest lateness of all lengths."""
    return max(one.mean_s if mean else one.worst_s for one in found)


def against_fixed(by_way: dict[str, list[Lateness]], way: str) -> float:
    """Return the highest ratio of a way to the better of the fixed ones, of all lengths."""
    fixed = {
        one.length_s: min(one.mean_s, other.mean_s)
        for one, other in zip(by_way[FIXED_10], by_way[FIXED_60], strict=True)
    }
    return max(one.mean_s / max(fixed[one.length_s], 1e-9) for one in by_way[way])


COLOURS = {UNKNOWN: 0, KNOWN: 2, FIXED_10: 1, FIXED_60: 5}


def picture(found: Sequence[Lateness]) -> str:
    rows = [
        Bar(f"{one.length_s:g} s, {one.way}", [(one.mean_s, COLOURS[one.way])], f"{one.mean_s:.1f} s")
        for one in found
        if one.way != FIXED_60 or one.length_s > 60
    ]
    return bars("Mean time until the end of a job is noticed", rows, [Limit(MEAN_S, "2 s")])
