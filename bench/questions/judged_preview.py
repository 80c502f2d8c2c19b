"""Benchmark of a preview of many builds with policy pack and preflight."""

import tempfile
from pathlib import Path

from bench import preview_with_checks
from bench.benchmark_result import Answer, Check
from bench.measurement_options import Options
from bench.pictures import Bar, Limit, bars
from tests.labs import RunningLab

NAME = "judged-preview"
BUILDS, QUICK_BUILDS = 200, 3
ROUNDS, QUICK_ROUNDS = 3, 1


def answer(options: Options) -> Answer:
    builds, rounds = (QUICK_BUILDS, QUICK_ROUNDS) if options.quick else (BUILDS, ROUNDS)
    with tempfile.TemporaryDirectory(prefix="bench-judging-") as folder:
        lab = RunningLab.start(Path(folder) / "state")
        try:
            figures = preview_with_checks.measure(lab, Path(folder), builds, rounds)
        finally:
            lab.stop()
    without, judged = max(figures["without_s"]), max(figures["with_s"])
    rows = [
        Bar("without", [(without, 5)], f"{without:.1f} s"),
        Bar("with both", [(judged, 0)], f"{judged:.1f} s"),
    ]
    limit = Limit(preview_with_checks.LIMIT * without, f"{preview_with_checks.LIMIT:g} x without")
    return Answer(
        question=NAME,
        title=f"preview of {builds} new builds with policy pack and preflight",
        against="the same preview without them, run in turn with it; medians",
        checks=[
            Check("preview with both over one without", figures["ratio"], preview_with_checks.LIMIT),
            Check(
                "requests more over one for ten builds",
                figures["requests_more"] / max(figures["requests_more_limit"], 10),
                1.0,
            ),
        ],
        raw=figures,
        picture=bars(f"Preview of {builds} builds: policy pack and preflight", rows, [limit]),
        size=options.size,
    )
