"""The time that the cloud itself needs, and where a build spends the rest. Plain arithmetic."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.job_records import Job

BOOTS_AFTER = 0.9
"""The share of a server's creation after which the lab's machine is on, and the installer begins."""


@dataclass(frozen=True)
class Durations:
    """How long the lab works, in lab seconds: each kind of job, and the installer.

    Attributes:
        notice: from the guest's power-off until the service shows it.
    """

    import_: float = 60
    create: float = 300
    install: float = 1200
    capture: float = 120
    delete: float = 25
    notice: float = 5

    def settings(self) -> dict[str, Any]:
        """As the lab's control interface takes them."""
        return {
            "durations": {
                "import_image": self.import_,
                "create_server": self.create,
                "capture_image": self.capture,
                "delete_server": self.delete,
            },
            "guest": {"install_s": self.install},
            "power_off_notice_s": self.notice,
            "job_lifetime_s": 10**7,
        }

    def as_json(self) -> dict[str, float]:
        return {f"{name.rstrip('_')}_lab_s": value for name, value in asdict(self).items()}


def server_lives(durations: Durations) -> float:
    """Lab seconds from the request for a server to its end, if nothing waits for anybody."""
    installed = BOOTS_AFTER * durations.create + durations.install + durations.notice
    return installed + durations.capture + durations.delete


def ideal(durations: Durations) -> float:
    """Lab seconds from the request for the ISO image to the end of the server: the critical path of a build, and of
    any number of builds that have room beside each other and share the ISO file."""
    return durations.import_ + server_lives(durations)


def ideal_schedule(durations: Durations, builds: int, servers: int) -> float:
    """Lab seconds of the best schedule of builds that are alike, where only so many servers may live at once."""
    return durations.import_ + math.ceil(builds / servers) * server_lives(durations)


@dataclass(frozen=True)
class Span:
    """A part of a build's time: real seconds since the epoch."""

    name: str
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin


def spans_of_build(jobs: Sequence[Job], durations: Durations, scale: float) -> list[Span]:
    """What the cloud did for the only build in it, from the lab's records.

    Args:
        jobs: all jobs of the lab.
        durations: what the lab was set to; only the installer's work, which is no job, is taken from it.
        scale: lab seconds in a real second.
    """
    by_kind = {job.kind: job for job in jobs}
    create = by_kind["create_server"]
    booted = create.begin + BOOTS_AFTER * create.seconds
    off = booted + (durations.install + durations.notice) / scale
    jobs_of = {
        "import": by_kind["import_image"],
        "capture": by_kind["capture_image"],
        "delete": by_kind["delete_server"],
    }
    plain = {name: Span(name, job.begin, job.end) for name, job in jobs_of.items()}
    between = [Span("create server", create.begin, booted), Span("install", booted, off)]
    return [plain["import"], *between, plain["capture"], plain["delete"]]


def seconds_of(spans: Sequence[Span]) -> float:
    """The critical path: what the cloud itself took."""
    return sum(span.seconds for span in spans)


def gaps(began: float, spans: Sequence[Span], ended: float) -> list[Span]:
    """What lies between the cloud's own work, and before and after it.

    Args:
        began, ended: the command, in real seconds since the epoch.
    """
    starts = [*(span.begin for span in spans), ended]
    ends = [began, *(span.end for span in spans)]
    names = ["before the first request", *(f"after {span.name}" for span in spans)]
    return [Span(name, end, start) for name, end, start in zip(names, ends, starts, strict=True)]
