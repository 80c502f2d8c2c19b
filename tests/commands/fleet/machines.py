"""Machines for the tests of fleets: each a clone of the project with a Pulumi home and state of its own."""

import json
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from commands.fleet.version import FILES, FOLDERS
from tests import processes, warm
from tests.commands.recording_clone import BEING_WRITTEN
from tests.e2e.project import build_settings
from tests.labs import RunningLab, inherited_variables
from tests.processes import variable

ROOT = Path(__file__).parents[3]
PASSPHRASE = "correct horse battery staple"
END_TIMEOUT_S = 180


@dataclass(frozen=True)
class Ended:
    """Result of a command: its exit status, its table as JSON, and its messages."""

    status: int
    table: list[dict[str, Any]]
    said: str

    def of(self, key: str) -> dict[str, Any]:
        """Return a column of the table, by stack."""
        return {row["stack"]: row[key] for row in self.table}


@dataclass
class Machine:
    """
    Clone, and the processes that were started in it.

    Args:
        folder: Empty folder.
        environment: Sign-in to the lab, and the backend with its settings.
        host: Address at which other machines reach it.
        within: Command that runs another one where the machine is.
    """

    folder: Path
    environment: Mapping[str, str]
    host: str = "127.0.0.1"
    within: Sequence[str] = ()
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in FOLDERS:
            shutil.copytree(ROOT / name, self.folder / name, ignore=BEING_WRITTEN)
        for name in FILES:
            shutil.copy(ROOT / name, self.folder / name)
        (self.folder / "policy" / "PulumiPolicy.yaml").unlink()  # each run is some seconds shorter without the pack
        (self.folder / ".state").mkdir()
        (self.folder / ".state" / "bin").symlink_to(warm.cli_folder())
        warm.write_environment(self.folder / ".venv")

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment of its commands."""
        return {
            **inherited_variables(),
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false",  # it looks at each thread 100 times a second
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            **self.environment,
        }

    def start(self, *command: str, **more: str) -> subprocess.Popen[str]:
        """Start a Python module in the clone."""
        process = subprocess.Popen(
            [*self.within, str(self.folder / ".venv" / "bin" / "python"), "-m", *command],
            cwd=self.folder,
            env={**self.variables, **more},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(process)
        return process

    def fleet(self, command: str, file: Path, *options: str) -> Ended:
        """Run a command of a fleet to its end, with warm Python processes."""
        return end_of(self.start("commands.fleet", command, str(file), "--json", *options, **warm.variables()))

    def pulumis(self) -> list[psutil.Process]:
        """Return the CLIs that run in the clone."""
        home = str(self.folder / ".state" / "pulumi" / "home")
        return [
            found
            for found in psutil.process_iter(["name"])
            if found.info["name"] == "pulumi" and variable(found, "PULUMI_HOME") == home
        ]

    def end(self, module: str = "") -> None:
        """End all started processes, or those of one module."""
        ending = [process for process in self.started if not module or module in process.args]  # type: ignore[operator]
        for process in ending:
            process.send_signal(signal.SIGTERM)
        for process in ending:
            process.communicate(timeout=END_TIMEOUT_S)


def end_of(process: subprocess.Popen[str]) -> Ended:
    """Wait for the end of a fleet's command."""
    printed, said = process.communicate(timeout=END_TIMEOUT_S)
    return Ended(process.returncode, json.loads(printed or "[]"), said)


def kill(started: Iterable[psutil.Process]) -> None:
    """Kill processes and their children, as the failure of a machine does."""
    whole = [process for found in started for process in (found, *processes.descendants(found))]
    processes.kill(whole)
    psutil.wait_procs(whole, timeout=END_TIMEOUT_S)


def fleet_file(path: Path, lab: RunningLab, versions: list[str], **matrix: Any) -> Path:
    """Return a fleet of one image for each version."""
    defaults = build_settings(lab.env, name=None, image_name="image-${{ matrix.version }}")
    content = {
        "name": path.stem,
        "matrix": {"version": versions, **matrix},
        "config": {"region": lab.env["HW_REGION_NAME"]},
        "defaults": defaults,
    }
    path.write_text(yaml.safe_dump(content))
    return path
