"""The lab's records of its own work: the start and end of each job, by its own clock."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """
    Job of the lab.

    Attributes:
        kind: Kind of job: import_image, create_server, capture_image, delete_server, ...
        begin: Start, in real seconds since the epoch.
        end: End, in real seconds since the epoch.
        params: Parameters of its work.
    """

    id: str
    kind: str
    begin: float
    end: float
    params: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        return self.end - self.begin


@dataclass(frozen=True)
class LabClock:
    """Relation of lab time and real time: both at one moment, and lab seconds in a real second."""

    lab: float
    real: float
    scale: float

    @classmethod
    def seen_in(cls, entry: Mapping[str, Any], scale: float) -> "LabClock":
        """Return the clock from any entry of the lab's journal, which has both times."""
        return cls(seconds(entry["time"]), seconds(entry["real_time"]), scale)

    def real_time(self, lab: float) -> float:
        return self.real + (lab - self.lab) / self.scale


def seconds(text: str) -> float:
    """Return a time of the lab as seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


def finished_jobs(state: Path, clock: LabClock) -> list[Job]:
    """
    Return all jobs that the lab has finished, in the order of their beginning, read from its file.

    Args:
        state: State folder of the lab.
        clock: Clock of the same lab.
    """
    with closing(_connect(state)) as connection:
        bodies = connection.execute("SELECT body FROM records WHERE kind = 'job'").fetchall()
    return ordered(from_record(json.loads(body), clock) for (body,) in bodies if json.loads(body)["end"])


def count_jobs(state: Path, kind: str, *, ended: bool) -> int:
    """Return the number of jobs of a kind that the lab has begun, or has ended successfully."""
    statuses = ("SUCCESS",) if ended else ("INIT", "RUNNING", "SUCCESS")
    with closing(_connect(state)) as connection:
        bodies = connection.execute("SELECT body FROM records WHERE kind = 'job'").fetchall()
    jobs = [json.loads(body) for (body,) in bodies]
    return sum(1 for job in jobs if job["kind"] == kind and job["status"] in statuses)


def _connect(state: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{state / 'lab.sqlite'}?mode=ro", uri=True)


def from_record(record: Mapping[str, Any], clock: LabClock) -> Job:
    begin, end = (clock.real_time(seconds(record[key])) for key in ("begin", "end"))
    return Job(record["id"], record["kind"], begin, end, record["params"])


def ordered(jobs: Iterable[Job]) -> list[Job]:
    return sorted(jobs, key=lambda job: job.begin)
