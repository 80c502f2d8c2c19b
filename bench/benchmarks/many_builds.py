"""Benchmark of builds beside each other, with quotas for all of them: time, memory, CPU time and requests of each."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.benchmark_result import BenchmarkResult, Check
from bench.critical_path import Durations, ideal
from bench.fixture import Command, Fixture
from bench.job_records import Job, seconds
from bench.measurement_options import QUICK, Options
from bench.pictures import Bar, Limit, bars
from bench.processes import Usage
from huaweicloud.transport.poll_budget import PER_SECOND

NAME = "many-builds"
TITLE = "identical builds beside each other, with quotas for all at once"
# a third of those of one-build, except the notice: the engine's work for a build does not shrink with its jobs
DURATIONS = Durations(import_=20, create=100, install=400, capture=40, delete=8, notice=5)
COUNTS = (1, 10, 50, 200)
QUICK_COUNTS = (1, 3)
FEW = (1, 3, 10)
SLOWER_AT_MOST = {50: 1.10, 200: 1.20}
ANY_SLOWER_AT_MOST = 1.25
MORE_REQUESTS_AT_MOST = 1.0


@dataclass(frozen=True)
class Run:
    """One `up` of some builds in a lab of its own."""

    builds: int
    command: Command
    requests: int
    installing_per_s: float = 0.0

    @property
    def requests_per_build(self) -> float:
        return self.requests / self.builds

    @property
    def provider(self) -> Usage:
        return self.command.usage.get("provider", Usage())

    def as_json(self) -> dict[str, Any]:
        return {
            "builds": self.builds,
            "wall_s": round(self.command.seconds, 2),
            "requests": self.requests,
            "requests_per_build": round(self.requests_per_build, 2),
            "polls_per_s_while_all_install": round(self.installing_per_s, 3),
            "provider_cpu_s_per_build": round(self.provider.cpu_s / self.builds, 3),
            "provider_peak_mib_per_build": round(self.provider.peak_mib / self.builds, 2),
            "processes": self.command.usage_json(),
        }


def measure(options: Options) -> BenchmarkResult:
    durations, counts = (QUICK, QUICK_COUNTS) if options.quick else (DURATIONS, COUNTS)
    with ThreadPoolExecutor(len(FEW)) as pool:  # they leave the machine idle, even beside each other
        few = [
            pool.submit(run, count, durations, options.profile_of(f"{NAME}-{count}"))
            for count in counts
            if count in FEW
        ]
        runs = [each.result() for each in few]
    many = [count for count in counts if count not in FEW]
    runs += [run(count, durations, options.profile_of(f"{NAME}-{count}")) for count in many]
    return result_of(runs, durations, options.size)


def run(builds: int, durations: Durations, profile: Path | None = None) -> Run:
    """Run one `up`, preview included, as a user does."""
    with Fixture.prepare(durations) as fixture:
        fixture.declare(builds, image_tasks_at_once=2 * builds, servers_at_once=builds)
        command = fixture.run("up", profile=profile)
        entries = fixture.journal()
        return Run(builds, command, len(entries), polls_while_all_install(fixture.jobs(), entries))


def polls_while_all_install(jobs: Sequence[Job], entries: Sequence[Mapping[str, Any]]) -> float:
    """
    Return the polls per second from the last creation of a server to the first request for an image.

    A poll is a request that repeats an earlier one. The first read of each server and of its console begins a step.

    Args:
        jobs: Jobs of the lab.
        entries: Journal of the lab.

    Returns:
        Requests per second; 0 if the builds never install all at once.
    """
    from_s = max(job.end for job in jobs if job.kind == "create_server")
    to_s = min(job.begin for job in jobs if job.kind == "capture_image")
    if to_s <= from_s:
        return 0.0
    paths = [entry["path"] for entry in entries if from_s < seconds(entry["real_time"]) < to_s]
    return (len(paths) - len(set(paths))) / (to_s - from_s)


def result_of(runs: Sequence[Run], durations: Durations, size: str) -> BenchmarkResult:
    alone, largest = runs[0], runs[-1]
    limits = {run.builds: SLOWER_AT_MOST.get(run.builds, ANY_SLOWER_AT_MOST) for run in runs[1:]}
    held = [run for run in runs[1:] if run.builds in SLOWER_AT_MOST or size == "quick"]
    checks = [
        Check(f"wall time of {run.builds} builds over that of one", ratio(run, alone), limits[run.builds])
        for run in held
    ]
    growth = largest.requests_per_build / alone.requests_per_build
    figure = f"requests per build of {largest.builds} builds over those of one"
    return BenchmarkResult(
        benchmark=NAME,
        title=TITLE,
        against=f"the same with one build of {ideal(durations):.0f} s; each number in a lab and a stack of its own",
        checks=[
            *checks,
            Check(figure, growth, MORE_REQUESTS_AT_MOST),
            Check(
                f"polls per second while {largest.builds} builds install, over the polling budget",
                largest.installing_per_s / PER_SECOND,
                1.0,
            ),
        ],
        raw={
            "durations": durations.as_json(),
            "critical_path_s": ideal(durations),
            "runs": [run.as_json() for run in runs],
            "provider_mib_more_per_build": more_memory(alone, largest),
        },
        picture=picture(runs),
        size=size,
    )


def ratio(run: Run, alone: Run) -> float:
    return run.command.seconds / alone.command.seconds


def more_memory(alone: Run, many: Run) -> float:
    """Return the MiB that each further build adds to the process that runs the providers."""
    return round((many.provider.peak_mib - alone.provider.peak_mib) / max(many.builds - 1, 1), 2)


def picture(runs: Sequence[Run]) -> str:
    alone = runs[0].command.seconds
    rows = [
        Bar(
            f"{run.builds} builds" if run.builds > 1 else "1 build",
            [(run.command.seconds, 0)],
            f"{run.command.seconds:.0f} s",
        )
        for run in runs
    ]
    limits = [Limit(limit * alone, f"{limit} x one build, for {n}") for n, limit in SLOWER_AT_MOST.items()]
    return bars("Wall time of builds beside each other", rows, limits)
