"""
Benchmark of many finished builds without changes, as dynamic resources and with the provider.

A preview is compared with one of as many bare resources, of the same kind: dynamic ones, or those of a provider that is
written with Pulumi's Python SDK. One with the provider is compared with a program that declares nothing, too. The `up`
before it and the state are compared with each other, and with those of a program that declares the same components with
dynamic resources: a program has a check for each of its builds, the project one for all.
"""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.bare.bare_project import BareConsumer, BareProject
from bench.bare.bare_provider import STEPS
from bench.benchmark_result import ROOT, BenchmarkResult, Check
from bench.critical_path import Durations
from bench.fixture import PARALLEL, Command, Fixture
from bench.measurement_options import Options
from bench.pictures import Bar, Limit, bars
from config.resource_types import PACKAGE
from tests.e2e.project import STACK, Project

NAME = "unchanged-preview"
TITLE = "preview without changes of 200 builds"
DURATIONS = Durations(import_=60, create=40, install=300, capture=120, delete=25)
TIME_SCALE = 600.0
BUILDS, QUICK_BUILDS = 200, 3
ROUNDS, QUICK_ROUNDS = 5, 1
OVER_BARE_AT_MOST = 1.2
OVER_EMPTY_AT_MOST = 4.0
KINDS = 3
"""Images, servers and disks: a refresh may list each once."""
FILES = 1
"""ISO files: a preview identifies the content of each, because a file can change behind an unchanged name."""
OTHER_SERVICES = ("iam",)
COMPONENTS = ROOT / "bench" / "component_program.py"


def measure(options: Options) -> BenchmarkResult:
    """Run previews of all kinds in turn, so that other load of the machine affects all."""
    builds, rounds = (QUICK_BUILDS, QUICK_ROUNDS) if options.quick else (BUILDS, ROUNDS)
    with (
        Fixture.prepare(DURATIONS, time_scale=TIME_SCALE) as dynamic,
        Fixture.prepare(DURATIONS, time_scale=TIME_SCALE, serving="provider") as provider,
        Fixture.prepare(DURATIONS, time_scale=TIME_SCALE) as components,
        TemporaryDirectory(prefix="bench-empty-") as folder,
    ):
        ways = {"dynamic": dynamic, "provider": provider, "components": components}
        limits = {"image_tasks_at_once": 2 * builds, "servers_at_once": builds}
        for fixture in ways.values():
            fixture.declare(builds, **limits)
        use_component(components.project, limits)
        ups = {name: fixture.run("up", "--skip-preview") for name, fixture in ways.items()}
        states = {name: state_bytes(fixture.project) for name, fixture in ways.items()}
        nothing = BareProject(Path(folder) / "empty", {})
        bare = BareProject(Path(folder) / "bare", {}, builds=builds)
        bare_provider = BareConsumer(Path(folder) / "bare-provider", {}, builds=builds)
        for project in (bare, bare_provider):
            outcome = project.up(*PARALLEL)
            assert outcome.status == 0, outcome
        nothing.preview()
        measured = Measurement(builds, ups, states)
        for fixture in ways.values():
            fixture.run("preview")
        for number in range(rounds):
            profile = options.profile_of(NAME) if number == 0 else None
            measured.empty.append(timed(nothing.preview))
            measured.bare.append(timed(lambda: bare.preview(*PARALLEL)))
            measured.bare_provider.append(timed(lambda: bare_provider.preview(*PARALLEL)))
            measured.plain.append(previewed(dynamic))
            measured.provider.append(previewed(provider, profile=profile))
            measured.refreshed.append(previewed(dynamic, "--refresh"))
    return result_of(measured, options.size)


def use_component(project: Project, limits: Mapping[str, int]) -> None:
    """Let a program declare the builds of the stack, whose own settings are in the namespace of the package."""
    project.replace_program(COMPONENTS)
    for key, value in limits.items():
        outcome = project.pulumi("config", "set", "--stack", STACK, f"{PACKAGE}:{key}", str(value))
        assert outcome.status == 0, outcome


def state_bytes(project: Project) -> int:
    """Return the size of a stack's state, as the engine writes it."""
    (file,) = (project.folder / "state" / ".pulumi" / "stacks").rglob(f"{STACK}.json")
    return file.stat().st_size


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


def to_cloud(requests: Counter[str]) -> int:
    """Return the number of requests except those for signing in."""
    return sum(count for name, count in requests.items() if name.partition(" ")[0] not in OTHER_SERVICES)


@dataclass
class Measurement:
    """
    Runs of all kinds.

    Attributes:
        ups: The first `up` of each way of serving.
        states: Bytes of the state after it.
        empty: Seconds of previews that declare nothing.
        bare: Seconds of previews of bare dynamic resources.
        bare_provider: Seconds of previews of as many bare resources of a provider.
        plain: Previews of dynamic resources.
        provider: Previews with the provider.
        refreshed: Previews of dynamic resources with refresh.
    """

    builds: int
    ups: dict[str, Command]
    states: dict[str, int]
    empty: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    bare_provider: list[float] = field(default_factory=list)
    plain: list[Preview] = field(default_factory=list)
    provider: list[Preview] = field(default_factory=list)
    refreshed: list[Preview] = field(default_factory=list)

    @property
    def empty_s(self) -> float:
        return statistics.median(self.empty)

    @property
    def bare_s(self) -> float:
        return statistics.median(self.bare)

    @property
    def bare_provider_s(self) -> float:
        return statistics.median(self.bare_provider)

    @property
    def plain_s(self) -> float:
        return median_seconds(self.plain)

    @property
    def provider_s(self) -> float:
        return median_seconds(self.provider)

    @property
    def refreshed_s(self) -> float:
        return median_seconds(self.refreshed)

    def as_json(self) -> dict[str, Any]:
        return {
            "builds": self.builds,
            "empty_s": rounded(self.empty),
            "bare_resources": self.builds * STEPS,
            "bare_s": rounded(self.bare),
            "bare_provider_s": rounded(self.bare_provider),
            "preview_s": rounded([command.seconds for command, _ in self.plain]),
            "preview_over_empty": round(self.plain_s / self.empty_s, 2),
            "preview_with_provider_s": rounded([command.seconds for command, _ in self.provider]),
            "preview_with_refresh_s": rounded([command.seconds for command, _ in self.refreshed]),
            "with_refresh_over_empty": round(self.refreshed_s / self.empty_s, 2),
            "up_s": {name: round(command.seconds, 2) for name, command in self.ups.items()},
            "state_bytes": self.states,
            "requests": dict(self.plain[0][1]),
            "requests_with_provider": dict(self.provider[0][1]),
            "requests_with_refresh": dict(self.refreshed[0][1]),
            "processes": self.plain[0][0].usage_json(),
            "processes_with_provider": self.provider[0][0].usage_json(),
            "processes_with_refresh": self.refreshed[0][0].usage_json(),
        }


def median_seconds(previews: list[Preview]) -> float:
    return statistics.median(command.seconds for command, _ in previews)


def result_of(measured: Measurement, size: str) -> BenchmarkResult:
    most_plain = max(to_cloud(requests) for _, requests in [*measured.plain, *measured.provider])
    most_refreshed = max(to_cloud(requests) for _, requests in measured.refreshed)
    ups, states = measured.ups, measured.states
    return BenchmarkResult(
        benchmark=NAME,
        title=TITLE if size == "full" else f"preview without changes of {measured.builds} builds",
        against="bare resources of the same kind, and a program that declares nothing, run in turn with them; medians",
        checks=[
            Check("preview over one of bare resources", measured.plain_s / measured.bare_s, OVER_BARE_AT_MOST),
            Check(
                "preview with the provider over one of bare resources of a provider",
                measured.provider_s / measured.bare_provider_s,
                OVER_BARE_AT_MOST,
            ),
            Check(
                "preview with the provider over an empty preview",
                measured.provider_s / measured.empty_s,
                OVER_EMPTY_AT_MOST,
            ),
            Check("up with the provider over dynamic", ups["provider"].seconds / ups["dynamic"].seconds, 1.0),
            Check(
                "up with the provider over a program with the same components",
                ups["provider"].seconds / ups["components"].seconds,
                1.0,
            ),
            Check("state with the provider over dynamic", states["provider"] / states["dynamic"], 1.0),
            Check("requests of a preview over one for each ISO file", most_plain / FILES, 1.0),
            Check(
                "requests of a preview with refresh over one list a kind more", most_refreshed / (KINDS + FILES), 1.0
            ),
        ],
        raw=measured.as_json(),
        picture=picture(measured),
        time_scale=TIME_SCALE,
        size=size,
    )


def rounded(values: list[float]) -> list[float]:
    return [round(value, 2) for value in values]


def picture(measured: Measurement) -> str:
    bare = f"{measured.builds * STEPS} resources"
    rows = [
        Bar("nothing declared", [(measured.empty_s, 5)], f"{measured.empty_s:.1f} s"),
        Bar(f"{bare} bare, provider", [(measured.bare_provider_s, 5)], f"{measured.bare_provider_s:.1f} s"),
        Bar(f"{measured.builds} builds, provider", [(measured.provider_s, 0)], f"{measured.provider_s:.1f} s"),
        Bar(f"{bare} bare, dynamic", [(measured.bare_s, 5)], f"{measured.bare_s:.1f} s"),
        Bar(f"{measured.builds} builds", [(measured.plain_s, 0)], f"{measured.plain_s:.1f} s"),
        Bar(f"{measured.builds} builds, --refresh", [(measured.refreshed_s, 3)], f"{measured.refreshed_s:.1f} s"),
    ]
    limits = [
        Limit(OVER_EMPTY_AT_MOST * measured.empty_s, f"{OVER_EMPTY_AT_MOST:g} x nothing declared, for the provider"),
        Limit(OVER_BARE_AT_MOST * measured.bare_s, f"{OVER_BARE_AT_MOST:g} x bare dynamic resources"),
        Limit(OVER_BARE_AT_MOST * measured.bare_provider_s, f"{OVER_BARE_AT_MOST:g} x those of a provider"),
    ]
    return bars("Preview without changes", rows, limits)
