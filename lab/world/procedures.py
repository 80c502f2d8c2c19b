"""Asynchronous jobs: procedures declared as steps, executed on the lab's clock, resumed after a restart."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field

from lab.clock import Clock
from lab.drivers.interface import DriverError
from lab.files.disk_space import is_full_disk
from lab.record_store import Collection, Record, Store
from lab.settings import Settings
from lab.supervision import Supervisor
from lab.world.ids import new_job_id
from lab.world.refusal import JobFailed

log = logging.getLogger(__name__)

Service = Literal["ims", "ecs", "evs"]
Status = Literal["INIT", "RUNNING", "SUCCESS", "FAIL"]
NEW_JOB_LATE_S = 5.0
"""Lab seconds before a new job can be read, if that variant is on."""
UNEXPECTED: dict[Service, str] = {"ims": "IMG.0061", "ecs": "Common.0022", "evs": "EVS.5500"}


class SubJob(BaseModel):
    """Part of a job with an id of its own."""

    job_id: str = Field(default_factory=new_job_id)
    job_type: str
    status: Status = "INIT"
    begin: datetime
    end: datetime | None = None
    error_code: str | None = None
    fail_reason: str | None = None
    entities: dict[str, Any] = Field(default_factory=dict)


class Job(Record):
    """Asynchronous job in its service's form, with its progress."""

    service: Service
    project_id: str
    kind: str
    job_type: str
    status: Status = "INIT"
    begin: datetime
    end: datetime | None = None
    error_code: str | None = None
    fail_reason: str | None = None
    entities: dict[str, Any] = Field(default_factory=dict)
    sub_jobs: list[SubJob] = Field(default_factory=list)
    params: dict[str, Any] = Field(default_factory=dict)
    hidden: bool = False
    leaves_error: bool = False
    step: int = 0
    step_name: str = ""
    step_due: datetime | None = None

    @property
    def finished(self) -> bool:
        return self.status in ("SUCCESS", "FAIL")


Work = Callable[[Job], Awaitable[None]]


@dataclass(frozen=True)
class Step:
    """
    Part of a procedure, which waits its share of the job's duration and then does its work.

    The work is repeatable: after a restart the interrupted step is done again.
    """

    name: str
    work: Work
    share: float


@dataclass(frozen=True)
class Procedure:
    """Work of a kind of job; ``undo`` cleans up when a step fails."""

    kind: str
    duration: str
    steps: tuple[Step, ...]
    undo: Work


class JobFault(BaseModel):
    """Failure that a user injects: jobs of this kind fail at this step."""

    kind: str
    step: str
    code: str
    reason: str = "The step was made to fail."
    times: int = Field(1, ge=1)
    leaves_error: bool = Field(False, description="a server creation leaves its server in ERROR")


class Jobs:
    """All jobs of the lab, and the tasks that execute them."""

    def __init__(
        self, store: Store, clock: Clock, settings: Callable[[], Settings], supervisor: Supervisor | None = None
    ) -> None:
        self.records: Collection[Job] = store.collection("job", Job)
        self.faults: list[JobFault] = []
        self._store, self._clock, self._settings = store, clock, settings
        self._supervisor = supervisor or Supervisor()
        self._procedures: dict[str, Procedure] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def register(self, *procedures: Procedure) -> None:
        """Register kinds of jobs."""
        self._procedures.update({p.kind: p for p in procedures})

    def steps(self) -> dict[str, list[str]]:
        """Return the names of all steps, by kind of job."""
        return {kind: [step.name for step in p.steps] for kind, p in self._procedures.items()}

    def start(self, service: Service, project_id: str, kind: str, job_type: str, **more: Any) -> Job:
        """Accept a job and begin to execute it."""
        job = Job(
            id=new_job_id(),
            service=service,
            project_id=project_id,
            kind=kind,
            job_type=job_type,
            begin=self._clock.now(),
            **more,
        )
        self.records.save(job)
        self._carry_out(job)
        return job

    def find(self, service: Service, project_id: str, job_id: str) -> Job | None:
        """Return a job while its service still shows it; finished ones vanish after a day."""
        job = self.records.get(job_id)
        if job is None or job.hidden or job.service != service or job.project_id != project_id:
            return None
        return job if self._shows(job) else None

    def _shows(self, job: Job) -> bool:
        settings, now = self._settings(), self._clock.now()
        if settings.variants.new_jobs_known == "late" and now - job.begin < timedelta(seconds=NEW_JOB_LATE_S):
            return False
        lifetime_s = 0.0 if settings.variants.finished_jobs == "vanish" else settings.job_lifetime_s
        return job.end is None or now - job.end <= timedelta(seconds=lifetime_s)

    def running(self, kind: str, project_id: str) -> int:
        """Return the number of unfinished jobs of a kind in a project."""
        active = (self.records.get(job_id) for job_id in self._tasks)
        return sum(1 for job in active if job and job.kind == kind and job.project_id == project_id)

    def resume(self) -> None:
        """Resume all unfinished jobs after a restart of the lab."""
        for job in self.records:
            if not job.finished and job.id not in self._tasks:
                self._carry_out(job)

    def _carry_out(self, job: Job) -> None:
        task = self._supervisor.start(f"job {job.id} ({job.kind})", self._run(job))
        self._tasks[job.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))

    async def _run(self, job: Job) -> None:
        procedure = self._procedures[job.kind]
        try:
            for index in range(job.step, len(procedure.steps)):
                await self._take_step(job, procedure, index)
        except (JobFailed, DriverError) as failure:
            await self._fail(job, procedure, failure)
        except Exception as failure:
            log.exception("job %s (%s) failed unexpectedly", job.id, job.kind)
            await self._fail(job, procedure, failure)
        else:
            self._end(job, "SUCCESS")
        self._store.flush_later()

    async def _take_step(self, job: Job, procedure: Procedure, index: int) -> None:
        step = procedure.steps[index]
        if job.step_due is None:
            duration = getattr(self._settings().durations, procedure.duration)
            job.step_due = self._clock.now() + timedelta(seconds=duration * step.share)
            job.step_name = step.name
            self.records.save(job)
        await self._clock.sleep((job.step_due - self._clock.now()).total_seconds())
        job.status = "RUNNING"
        for sub_job in job.sub_jobs:
            if sub_job.status == "INIT":
                sub_job.status = "RUNNING"
        self._fail_if_asked(job, step)
        await step.work(job)
        job.step, job.step_due = index + 1, None
        self.records.save(job)
        self._store.flush_later()

    def _fail_if_asked(self, job: Job, step: Step) -> None:
        for fault in self.faults:
            if fault.kind == job.kind and fault.step == step.name:
                fault.times -= 1
                self.faults = [f for f in self.faults if f.times > 0]
                job.leaves_error = fault.leaves_error
                raise JobFailed(fault.code, fault.reason)

    async def _fail(self, job: Job, procedure: Procedure, failure: Exception) -> None:
        if isinstance(failure, JobFailed):
            job.error_code, job.fail_reason = failure.code, failure.reason
        else:
            job.error_code = UNEXPECTED[job.service]
            job.fail_reason = _reason(failure)
        try:
            await procedure.undo(job)
        except Exception:
            log.exception("cleaning up after job %s (%s) failed", job.id, job.kind)
        self._end(job, "FAIL")

    def _end(self, job: Job, status: Literal["SUCCESS", "FAIL"]) -> None:
        job.status, job.end = status, self._clock.now()
        for sub_job in job.sub_jobs:
            if sub_job.status in ("INIT", "RUNNING"):
                sub_job.status, sub_job.end = status, job.end
                sub_job.error_code, sub_job.fail_reason = job.error_code, job.fail_reason
        self.records.save(job)


def _reason(failure: Exception) -> str:
    if isinstance(failure, DriverError):
        return str(failure)
    return "the disk of the lab is full" if is_full_disk(failure) else "internal error"
