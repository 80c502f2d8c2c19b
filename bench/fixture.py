"""Fixture of the benchmarks: a lab with the simulated driver, and a stack of the program in its user's form."""

import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.critical_path import Durations
from bench.job_records import Job, LabClock, finished_jobs
from bench.processes import Usage, Watcher, wait_for_provider
from bench.profiling import Profiler
from commands.environment import FEWER_COLLECTIONS
from config.resource_types import PACKAGE
from tests.e2e.consumer import Consumer, inputs
from tests.e2e.crash.cell import Serving
from tests.e2e.project import STACK, Project, build_settings
from tests.isos import iso
from tests.labs import RunningLab

HOOKS = Path(__file__).parent / "hooks"
PARALLEL = ("--parallel", "512")
AMPLE_QUOTAS = {
    "images": 100_000,
    "image_tasks": 10_000,
    "servers": 10_000,
    "cores": 10**6,
    "ram_mib": 10**8,
    "volumes": 10**5,
    "gigabytes": 10**7,
}
COMMAND_TIMEOUT_S = 2 * 3600.0


class CommandFailed(Exception):
    """Failure of a measured command."""


@dataclass(frozen=True)
class Command:
    """
    Command of the CLI that has ended.

    Attributes:
        began: Start, in real seconds since the epoch.
        ended: End, in real seconds since the epoch.
        usage: Usage of its processes, by role.
    """

    began: float
    ended: float
    output: str = field(repr=False)
    usage: Mapping[str, Usage]

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    def usage_json(self) -> dict[str, dict[str, float]]:
        return {role: usage.as_json() for role, usage in sorted(self.usage.items())}


@dataclass(frozen=True)
class Fixture:
    """
    Lab and stack of a benchmark.

    Attributes:
        durations: Durations of the lab's work.
        time_scale: Lab seconds in a real second.
    """

    lab: RunningLab
    project: Project
    durations: Durations
    time_scale: float

    @classmethod
    @contextmanager
    def prepare(
        cls,
        durations: Durations,
        *,
        time_scale: float = 1.0,
        quotas: Mapping[str, int] | None = None,
        hooks: Sequence[str] = (),
        serving: Serving = "dynamic",
    ) -> Iterator["Fixture"]:
        """
        Provide a lab and a stack in a folder that is deleted afterwards.

        Args:
            durations: Durations of the lab's work.
            time_scale: Lab seconds in a real second.
            quotas: Quotas that are smaller than enough for anything.
            hooks: Folders of bench/hooks that the stack's Python processes begin with.
            serving: Way in which the resources are served.
        """
        with TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            lab = RunningLab.start(folder / "lab", time_scale=time_scale)
            try:
                lab.change_settings(quotas={**AMPLE_QUOTAS, **(quotas or {})}, **durations.settings())
                (folder / "installer.iso").write_bytes(iso("INSTALLER"))
                lab.put(folder / "installer.iso", "lab-images/installer.iso")
                lab.clear_journal()
                paths = ":".join(str(HOOKS / hook) for hook in hooks)
                environment = {**lab.env, **FEWER_COLLECTIONS, **({"PYTHONPATH": paths} if paths else {})}
                kind = Consumer if serving == "provider" else Project
                yield cls(lab, kind(folder / "project", environment), durations, time_scale)
            finally:
                lab.stop()

    def declare(self, builds: int, **settings: Any) -> None:
        """
        Write a configuration of identical builds of one ISO file.

        Args:
            builds: Number of builds.
            settings: Settings of the stack; those that this version of the program does not know are left out.
        """
        listed = [build_settings(self.lab.env, name=f"b{n:03}", image_name=f"image-{n:03}") for n in range(builds)]
        known = {key: value for key, value in settings.items() if is_setting(key)}
        known["region"] = self.lab.env["HW_REGION_NAME"]
        if not isinstance(self.project, Consumer):
            self.project.configure(builds=listed, **known)
            return
        own = {f"{PACKAGE}:{key}": value for key, value in known.items()}
        by_name = {build["name"]: inputs(self.lab, imageName=build["image_name"]) for build in listed}
        self.project.configure(builds=by_name, **own)

    def run(self, command: str, *options: str, profile: Path | None = None) -> Command:
        """
        Run a command of the CLI to its end, and watch its processes.

        Args:
            command: Command: up, preview, ...
            profile: Target of a profile of the process that runs the providers.

        Raises:
            CommandFailed: Its exit status is not 0.
        """
        began = time.time()
        confirmed = () if command == "preview" else ("--yes",)
        process = self.project.start(command, "--stack", STACK, *confirmed, *PARALLEL, *options)
        watcher = Watcher(process.pid)
        try:
            with Profiler(lambda: wait_for_provider(watcher), profile):
                output, _ = process.communicate(timeout=COMMAND_TIMEOUT_S)
        except BaseException:
            process.send_signal(signal.SIGKILL)
            raise
        finally:
            usage = watcher.stop()
        if process.returncode:
            raise CommandFailed(f"pulumi {command} ended with status {process.returncode}:\n{output[-8000:]}")
        return Command(began, time.time(), output, usage)

    def journal(self) -> list[dict[str, Any]]:
        """Return the requests that the lab has answered."""
        return self.lab.journal()

    def requests(self) -> int:
        return len(self.journal())

    def jobs(self) -> list[Job]:
        """Return the jobs that the lab has finished."""
        return finished_jobs(self.lab.state, LabClock.seen_in(self.journal()[0], self.time_scale))


def is_setting(key: str) -> bool:
    """Return True if the program knows a setting of the stack."""
    from config.stack_model import KEYS

    return key in KEYS
