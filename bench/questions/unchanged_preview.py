"""Benchmark of a preview of many finished builds without changes, against one of a program that declares nothing."""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.benchmark_result import ROOT, Answer, Check
from bench.critical_path import Durations
from bench.fixture import PARALLEL, Command, Stage, stage
from bench.measurement_options import Options
from bench.pictures import Bar, Limit, bars
from tests.e2e.project import Project

NAME = "unchanged-preview"
TITLE = "preview without changes of 200 builds"
DURATIONS = Durations(import_=60, create=40, install=300, capture=120, delete=25)
TIME_SCALE = 600.0
BUILDS, QUICK_BUILDS = 200, 3
ROUNDS, QUICK_ROUNDS = 5, 1
SLOWER_AT_MOST = 3.0
KINDS = 3
"""Images, servers and disks: a refresh may list each once."""
OTHER_SERVICES = ("iam",)


def answer(options: Options) -> Answer:
    """Run previews of both kinds in turn, so that other load of the machine affects both."""
    builds, rounds = (QUICK_BUILDS, QUICK_ROUNDS) if options.quick else (BUILDS, ROUNDS)
    with stage(DURATIONS, time_scale=TIME_SCALE) as place, TemporaryDirectory(prefix="bench-empty-") as folder:
        place.declare(builds, image_tasks_at_once=2 * builds, servers_at_once=builds)
        place.run("up", "--skip-preview")
        nothing = BareProject(Path(folder) / "empty", {})
        bare = BareProject(Path(folder) / "bare", {}, builds=builds)
        outcome = bare.up("--skip-preview", *PARALLEL)
        assert outcome.status == 0, outcome
        nothing.preview()
        place.run("preview")
        empty, least, plain, refreshed = [], [], [], []
        for number in range(rounds):
            empty.append(timed(nothing.preview))
            least.append(timed(lambda: bare.preview(*PARALLEL)))
            profile = options.profile_of(NAME) if number == 0 else None
            plain.append(previewed(place, profile=profile))
            refreshed.append(previewed(place, "--refresh"))
    return judged(builds, empty, least, plain, refreshed, options.size)


Preview = tuple[Command, Counter[str]]


def previewed(place: Stage, *more: str, profile: Path | None = None) -> Preview:
    """Run a preview that finds no changes, and return it with its requests by operation."""
    place.lab.clear_journal()
    command = place.run("preview", "--expect-no-changes", *more, profile=profile)
    return command, Counter(f"{entry['service']} {entry['operation']}" for entry in place.journal())


def timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    outcome = work()
    seconds = time.perf_counter() - began
    assert outcome.status == 0, outcome
    return seconds


BARE = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class BareProvider(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult("id", props)


class Bare(Resource, name="Bare"):
    def __init__(self, name, props):
        super().__init__(BareProvider(), name, props)
"""
"""A provider that does nothing."""

DECLARED = """
from bare import Bare

for build in range({builds}):
    before = ""
    for step in range({steps}):
        before = Bare(f"{{build}}-{{step}}", {{"before": before}}).id
"""
STEPS = 5


@dataclass
class BareProject(Project):
    """
    Program with Pulumi's own part of the work only.

    For each build it declares as many resources as a build has steps, each with one property and a provider that does
    nothing. Without builds it declares nothing.
    """

    builds: int = 0

    def write_program(self) -> None:
        (self.program / "bare.py").write_text(BARE)
        program = DECLARED.format(builds=self.builds, steps=STEPS) if self.builds else "import pulumi\n"
        (self.program / "__main__.py").write_text(program)
        for name in ("Pulumi.yaml", ".venv"):
            (self.program / name).symlink_to(ROOT / name)


def to_cloud(requests: Counter[str]) -> int:
    """Return the number of requests except those for signing in."""
    return sum(count for name, count in requests.items() if name.partition(" ")[0] not in OTHER_SERVICES)


def judged(
    builds: int,
    empty: list[float],
    least: list[float],
    plain: list[Preview],
    refreshed: list[Preview],
    size: str,
) -> Answer:
    empty_s, least_s, plain_s, refreshed_s = (
        statistics.median(empty),
        statistics.median(least),
        statistics.median(command.seconds for command, _ in plain),
        statistics.median(command.seconds for command, _ in refreshed),
    )
    most_plain = max(to_cloud(requests) for _, requests in plain)
    most_refreshed = max(to_cloud(requests) for _, requests in refreshed)
    return Answer(
        question=NAME,
        title=TITLE if size == "full" else f"preview without changes of {builds} builds",
        against="a preview of a Python program that imports Pulumi and declares nothing, run in turn with it; medians",
        checks=[
            Check("preview over an empty preview", plain_s / empty_s, SLOWER_AT_MOST),
            # a limit of zero cannot be a divisor: one request is twice the limit
            Check("requests of a preview, plus one, over one", float(most_plain + 1), 1.0),
            Check("requests of a preview with refresh over one list a kind", most_refreshed / KINDS, 1.0),
        ],
        raw={
            "builds": builds,
            "empty_s": rounded(empty),
            "bare_resources": builds * STEPS,
            "bare_s": rounded(least),
            "over_bare": round(plain_s / least_s, 2),
            "preview_s": rounded([command.seconds for command, _ in plain]),
            "preview_with_refresh_s": rounded([command.seconds for command, _ in refreshed]),
            "with_refresh_over_empty": round(refreshed_s / empty_s, 2),
            "requests": dict(plain[0][1]),
            "requests_with_refresh": dict(refreshed[0][1]),
            "processes": plain[0][0].usage_json(),
            "processes_with_refresh": refreshed[0][0].usage_json(),
        },
        picture=picture(builds, empty_s, least_s, plain_s, refreshed_s),
        time_scale=TIME_SCALE,
        size=size,
    )


def rounded(values: list[float]) -> list[float]:
    return [round(value, 2) for value in values]


def picture(builds: int, empty_s: float, least_s: float, plain_s: float, refreshed_s: float) -> str:
    rows = [
        Bar("nothing declared", [(empty_s, 5)], f"{empty_s:.1f} s"),
        Bar(f"{builds * STEPS} bare resources", [(least_s, 5)], f"{least_s:.1f} s"),
        Bar(f"{builds} builds", [(plain_s, 0)], f"{plain_s:.1f} s"),
        Bar(f"{builds} builds, --refresh", [(refreshed_s, 3)], f"{refreshed_s:.1f} s"),
    ]
    limit = Limit(SLOWER_AT_MOST * empty_s, f"{SLOWER_AT_MOST:g} x nothing declared")
    return bars("Preview without changes", rows, [limit])
