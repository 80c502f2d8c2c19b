"""
Benchmark of the policy pack and the preflight in a preview of many builds: time, and requests.

`python -m bench.benchmarks.preview_with_checks` prints the figures alone; the real CLI beside a lab with the simulated
driver. Previews without and with them run in turn, so that other load of the machine affects both.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.benchmark_result import BenchmarkResult, Check
from bench.measurement_options import Options
from bench.pictures import Bar, Limit, bars
from commands.environment import FEWER_COLLECTIONS
from tests.e2e.project import Project, build_settings
from tests.isos import iso
from tests.labs import RunningLab

NAME = "preview-with-checks"
BUILDS, QUICK_BUILDS = 200, 3
ROUNDS, QUICK_ROUNDS = 3, 1
LIMIT = 2.0
BUILDS_PER_REQUEST = 10
QUOTAS = {"images": 10_000, "servers": 10_000, "cores": 10**6, "ram_mib": 10**8, "volumes": 10**5, "gigabytes": 10**7}
PACK = ("--policy-pack", "policy")


@dataclass(frozen=True)
class Preview:
    """Preview with its seconds and the number of its requests."""

    seconds: float
    requests: int


def measure(options: Options) -> BenchmarkResult:
    builds, rounds = (QUICK_BUILDS, QUICK_ROUNDS) if options.quick else (BUILDS, ROUNDS)
    figures = run(builds, rounds)
    return BenchmarkResult(
        benchmark=NAME,
        title=f"preview of {builds} new builds with policy pack and preflight",
        against="the same preview without them, run in turn with it; medians",
        checks=[
            Check("preview with both over one without", figures["ratio"], LIMIT),
            Check(
                "requests more over one for ten builds",
                figures["requests_more"] / max(figures["requests_more_limit"], 10),
                1.0,
            ),
        ],
        raw=figures,
        picture=picture(builds, figures),
        size=options.size,
    )


def picture(builds: int, figures: dict[str, Any]) -> str:
    without_s, with_s = max(figures["without_s"]), max(figures["with_s"])
    rows = [
        Bar("without", [(without_s, 5)], f"{without_s:.1f} s"),
        Bar("with both", [(with_s, 0)], f"{with_s:.1f} s"),
    ]
    limit = Limit(LIMIT * without_s, f"{LIMIT:g} x without")
    return bars(f"Preview of {builds} builds: policy pack and preflight", rows, [limit])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it and print the figures as JSON; return 1 if a limit is exceeded."""
    parser = argparse.ArgumentParser(prog="python -m bench.benchmarks.preview_with_checks", description=__doc__)
    parser.add_argument("--count", type=int, default=BUILDS, help=f"builds (default {BUILDS})")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"previews of each kind (default {ROUNDS})")
    options = parser.parse_args(arguments)
    figures = run(options.count, options.rounds)
    print(json.dumps(figures, indent=2))
    return 0 if figures["ratio"] <= LIMIT and figures["requests_more"] <= figures["requests_more_limit"] else 1


def run(count: int, rounds: int) -> dict[str, Any]:
    """Run all previews beside a lab of their own, and return the derived figures."""
    with tempfile.TemporaryDirectory(prefix="bench-preview-") as folder:
        lab = RunningLab.start(Path(folder) / "state")
        try:
            without, with_both = run_previews(lab, Path(folder), count, rounds)
        finally:
            lab.stop()
    return derived_figures(count, without, with_both)


def run_previews(lab: RunningLab, folder: Path, count: int, rounds: int) -> tuple[list[Preview], list[Preview]]:
    """Run previews without and with both checks in turn."""
    (folder / "installer.iso").write_bytes(iso("INSTALLER"))
    lab.put(folder / "installer.iso", "lab-images/installer.iso")
    lab.change_settings(quotas=QUOTAS)
    project = Project(folder / "project", {**lab.env, **FEWER_COLLECTIONS})
    builds = [build_settings(lab.env, name=f"b{number}", image_name=f"image-{number}") for number in range(count)]
    without, with_both = [], []
    for _ in range(rounds):
        without.append(preview(lab, project, builds, preflight="off"))
        with_both.append(preview(lab, project, builds, *PACK, preflight="enforce"))
    return without, with_both


def preview(lab: RunningLab, project: Project, builds: list[dict[str, Any]], *options: str, preflight: str) -> Preview:
    project.configure(region="lab-1", builds=builds, preflight=preflight)
    lab.clear_journal()
    started = time.perf_counter()
    outcome = project.preview("--parallel", "32", *options)
    seconds = time.perf_counter() - started
    assert outcome.status == 0, outcome
    return Preview(seconds, len(lab.journal()))


def derived_figures(count: int, without: list[Preview], with_both: list[Preview]) -> dict[str, Any]:
    without_s, with_s = (statistics.median(p.seconds for p in previews) for previews in (without, with_both))
    return {
        "subject": f"preview of {count} builds with policy pack and preflight over the same preview without them",
        "ratio": round(with_s / without_s, 2),
        "limit": LIMIT,
        "without_s": [round(p.seconds, 1) for p in without],
        "with_s": [round(p.seconds, 1) for p in with_both],
        "requests_without": without[0].requests,
        "requests_with": with_both[0].requests,
        "requests_more": with_both[0].requests - without[0].requests,
        "requests_more_limit": count // BUILDS_PER_REQUEST,
    }


if __name__ == "__main__":
    sys.exit(main())
