"""A lab and a stack for one cell after the other: quick, and clean again after each."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from config.resource_types import PACKAGE
from providers.iso_file import part_upload
from tests import processes
from tests.e2e import copy_places, stored_uploads
from tests.e2e.cloud import CloudView
from tests.e2e.consumer import Consumer, inputs
from tests.e2e.crash import published_places
from tests.e2e.crash.cell import Serving
from tests.e2e.crash.procedures import BUCKET, PART_BYTES, Procedure, ProcedureName
from tests.e2e.crash.request import Request, requests
from tests.e2e.project import ROOT, STACK, Outcome, Project, build_settings
from tests.isos import iso
from tests.labs import RunningLab, set_environment
from tests.plugin.served import Services
from tests.providers.crashing import shortened_waits
from tests.providers.stack import Stack

BUILD_S = 0.02
INSTALL_S = 0.05
ENDS_WITHIN_S = 120.0
PACKAGES = ("components", "config", "huaweicloud", "iso", "preflight", "providers")
# The waits of the program are shortened, not its policy: a lab on this machine needs no second between two looks.
SHORTENED = {
    "providers/iso_file/part_upload.py": [("PART_BYTES = 5 << 20", f"PART_BYTES = {PART_BYTES}")],
    "huaweicloud/waits/poll_interval.py": [("MIN_INTERVAL_S = 1.0", "MIN_INTERVAL_S = 0.1")],
    "huaweicloud/transport/poll_budget.py": [("PER_SECOND = 2.0", "PER_SECOND = 1000.0")],
    "providers/lifecycle/image_creation.py": [("LISTED_WITHIN_S = 30.0", "LISTED_WITHIN_S = 2.0")],
    "providers/lifecycle/garbage_collection.py": [
        ("SETTLE_S = 10.0", "SETTLE_S = 0.5"),
        ("REPEAT_AFTER_S = 1.0", "REPEAT_AFTER_S = 0.1"),
    ],
}


class Bench:
    """
    A lab whose jobs take no time, and a project in it with one build.

    Args:
        folder: Empty folder.
        serving: Way in which the resources are served.
        procedure: Name of the procedure of the build.

    Attributes:
        code: Text in every traceback of the project's code; a program in Python that uses the provider shows its own.
    """

    def __init__(self, folder: Path, serving: Serving = "dynamic", procedure: ProcedureName = "plain") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.lab = quick_lab(folder)
        self.cloud = CloudView(self.lab.env)
        self.settings: dict[str, Any] = {"region": self.lab.env["HW_REGION_NAME"], "preflight": "off"}
        self.procedure = Procedure.of(procedure, self.lab)
        if self.procedure.publishes:
            self.settings["regions"] = copy_places.regions(self.lab)
        new_project = _consumer if serving == "provider" else _project
        self.project = new_project(folder, self.lab, self.settings, self.procedure)
        self.code = f'File "{folder / "package"}' if serving == "provider" else ""
        self._empty = folder / "empty"
        shutil.copytree(folder / "project" / "state", self._empty)

    def close(self) -> None:
        self.lab.stop()

    def clean(self) -> None:
        """Empty the cloud, the stack, the faults and the journal."""
        self.lab.let_go()
        self.lab.call("DELETE", "/faults")
        self.lab.wait_for_jobs()
        self.cloud.empty()
        if self.procedure.uploads:
            stored_uploads.clear(self.lab.env, BUCKET)
        if self.procedure.publishes:
            published_places.clear(self.lab)
        state = self.project.folder / "state"
        shutil.rmtree(state)
        shutil.copytree(self._empty, state)
        self.lab.clear_journal()

    def build(self) -> None:
        """Prepare a finished build in the stack and in the cloud."""
        outcome = self.project.up()
        assert outcome.status == 0, outcome

    def undisturbed_run(self, command: str) -> list[Request]:
        """Return the requests of a command that nothing disturbs."""
        self.clean()
        if command == "destroy":
            self.build()
            self.lab.clear_journal()
        outcome = self.run(command)
        assert outcome.status == 0, outcome
        found = requests(self.lab.journal())
        self.clean()
        return found

    def run(self, command: str, *options: str) -> Outcome:
        return self.project.pulumi(command, "--yes", "--stack", STACK, "--skip-preview", *options)

    def recover(self) -> Outcome | None:
        """Do what docs/how-to/recovery.md describes after a command was killed; nothing where it says so."""
        released = self.project.unlock()
        return self.project.refresh("--clear-pending-creates") if released else None


def _project(folder: Path, lab: RunningLab, settings: Mapping[str, Any], procedure: Procedure) -> Project:
    """Return a stack of the project's own program, with dynamic resources."""
    project = Project(folder / "project", by_password(lab.env))
    (project.program / "__main__.py").unlink()
    shutil.copy(ROOT / "__main__.py", project.program)
    for package in PACKAGES:
        (project.program / package).unlink()
    copy_packages(project.program, PACKAGES)
    project.configure(**settings, builds=[build_settings(lab.env, **procedure.settings)])
    return project


def _consumer(folder: Path, lab: RunningLab, settings: Mapping[str, Any], procedure: Procedure) -> Project:
    """Return a stack of a program that uses the provider, which is in a folder of its own."""
    plugin = folder / "package" / "plugin"
    copy_packages(plugin.parent, (*PACKAGES, plugin.name))
    (plugin.parent / ".venv").symlink_to(ROOT / ".venv")
    project = Consumer(folder / "project", by_password(lab.env), plugin=plugin)
    own = {f"{PACKAGE}:{key}": value for key, value in settings.items()}
    project.configure(**own, builds={"debian": inputs(lab, procedure.settings)})
    return project


def quick_lab(folder: Path) -> RunningLab:
    """Run a lab on the real clock whose work takes no time, with an ISO file."""
    lab = RunningLab.start(folder / "lab", time_scale=1)
    durations = dict.fromkeys(lab.settings()["durations"], BUILD_S)
    lab.change_settings(
        durations=durations, guest={"install_s": INSTALL_S}, power_off_notice_s=0, deleted_server_shows_s=0.1
    )
    (folder / "installer.iso").write_bytes(iso())
    lab.put(folder / "installer.iso", "lab-images/installer.iso")
    return lab


@contextmanager
def quick_lab_for_providers() -> Iterator[RunningLab]:
    """Start a quick lab for providers in this process: it is in the environment until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="crash-") as folder, shortened_waits() as patch:
        patch.setattr(part_upload, "PART_BYTES", PART_BYTES)
        patch.setattr(part_upload, "AT_ONCE", 1)  # the parts are cut short in their order
        lab = quick_lab(Path(folder))
        set_environment(patch, {**lab.env, "XDG_CACHE_HOME": f"{folder}/cache"})
        try:
            yield lab
        finally:
            lab.stop()


@contextmanager
def stacks_of(lab: RunningLab, serving: Serving) -> Iterator[Callable[[], Stack]]:
    """Return a function that makes an empty stack without the CLI, whose resources are served in a way."""
    if serving == "dynamic":
        yield lambda: Stack(lab.env)
        return
    services = Services()
    try:
        yield lambda: Stack(lab.env, serve=services.serve)
    finally:
        services.close()


def by_password(environment: Mapping[str, str]) -> dict[str, str]:
    """Signs in by password and looks its project up, so that the requests to IAM are among those that fail."""
    left_out = ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_PROJECT_ID")
    return {key: value for key, value in environment.items() if key not in left_out}


def copy_packages(folder: Path, packages: Iterable[str]) -> None:
    """Copy packages into a folder, where they change no more while the cells run, with shorter waits."""
    for package in packages:
        shutil.copytree(ROOT / package, folder / package)
    for name, changes in SHORTENED.items():
        text = (folder / name).read_text()
        for old, new in changes:
            assert 1 == len(re.findall(f"^{re.escape(old)}$", text, re.MULTILINE)), (name, old)
            text = text.replace(old, new)
        (folder / name).write_text(text)


def provider_of(command: subprocess.Popen[str]) -> psutil.Process:
    """Return the process that runs the providers of a command."""
    for process in processes.descendants(psutil.Process(command.pid)):
        line = processes.command_line(process)
        if "pulumi.dynamic" in line or any(Path(argument).name == "plugin" for argument in line):
            return process
    raise AssertionError("the command has no provider process")


def kill_all(command: subprocess.Popen[str]) -> None:
    """SIGKILL to a command and to all that it has started, plugins in groups of their own among them."""
    own = psutil.Process(command.pid)
    started = processes.descendants(own)
    processes.kill([own, *started])
    psutil.wait_procs(started, timeout=10)


def end_of(command: subprocess.Popen[str]) -> Outcome:
    """Wait until a command ends."""
    try:
        output, _ = command.communicate(timeout=ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        kill_all(command)
        output, _ = command.communicate()
        return Outcome(-1, f"{output}\nwas ended after {ENDS_WITHIN_S:.0f} s")
    return Outcome(command.returncode, output)


def interrupt(command: subprocess.Popen[str]) -> None:
    """Ctrl-C, as a terminal sends it to a command that runs in its foreground."""
    os.kill(command.pid, signal.SIGINT)


def wait_until_held_or_over(lab: RunningLab, command: subprocess.Popen[str]) -> bool:
    """Wait until a request of a running command is held, and return False if the command ended before."""
    ends = time.monotonic() + ENDS_WITHIN_S
    while time.monotonic() < ends and command.poll() is None:
        if lab.held():
            return True
        time.sleep(0.05)
    return False
