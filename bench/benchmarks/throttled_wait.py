"""Benchmark of builds that wait while the service allows two requests a second."""

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bench.benchmark_result import BenchmarkResult, Check
from bench.critical_path import Durations, ideal
from bench.fixture import Command, Fixture
from bench.job_records import count_jobs, seconds
from bench.measurement_options import QUICK, Options
from bench.pictures import Limit, Line, lines

NAME = "throttled-wait"
TITLE = "20 builds, 2 requests a second while they wait for their installations"
DURATIONS = Durations(import_=15, create=45, install=180, capture=45, delete=15, notice=5)
BUILDS, QUICK_BUILDS = 20, 2
LIMIT_PER_S = 2
SLOWER_AT_MOST = 1.20
THROTTLED = 429
POLL_EVERY_S = 0.5


def measure(options: Options) -> BenchmarkResult:
    durations, builds = (QUICK, QUICK_BUILDS) if options.quick else (DURATIONS, BUILDS)
    with Fixture.prepare(durations) as fixture:
        fixture.declare(builds, image_tasks_at_once=2 * builds, servers_at_once=builds)
        throttle = Throttle(fixture, builds)
        command = fixture.run("up", profile=options.profile_of(NAME))
        period = throttle.end()
        entries = fixture.journal()
    return result_of(command, entries, period, builds, durations, options.size)


class Throttle:
    """Throttle of the lab, on from the creation of all servers until an image of each is requested."""

    def __init__(self, fixture: Fixture, builds: int) -> None:
        self._fixture, self._builds = fixture, builds
        self._stop = threading.Event()
        self._times: list[float] = []
        self._thread = threading.Thread(target=self._run, name="throttle", daemon=True)
        self._thread.start()

    def end(self) -> tuple[float, float]:
        """
        Return its start and its end, in real seconds since the epoch.

        Raises:
            ValueError: The builds have ended before.
        """
        self._stop.set()
        self._thread.join()
        if len(self._times) != 2:
            raise ValueError("the builds have ended without a throttled wait")
        return self._times[0], self._times[1]

    def _run(self) -> None:
        if self._reached("create_server", ended=True):
            self._times.append(self._set(LIMIT_PER_S))
        if self._reached("capture_image", ended=False):
            self._times.append(self._set(0))

    def _reached(self, kind: str, *, ended: bool) -> bool:
        """Wait until there is a job of a kind for each build; return False if the builds end before."""
        while not self._stop.wait(POLL_EVERY_S):
            if count_jobs(self._fixture.lab.state, kind, ended=ended) >= self._builds:
                return True
        return False

    def _set(self, limit: int) -> float:
        self._fixture.lab.change_settings(throttle={"limit": limit, "period_s": 1})
        return time.time()


def result_of(
    command: Command,
    entries: Sequence[Mapping[str, Any]],
    period: tuple[float, float],
    builds: int,
    durations: Durations,
    size: str,
) -> BenchmarkResult:
    ideal_s = ideal(durations)
    refused = [entry for entry in entries if entry["status"] == THROTTLED]
    return BenchmarkResult(
        benchmark=NAME,
        title=TITLE if size == "full" else f"{builds} builds, {LIMIT_PER_S} requests a second while they wait",
        against="the critical path of one of the builds: the quotas allow all of them at once, and it is not throttled",
        checks=[Check("wall time over the critical path", command.seconds / ideal_s, SLOWER_AT_MOST)],
        raw={
            "durations": durations.as_json(),
            "builds": builds,
            "wall_s": round(command.seconds, 2),
            "ideal_s": ideal_s,
            "throttled_from_s": round(period[0] - command.began, 1),
            "throttled_until_s": round(period[1] - command.began, 1),
            "limit_per_s_and_service": LIMIT_PER_S,
            "requests": len(entries),
            "refused": len(refused),
            "refused_by_operation": dict(Counter(str(entry["operation"]) for entry in refused).most_common()),
            "failed_builds": 0,  # a command that fails raises
            "processes": command.usage_json(),
        },
        picture=picture(command, entries, period, builds),
        size=size,
    )


def per_second(times: Sequence[float], began: float, ended: float) -> list[tuple[float, float]]:
    """Count the moments in each second from the beginning on."""
    counted = Counter(int(at - began) for at in times)
    return [(float(second), float(counted[second])) for second in range(int(ended - began) + 1)]


def picture(command: Command, entries: Sequence[Mapping[str, Any]], period: tuple[float, float], builds: int) -> str:
    answered, refused = (
        per_second(
            [seconds(e["real_time"]) for e in entries if (e["status"] == THROTTLED) is is_refused],
            command.began,
            command.ended,
        )
        for is_refused in (False, True)
    )
    return lines(
        f"{builds} builds; {LIMIT_PER_S} requests a second and service between the marks",
        [Line("answered", answered, 0, steps=True), Line("refused", refused, 1, steps=True)],
        x_title="seconds since the command began",
        y_title="requests a second, all services",
        marks=[
            Limit(period[0] - command.began, "throttled from here"),
            Limit(period[1] - command.began, "to here"),
        ],
    )
