"""Time that the cloud itself needs, and the places where a build spends the rest, as plain arithmetic."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.job_records import Job

BOOTS_AFTER = 0.9
"""Share of a server's creation after which the lab's machine is on, and the installer begins."""


@dataclass(frozen=True)
class Durations:
    """
    Durations of the lab's work, in lab seconds: each kind of job, and the installer.

    Attributes:
        notice: Time from the guest's power-off until the service shows it.
    """

    import_: float = 60
    create: float = 300
    install: float = 1200
    capture: float = 120
    delete: float = 25
    notice: float = 5

    def settings(self) -> dict[str, Any]:
        """Return the durations in the form of the lab's control interface."""
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
    """Return the lab seconds from the request for a server to its end, if nothing waits."""
    installed = BOOTS_AFTER * durations.create + durations.install + durations.notice
    return installed + durations.capture + durations.delete


def ideal(durations: Durations) -> float:
    """
    Return the critical path of a build: the lab seconds from the request for the ISO image to the end of the server.

    It is the same for any number of builds that the quotas allow at once and that share the ISO file.
    """
    return durations.import_ + server_lives(durations)


def ideal_schedule(durations: Durations, builds: int, servers: int) -> float:
    """Return the lab seconds of the best schedule of identical builds, if only so many servers may live at once."""
    return durations.import_ + math.ceil(builds / servers) * server_lives(durations)


@dataclass(frozen=True)
class Span:
    """Part of a build's time, in real seconds since the epoch."""

    name: str
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.begin


def spans_of_build(jobs: Sequence[Job], durations: Durations, scale: float) -> list[Span]:
    """
    Return the cloud's work for the only build in the lab, from the lab's records.

    Args:
        jobs: All jobs of the lab.
        durations: Durations of the lab; only the installer's work, which is no job, is taken from them.
        scale: Lab seconds in a real second.
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
    """Return the critical path: the time that the cloud itself took."""
    return sum(span.seconds for span in spans)


def gaps(began: float, spans: Sequence[Span], ended: float) -> list[Span]:
    """
    Return the times between the cloud's own work, and before and after it.

    Args:
        began: Start of the command, in real seconds since the epoch.
        ended: End of the command, in real seconds since the epoch.
    """
    starts = [*(span.begin for span in spans), ended]
    ends = [began, *(span.end for span in spans)]
    names = ["before the first request", *(f"after {span.name}" for span in spans)]
    return [Span(name, end, start) for name, end, start in zip(names, ends, starts, strict=True)]
