"""Benchmark of a preview of many finished builds without changes, against one of a program that declares nothing."""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.benchmark_result import ROOT, BenchmarkResult, Check
from bench.critical_path import Durations
from bench.fixture import PARALLEL, Command, Fixture
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


def measure(options: Options) -> BenchmarkResult:
    """Run previews of both kinds in turn, so that other load of the machine affects both."""
    builds, rounds = (QUICK_BUILDS, QUICK_ROUNDS) if options.quick else (BUILDS, ROUNDS)
    with (
        Fixture.prepare(DURATIONS, time_scale=TIME_SCALE) as fixture,
        TemporaryDirectory(prefix="bench-empty-") as folder,
    ):
        fixture.declare(builds, image_tasks_at_once=2 * builds, servers_at_once=builds)
        fixture.run("up", "--skip-preview")
        nothing = BareProject(Path(folder) / "empty", {})
        bare = BareProject(Path(folder) / "bare", {}, builds=builds)
        outcome = bare.up(*PARALLEL)
        assert outcome.status == 0, outcome
        nothing.preview()
        fixture.run("preview")
        empty, least, plain, refreshed = [], [], [], []
        for number in range(rounds):
            empty.append(timed(nothing.preview))
            least.append(timed(lambda: bare.preview(*PARALLEL)))
            profile = options.profile_of(NAME) if number == 0 else None
            plain.append(previewed(fixture, profile=profile))
            refreshed.append(previewed(fixture, "--refresh"))
    return result_of(Measurement(builds, empty, least, plain, refreshed), options.size)


Preview = tuple[Command, Counter[str]]


def previewed(fixture: Fixture, *more: str, profile: Path | None = None) -> Preview:
    """Run a preview that finds no changes, and return it with its requests by operation."""
    fixture.lab.clear_journal()
    command = fixture.run("preview", "--expect-no-changes", *more, profile=profile)
    return command, Counter(f"{entry['service']} {entry['operation']}" for entry in fixture.journal())


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


@dataclass(frozen=True)
class Measurement:
    """Previews of all kinds: of nothing, of bare resources (in seconds), and of builds without and with refresh."""

    builds: int
    empty: list[float]
    bare: list[float]
    plain: list[Preview]
    refreshed: list[Preview]

    @property
    def empty_s(self) -> float:
        return statistics.median(self.empty)

    @property
    def bare_s(self) -> float:
        return statistics.median(self.bare)

    @property
    def plain_s(self) -> float:
        return statistics.median(command.seconds for command, _ in self.plain)

    @property
    def refreshed_s(self) -> float:
        return statistics.median(command.seconds for command, _ in self.refreshed)

    def as_json(self) -> dict[str, Any]:
        return {
            "builds": self.builds,
            "empty_s": rounded(self.empty),
            "bare_resources": self.builds * STEPS,
            "bare_s": rounded(self.bare),
            "over_bare": round(self.plain_s / self.bare_s, 2),
            "preview_s": rounded([command.seconds for command, _ in self.plain]),
            "preview_with_refresh_s": rounded([command.seconds for command, _ in self.refreshed]),
            "with_refresh_over_empty": round(self.refreshed_s / self.empty_s, 2),
            "requests": dict(self.plain[0][1]),
            "requests_with_refresh": dict(self.refreshed[0][1]),
            "processes": self.plain[0][0].usage_json(),
            "processes_with_refresh": self.refreshed[0][0].usage_json(),
        }


def result_of(measured: Measurement, size: str) -> BenchmarkResult:
    most_plain = max(to_cloud(requests) for _, requests in measured.plain)
    most_refreshed = max(to_cloud(requests) for _, requests in measured.refreshed)
    return BenchmarkResult(
        benchmark=NAME,
        title=TITLE if size == "full" else f"preview without changes of {measured.builds} builds",
        against="a preview of a Python program that imports Pulumi and declares nothing, run in turn with it; medians",
        checks=[
            Check("preview over an empty preview", measured.plain_s / measured.empty_s, SLOWER_AT_MOST),
            # a limit of zero cannot be a divisor: one request is twice the limit
            Check("requests of a preview, plus one, over one", float(most_plain + 1), 1.0),
            Check("requests of a preview with refresh over one list a kind", most_refreshed / KINDS, 1.0),
        ],
        raw=measured.as_json(),
        picture=picture(measured),
        time_scale=TIME_SCALE,
        size=size,
    )


def rounded(values: list[float]) -> list[float]:
    return [round(value, 2) for value in values]


def picture(measured: Measurement) -> str:
    rows = [
        Bar("nothing declared", [(measured.empty_s, 5)], f"{measured.empty_s:.1f} s"),
        Bar(f"{measured.builds * STEPS} bare resources", [(measured.bare_s, 5)], f"{measured.bare_s:.1f} s"),
        Bar(f"{measured.builds} builds", [(measured.plain_s, 0)], f"{measured.plain_s:.1f} s"),
        Bar(f"{measured.builds} builds, --refresh", [(measured.refreshed_s, 3)], f"{measured.refreshed_s:.1f} s"),
    ]
    limit = Limit(SLOWER_AT_MOST * measured.empty_s, f"{SLOWER_AT_MOST:g} x nothing declared")
    return bars("Preview without changes", rows, [limit])
