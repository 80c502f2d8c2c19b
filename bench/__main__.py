"""
Command `python -m bench [BENCHMARK ...]`, which writes results to bench/results.json and pictures to bench/pictures.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import benchmark_result, lateness_page, page
from bench.benchmark_result import ROOT, BenchmarkResult
from bench.benchmarks import (
    lateness,
    limited_quota,
    many_builds,
    one_build,
    preview_with_checks,
    start_up,
    throttled_wait,
    unchanged_preview,
)
from bench.fixture import CommandFailed
from bench.measurement_options import Options
from bench.profiling import ProfilerMissing

BENCHMARKS = {
    module.NAME: module.measure
    for module in (
        start_up,
        unchanged_preview,
        preview_with_checks,
        throttled_wait,
        limited_quota,
        many_builds,
        one_build,
        lateness,
    )
}

FORMER_NAMES = {"judged-preview": "preview-with-checks", "limited-room": "limited-quota"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; return 1 if a result is not within its limit."""
    options = _parser().parse_args(arguments)
    measurement = Options(options.quick, options.time_scale, options.profile)
    folder = options.output or (ROOT / ".state" / "bench" if options.quick else ROOT / "bench")
    within = True
    for chosen in options.benchmarks or BENCHMARKS:
        name = FORMER_NAMES.get(chosen, chosen)
        began = time.monotonic()
        try:
            result = BENCHMARKS[name](measurement)
        except (CommandFailed, ProfilerMissing, ValueError) as error:
            benchmark_result.write_failure(name, error, folder)
            print(f"{name}: failed: {error}", file=sys.stderr, flush=True)
            within = False
            continue
        benchmark_result.write(result, folder)
        print(described(result, time.monotonic() - began), flush=True)
        within = within and result.within
    if folder == ROOT / "bench":
        page.write(benchmark_result.read(folder))
        lateness_page.write(benchmark_result.read(folder))
    return 0 if within else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "benchmarks",
        nargs="*",
        choices=[*BENCHMARKS, *FORMER_NAMES, []],
        metavar="BENCHMARK",
        help=", ".join(BENCHMARKS),
    )
    parser.add_argument("--quick", action="store_true", help="only show that it works: few builds, short jobs")
    parser.add_argument(
        "--time-scale", type=float, default=1.0, metavar="X", help="lab seconds in a real second, for one-build"
    )
    parser.add_argument("--profile", type=Path, metavar="DIR", help="put profiles of the providers' process there")
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder for results and pictures (default: bench)")
    return parser


def described(result: BenchmarkResult, seconds: float) -> str:
    """Return the text to print for a result."""
    lines = [f"{result.benchmark}: {result.title} ({seconds:.0f} s)"]
    lines += [
        f"  {'within' if check.within else 'OVER  '} {check.ratio:7.3f}  (limit {check.limit:g})  {check.figure}"
        for check in result.checks
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
