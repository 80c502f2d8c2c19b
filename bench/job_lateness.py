"""
Lateness of the product's polling and of fixed polling, measured with jobs of the lab, beside each other.

The jobs stop servers: they have one step, so the lab fixes the duration of each when it begins.
"""

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from bench.fixture import AMPLE_QUOTAS
from bench.job_records import LabClock, finished_jobs
from config.sign_in.connection import connect
from huaweicloud import polling
from huaweicloud.cloud import Cloud
from huaweicloud.ims import CreateImageFromIso
from huaweicloud.models.jobs import ServerJob
from huaweicloud.transport.poll_budget import PollBudget
from huaweicloud.waits.poll_interval import MAX_INTERVAL_S
from tests.huaweicloud.against_lab.clients import server_request
from tests.isos import iso
from tests.labs import RunningLab, wait_for

UNKNOWN, KNOWN, FIXED_10, FIXED_60 = "unknown", "known", "fixed, after 10 s", "fixed, after 60 s"
EVERY_S = 10.0
SPREAD, SPREAD_S = 0.1, 2.5 * MAX_INTERVAL_S
"""
Largest deviation of a job from its nominal length: a fraction of it, at most half of five intervals of the policy.

So the jobs of a length end at all times of an interval equally often, if five is no divisor of their number. Fixed
polling is met at almost two of its periods.
"""
TIMEOUT_S = 3 * 3600.0


@dataclass(frozen=True)
class Lateness:
    """
    Lateness of one way to poll at one length.

    Attributes:
        length_s: Nominal length of the jobs (lab seconds).
        way: Way to poll.
        late_s: Lab seconds from the end of each job until it was noticed.
        polls: Number of polls of each job.
    """

    length_s: float
    way: str
    late_s: Sequence[float]
    polls: Sequence[int]

    @property
    def mean_s(self) -> float:
        return statistics.mean(self.late_s)

    @property
    def worst_s(self) -> float:
        return max(self.late_s)

    def as_json(self) -> dict[str, Any]:
        return {
            "length_lab_s": self.length_s,
            "way": self.way,
            "mean_lab_s": round(self.mean_s, 2),
            "worst_lab_s": round(self.worst_s, 2),
            "polls": round(statistics.mean(self.polls), 1),
            "jobs": len(self.late_s),
        }


class LabTime(threading.Event):
    """Clock and pauses in lab seconds, in the place of the module `time` and of the event that ends a wait."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self._scale, self._began = scale, time.monotonic()

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self._scale

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(None if timeout is None else timeout / self._scale)


class SamePhase:
    """First intervals of the same length, in the place of `random`: the jobs' lengths are evenly spread instead."""

    def random(self) -> float:
        return 0.5


class CountedJob:
    """Job whose polls are counted."""

    def __init__(self, cloud: Cloud, job_id: str) -> None:
        self._cloud, self.job_id, self.polls = cloud, job_id, 0

    def get(self, job_id: str) -> ServerJob:
        self.polls += 1
        return self._cloud.ecs.get_job(job_id)


def wait_as_the_product(job: CountedJob, clock: LabTime, expected_s: float | None) -> None:
    polling.wait_for_job(
        job.get, job.job_id, subject="job", timeout_s=TIMEOUT_S, cancelled=clock, expected_s=expected_s
    )


def wait_with_fixed_polling(job: CountedJob, clock: LabTime, delay_s: float) -> None:
    clock.wait(delay_s)
    while job.get(job.job_id).status != "SUCCESS":
        clock.wait(EVERY_S)


WAYS: dict[str, Callable[[CountedJob, LabTime, float], None]] = {
    UNKNOWN: lambda job, clock, _: wait_as_the_product(job, clock, None),
    KNOWN: wait_as_the_product,
    FIXED_10: lambda job, clock, _: wait_with_fixed_polling(job, clock, 10.0),
    FIXED_60: lambda job, clock, _: wait_with_fixed_polling(job, clock, 60.0),
}


def spread(length_s: float, jobs: int) -> list[float]:
    """Return the lengths of jobs, evenly around the nominal one: so each meets fixed polling at another time."""
    most_s = min(SPREAD * length_s, SPREAD_S)
    return [length_s + most_s * ((2 * number + 1) / jobs - 1) for number in range(jobs)]


def measure(length_s: float, jobs: int, scale: float) -> list[Lateness]:
    """
    Measure all ways to poll beside each other in one lab.

    Args:
        length_s: Nominal length of the jobs (lab seconds).
        jobs: Number of jobs.
        scale: Lab seconds in a real second.
    """
    with TemporaryDirectory(prefix="lateness-") as name, _lab(Path(name), scale) as lab, _lab_time(scale) as clock:
        servers = create_servers(lab, jobs)
        begun = []
        with ThreadPoolExecutor(jobs * len(WAYS)) as pool:
            for server_id, own_s in zip(servers, spread(length_s, jobs), strict=True):
                lab.change_settings(durations={"stop_server": own_s})
                cloud = _connect(lab)
                begun.append(_wait(cloud, cloud.ecs.stop_servers([server_id]), length_s, pool, clock))
        ends = {job.id: job.end for job in finished_jobs(lab.state, LabClock.seen_in(lab.journal()[0], scale))}
        return [_result(length_s, way, [waits[way] for waits in begun], ends, scale) for way in WAYS]


Noticed = tuple[CountedJob, "Future[float]"]


def _wait(cloud: Cloud, job_id: str, nominal_s: float, pool: ThreadPoolExecutor, clock: LabTime) -> dict[str, Noticed]:
    """Wait for a job in all ways at once."""

    def noticed(way: str, job: CountedJob) -> float:
        WAYS[way](job, clock, nominal_s)
        return time.time()

    jobs = {way: CountedJob(cloud, job_id) for way in WAYS}
    return {way: (job, pool.submit(noticed, way, job)) for way, job in jobs.items()}


def create_servers(lab: RunningLab, count: int) -> list[str]:
    """Create running servers, and return their ids."""
    cloud = _connect(lab)
    image = CreateImageFromIso(
        name="iso", image_url="lab-images:installer.iso", os_version="Debian GNU/Linux 10.0.0 64bit", min_disk=10
    )
    job_id = cloud.ims.create_image_from_iso(image)
    wait_for(lambda: cloud.ims.get_job(job_id).status == "SUCCESS", "the image")
    image_id = cloud.ims.get_job(job_id).image_id
    assert image_id is not None
    for number in range(count):
        cloud.ecs.create_server(server_request(lab, image_id, f"server-{number}"), None)
    wait_for(lambda: len(_running(cloud)) == count, "the servers", 120)
    servers = _running(cloud)
    lab.clear_journal()
    return servers


def _running(cloud: Cloud) -> list[str]:
    return [server.id for server in cloud.ecs.list_servers() if server.status == "ACTIVE"]


def _connect(lab: RunningLab) -> Cloud:
    return connect("lab-1", {"region": "lab-1"}, lab.env)


def _result(length_s: float, way: str, waits: Sequence[Noticed], ends: dict[str, float], scale: float) -> Lateness:
    late_s = [(future.result() - ends[job.job_id]) * scale for job, future in waits]
    return Lateness(length_s, way, late_s, [job.polls for job, _ in waits])


@contextmanager
def _lab(folder: Path, scale: float) -> Iterator[RunningLab]:
    at_once = {"import_image": 0, "create_server": 0}
    lab = RunningLab.start(
        folder / "lab",
        time_scale=scale,
        quotas=AMPLE_QUOTAS,
        durations=at_once,
        guest={"install_s": 10**7},
        job_lifetime_s=10**7,
    )
    try:
        (folder / "installer.iso").write_bytes(iso("INSTALLER"))
        lab.put(folder / "installer.iso", "lab-images/installer.iso")
        yield lab
    finally:
        lab.stop()


@contextmanager
def _lab_time(scale: float) -> Iterator[LabTime]:
    """Let the product's waits of this process pass in lab time, each with a budget as if it were alone."""
    clock = LabTime(scale)
    with (
        patch("huaweicloud.polling.time", clock),
        patch("huaweicloud.polling.random", SamePhase()),
        patch("huaweicloud.waits.wait_progress.time", clock),
        patch("huaweicloud.transport.poll_budget.shared", PollBudget(per_second=1e6)),
    ):
        yield clock
