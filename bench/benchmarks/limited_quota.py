"""Benchmark of many builds with a quota of few servers: the distance from the ideal schedule."""

from collections.abc import Sequence
from itertools import accumulate

from bench.benchmark_result import BenchmarkResult, Check
from bench.critical_path import Durations, ideal_schedule, server_lives
from bench.fixture import Command, Fixture, is_setting
from bench.job_records import Job
from bench.measurement_options import QUICK, Options
from bench.pictures import Limit, Line, lines

NAME = "limited-quota"
TITLE = "200 builds with a quota of 20 servers"
DURATIONS = Durations(import_=15, create=35, install=130, capture=15, delete=5, notice=2)
BUILDS, SERVERS = 200, 20
QUICK_BUILDS, QUICK_SERVERS = 4, 2
SLOWER_AT_MOST = 1.10


def measure(options: Options) -> BenchmarkResult:
    """Measure one `up`; the project's quota is no more than the servers that the stack is allowed."""
    durations = QUICK if options.quick else DURATIONS
    builds, servers = (QUICK_BUILDS, QUICK_SERVERS) if options.quick else (BUILDS, SERVERS)
    with Fixture.prepare(durations, quotas={"servers": servers}) as fixture:
        # the setting keeps the builds within the quota, which the preflight checks
        fixture.declare(
            builds, servers_at_once=servers, preflight="enforce" if is_setting("servers_at_once") else "warn"
        )
        command = fixture.run("up", profile=options.profile_of(NAME))
        jobs, requests = fixture.jobs(), fixture.requests()
    alive = servers_alive(jobs)
    ideal_s = ideal_schedule(durations, builds, servers)
    return BenchmarkResult(
        benchmark=NAME,
        title=TITLE if not options.quick else f"{builds} builds with a quota of {servers} servers",
        against=f"the ideal schedule: the import, then {-(-builds // servers)} times the life of a server",
        checks=[Check("wall time over the ideal schedule", command.seconds / ideal_s, SLOWER_AT_MOST)],
        raw={
            "durations": durations.as_json(),
            "builds": builds,
            "servers": servers,
            "wall_s": round(command.seconds, 2),
            "ideal_s": ideal_s,
            "server_lives_s": server_lives(durations),
            "server_lived_s": lives(jobs),
            "most_servers_alive": max(count for _, count in alive),
            "before_first_server_s": round(alive[0][0] - command.began, 2),
            "after_last_server_s": round(command.ended - alive[-1][0], 2),
            "requests": requests,
            "requests_per_build": round(requests / builds, 2),
            "processes": command.usage_json(),
        },
        picture=picture(command, alive, ideal_s, builds, servers),
        size=options.size,
    )


def servers_alive(jobs: Sequence[Job]) -> list[tuple[float, int]]:
    """Return the number of servers from each moment on (real seconds since the epoch)."""
    born = [(job.begin, 1) for job in jobs if job.kind == "create_server"]
    gone = [(job.end, -len(job.params["server_ids"])) for job in jobs if job.kind == "delete_server"]
    changes = sorted([*born, *gone])
    return list(zip((at for at, _ in changes), accumulate(change for _, change in changes), strict=True))


def lives(jobs: Sequence[Job]) -> dict[str, float]:
    """Return the seconds that servers have lived: the shortest, the mean, the longest."""
    born = {server: job.begin for job in jobs if job.kind == "create_server" for server in job.params["server_ids"]}
    gone = {server: job.end for job in jobs if job.kind == "delete_server" for server in job.params["server_ids"]}
    lived = sorted(gone[server] - born[server] for server in gone)
    return {
        "least": round(lived[0], 2),
        "mean": round(sum(lived) / len(lived), 2),
        "most": round(lived[-1], 2),
    }


def picture(command: Command, alive: Sequence[tuple[float, int]], ideal_s: float, builds: int, servers: int) -> str:
    points = [(0.0, 0.0), *((at - command.began, float(count)) for at, count in alive), (command.seconds, 0.0)]
    return lines(
        f"{builds} builds with a quota of {servers} servers",
        [Line("servers alive", points, 0, steps=True)],
        x_title="seconds since the command began",
        y_title="servers",
        marks=[
            Limit(ideal_s, f"ideal schedule, {ideal_s:.0f} s"),
            Limit(SLOWER_AT_MOST * ideal_s, f"{SLOWER_AT_MOST} x"),
        ],
    )
