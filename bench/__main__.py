"""
Command `python -m bench [BENCHMARK ...]`, which writes results to bench/results.json and pictures to bench/pictures.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import benchmark_result, page
from bench.benchmark_result import ROOT, Answer
from bench.fixture import CommandFailed
from bench.measurement_options import Options
from bench.profiling import ProfilerMissing
from bench.questions import (
    judged_preview,
    limited_room,
    many_builds,
    one_build,
    start_up,
    throttled_wait,
    unchanged_preview,
)

QUESTIONS = {
    module.NAME: module.answer
    for module in (
        start_up,
        unchanged_preview,
        judged_preview,
        throttled_wait,
        limited_room,
        many_builds,
        one_build,
    )
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; return 1 if a result is not within its limit."""
    options = _parser().parse_args(arguments)
    how = Options(options.quick, options.time_scale, options.profile)
    folder = options.output or (ROOT / ".state" / "bench" if options.quick else ROOT / "bench")
    within = True
    for name in options.questions or QUESTIONS:
        began = time.monotonic()
        try:
            answer = QUESTIONS[name](how)
        except (CommandFailed, ProfilerMissing, ValueError) as error:
            benchmark_result.keep_failure(name, error, folder)
            print(f"{name}: no answer: {error}", file=sys.stderr, flush=True)
            within = False
            continue
        benchmark_result.keep(answer, folder)
        print(described(answer, time.monotonic() - began), flush=True)
        within = within and answer.within
    if folder == ROOT / "bench":
        page.write(benchmark_result.read(folder))
    return 0 if within else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("questions", nargs="*", choices=[*QUESTIONS, []], metavar="QUESTION", help=", ".join(QUESTIONS))
    parser.add_argument("--quick", action="store_true", help="only show that it works: few builds, seconds")
    parser.add_argument(
        "--time-scale", type=float, default=1.0, metavar="X", help="lab seconds in a real second, for one-build"
    )
    parser.add_argument("--profile", type=Path, metavar="DIR", help="put profiles of the providers' process there")
    parser.add_argument("--output", type=Path, metavar="DIR", help="where results and pictures go (default: bench)")
    return parser


def described(answer: Answer, seconds: float) -> str:
    """Return the text to print for a result."""
    lines = [f"{answer.question}: {answer.title} ({seconds:.0f} s)"]
    lines += [
        f"  {'within' if check.within else 'OVER  '} {check.ratio:7.3f}  (limit {check.limit:g})  {check.what}"
        for check in answer.checks
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
