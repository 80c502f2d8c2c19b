"""
Benchmark of one build with jobs as long as in a region: the time added to the cloud's own, and the requests.

Measured as the first build in a region, of which nothing is known, and as a later one. The later one knows the
durations of the steps of an earlier one. That knowledge is written as an earlier build leaves it, because building it
takes half an hour.
"""

import json
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.benchmark_result import BenchmarkResult, Check
from bench.critical_path import Durations, Span, gaps, seconds_of, spans_of_build
from bench.fixture import Command, Fixture
from bench.job_records import seconds
from bench.measurement_options import QUICK, Options
from bench.pictures import Bar, Limit, bars
from config.sign_in.connection import connect
from preflight.duration_history import basis, content_key
from providers.runtime.similar_builds import BY_CONTENT_AND_FLAVOR
from tests.e2e.project import build_settings

NAME = "one-build"
TITLE = "one build whose jobs take 60 s, 300 s, 1200 s and 120 s"
SLOWER_AT_MOST = 1.010
LATER_SLOWER_AT_MOST = 1.006
MORE_REQUESTS_AT_MOST = 3.0
"""Requests of a later build over those of fixed polling: minutes cost more than status reads."""
DURATIONS = Durations(import_=60, create=300, install=1200, capture=120, delete=25, notice=5)
FIXED_S = 10.0
APART_S = 20.0
"""Seconds between the begins of the three runs: a user's build does not share its processor with two other ones."""
REGION = "lab-1"
TOLERANCE_S = 1.0
FLAVOR = "s6.large.2"


@dataclass(frozen=True)
class Run:
    """One `up` in a lab of its own."""

    command: Command
    spans: Sequence[Span]
    entries: Sequence[Mapping[str, Any]]

    @property
    def critical_path_s(self) -> float:
        return seconds_of(self.spans)

    @property
    def ratio(self) -> float:
        return self.command.seconds / self.critical_path_s

    @property
    def gaps(self) -> list[Span]:
        return gaps(self.command.began, self.spans, self.command.ended)

    def as_json(self) -> dict[str, Any]:
        return {
            "wall_s": round(self.command.seconds, 2),
            "critical_path_s": round(self.critical_path_s, 2),
            "cloud_s": {span.name: round(span.seconds, 2) for span in self.spans},
            "added_s": {gap.name: round(gap.seconds, 2) for gap in self.gaps},
            "requests": len(self.entries),
            "requests_by_operation": dict(Counter(str(e["operation"]) for e in self.entries).most_common()),
            "processes": self.command.usage_json(),
        }


def measure(options: Options) -> BenchmarkResult:
    """Measure a first and a later build and the common practice beside each other, each in a lab of its own."""
    durations = QUICK if options.quick else DURATIONS
    scale = 1.0 if options.quick else options.time_scale
    apart_s = 0.0 if options.quick else APART_S
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(run, durations, scale, profile=options.profile_of(NAME))
        later = pool.submit(run, durations, scale, known=True, after_s=apart_s)
        fixed = pool.submit(run, durations, scale, hooks=("fixed_polling",), after_s=2 * apart_s)
        return result_of(first.result(), later.result(), fixed.result(), durations, scale, options.size)


def run(
    durations: Durations,
    scale: float,
    *,
    hooks: Sequence[str] = (),
    profile: Path | None = None,
    known: bool = False,
    after_s: float = 0.0,
) -> Run:
    """
    Run one `up` of one build, preview included, as a user does.

    Args:
        known: True if an earlier build has recorded the durations of the steps.
        after_s: Seconds between the preparation and the `up`.
    """
    with Fixture.prepare(durations, time_scale=scale, hooks=hooks) as fixture:
        fixture.declare(1)
        if known:
            remember(fixture, durations, scale)
        time.sleep(after_s)
        command = fixture.run("up", profile=profile)
        return Run(command, spans_of_build(fixture.jobs(), durations, scale), fixture.journal())


def remember(fixture: Fixture, durations: Durations, scale: float) -> None:
    """
    Write the durations of the steps to the place where the providers read those of earlier builds of the same ISO file.
    """
    took = {
        "iso_image": durations.import_,
        "temporary_server": durations.create,
        "installation": durations.install + durations.notice,
        "captured_image": durations.capture,
        "teardown": durations.delete,
    }
    entries = {step: [seconds / scale] for step, seconds in took.items()}
    for content in contents(fixture):
        for step, took_s in took.items():
            flavor = FLAVOR if step in BY_CONTENT_AND_FLAVOR else ""
            entries[f"{step} {basis(content, flavor)}"] = [took_s / scale]
    file = Path(fixture.project.variables["XDG_CACHE_HOME"]) / "huaweicloud-image-from-iso" / "durations.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({REGION: entries}))


def contents(fixture: Fixture) -> list[str]:
    """Return the identification of the builds' ISO file: its name, and its content."""
    url = {"image_url": build_settings(fixture.lab.env)["image_url"]}
    found = connect(REGION, {"region": REGION}, fixture.lab.env).obs.head_object(*url["image_url"].split(":"))
    fixture.lab.clear_journal()
    assert found is not None
    return [content_key(None, url), content_key({"etag": found.etag, "size_bytes": found.size_bytes}, url)]


def result_of(first: Run, later: Run, fixed: Run, durations: Durations, scale: float, size: str) -> BenchmarkResult:
    require_fixed_polling(fixed.entries)
    return BenchmarkResult(
        benchmark=NAME,
        title=TITLE,
        against="the critical path, from the lab's own records of its jobs; for the requests, the same providers with "
        "fixed polling every 10 s after 10 s, run beside it in a lab of its own",
        checks=[
            Check("wall time over critical path, first build", first.ratio, SLOWER_AT_MOST),
            Check("wall time over critical path, later build", later.ratio, LATER_SLOWER_AT_MOST),
            Check(
                "requests of a later build over those of fixed polling",
                len(later.entries) / len(fixed.entries),
                MORE_REQUESTS_AT_MOST,
            ),
        ],
        raw={
            "durations": durations.as_json(),
            "first_build": {**first.as_json(), "ratio": round(first.ratio, 4)},
            "later_build": {**later.as_json(), "ratio": round(later.ratio, 4)},
            "requests_of_the_first_build_over_those_of_fixed_polling": round(
                len(first.entries) / len(fixed.entries), 4
            ),
            "fixed_polling": {**fixed.as_json(), "ratio": round(fixed.ratio, 4)},
        },
        picture=picture(first, later, fixed),
        time_scale=scale,
        size=size,
    )


def require_fixed_polling(entries: Sequence[Mapping[str, Any]]) -> None:
    """
    Check that the baseline polls at its fixed times.

    Raises:
        ValueError: It has polled at other times.
    """
    pauses = pauses_of_jobs(entries)
    if not pauses or abs(statistics.median(pauses) - FIXED_S) > TOLERANCE_S:
        raise ValueError(f"the baseline has not polled every {FIXED_S:g} s, but after {pauses} s")


def pauses_of_jobs(entries: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return the seconds between two polls of the same job, by the lab's journal."""
    last: dict[str, float] = {}
    pauses = []
    for entry in entries:
        if entry["method"] == "GET" and ("/jobs/" in entry["path"] or "/cloudservers/" in entry["path"]):
            at = seconds(entry["real_time"])
            if entry["path"] in last and at - last[entry["path"]] > TOLERANCE_S:
                pauses.append(round(at - last[entry["path"]], 1))
            last[entry["path"]] = at
    return pauses


COLOURS = {"import": 0, "create server": 3, "install": 2, "capture": 4, "delete": 5}


def picture(first: Run, later: Run, fixed: Run) -> str:
    """Return a picture of the cloud's own work, with the time added to it in another colour."""
    rows = []
    for label, one in (("first build", first), ("later build", later), ("fixed polling, 10 s", fixed)):
        parts: list[tuple[float, int]] = []
        for number, gap in enumerate(one.gaps):
            parts.append((gap.seconds, 1))
            parts += [(span.seconds, COLOURS[span.name]) for span in one.spans[number : number + 1]]
        rows.append(Bar(label, parts, f"{one.command.seconds:.0f} s, {len(one.entries)} req."))
    critical = first.critical_path_s
    rows.append(Bar("critical path", [(s.seconds, COLOURS[s.name]) for s in first.spans], f"{critical:.0f} s"))
    limit = Limit(SLOWER_AT_MOST * critical, f"{SLOWER_AT_MOST} x critical path")
    return bars("One build: the cloud's own time, and what is added", rows, [limit], [*COLOURS.items(), ("added", 1)])
