"""The project as its user has it: the real CLI, a folder with the program, a stack, and a lab in the environment."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from commands.state import locks
from tests import warm
from tests.e2e import key_service
from tests.labs import inherited_variables
from toolchain.paths import BIN, PROGRAM, PYTHON
from toolchain.pulumi_home import keep_no_logs

ROOT = Path(__file__).parents[2]
STACK = "test"
PASSPHRASE = "correct horse battery staple"
COMMAND_TIMEOUT_S = 300

_temporary = tempfile.TemporaryDirectory(prefix="empty-stacks-")
_empty_stacks = Path(_temporary.name)
_creation = threading.Lock()
"""Held while a stack is created, because benchmarks and the crash matrix create several at once."""


@dataclass(frozen=True, repr=False)
class Outcome:
    """Exit status of a command and everything that it printed."""

    status: int
    output: str

    def __repr__(self) -> str:
        return f"exit status {self.status}\n{self.output}"


@dataclass
class Project:
    """
    A stack of the program in a folder of its own, with its own Pulumi home and state.

    Args:
        folder: Empty folder.
        environment: Variables that the lab (`lab env`) adds to the user's environment.
        passphrase: True if a passphrase protects the stack's secrets, otherwise a key service does, which is quicker.
    """

    folder: Path
    environment: Mapping[str, str]
    passphrase: bool = field(default_factory=lambda: not warm.is_possible())
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.program.mkdir(parents=True)
        self.write_program()
        (self.folder / "home").mkdir()
        keep_no_logs(self.folder / "home")
        with _creation:
            self._create_stack()

    def _create_stack(self) -> None:
        """Create an empty stack, with the CLI for the first project of a name and as a copy for the others."""
        state, settings = self.folder / "state", self.program / f"Pulumi.{STACK}.yaml"
        name = yaml.safe_load((self.program / "Pulumi.yaml").read_text())["name"]
        empty = _empty_stacks / f"{name} {self.passphrase}"
        if not empty.exists():
            state.mkdir()
            provider = "passphrase" if self.passphrase else key_service.PROVIDER
            outcome = self.pulumi("stack", "init", STACK, "--secrets-provider", provider)
            assert outcome.status == 0, outcome
            shutil.copytree(state, empty / "state")
            shutil.copy(settings, empty)
            return
        shutil.copytree(empty / "state", state)
        shutil.copy(empty / settings.name, settings)

    def write_program(self) -> None:
        """Fill the folder of the program."""
        for name in PROGRAM:
            if (ROOT / name).exists() and name != ".venv":
                (self.program / name).symlink_to(ROOT / name)
        warm.write_environment(self.program / ".venv")

    def replace_program(self, file: Path) -> None:
        """Run another program beside the project's packages."""
        (self.program / "__main__.py").unlink()
        shutil.copy(file, self.program / "__main__.py")

    @property
    def program(self) -> Path:
        """Return the folder of the program, and of the stack's configuration file."""
        return self.folder / "program"

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment of the commands."""
        kept = inherited_variables()
        return {
            **kept,
            "PATH": os.pathsep.join([str(BIN), str(PYTHON.parent), kept.get("PATH", "")]),
            "PULUMI_HOME": str(self.folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            **({} if self.passphrase else key_service.variables()),
            **self.environment,
        }

    @property
    def warm_variables(self) -> dict[str, str]:
        """Return the environment of commands whose Python processes are warm."""
        variables = {**self.variables, **warm.variables()}
        return {**variables, "PATH": variables["PATH"].replace(str(BIN), str(warm.cli_folder()))}

    def configure(self, **settings: Any) -> None:
        """Write the stack's configuration: keys of the project's namespace, structured values as they are."""
        file = self.program / f"Pulumi.{STACK}.yaml"
        kept = yaml.safe_load(file.read_text()) or {} if file.exists() else {}
        kept["config"] = {f"image-from-iso:{key}": value for key, value in settings.items()}
        file.write_text(yaml.safe_dump(kept))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a command of the CLI, in a process group of its own."""
        return self._start(arguments, self.variables)

    def _start(self, arguments: Sequence[str], variables: Mapping[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            executable=shutil.which("pulumi", path=variables["PATH"]),
            cwd=self.program,
            env=variables,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def start_warm(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin a command of the CLI that nothing interrupts, with warm Python processes."""
        return self._start(arguments, self.warm_variables)

    def pulumi(self, *arguments: str) -> Outcome:
        """Run a command of the CLI to its end, with warm Python processes."""
        return end_of(self.start_warm(*arguments))

    def up(self, *options: str) -> Outcome:
        """Run `pulumi up` without a preview before it."""
        return self.pulumi("up", "--yes", "--skip-preview", "--stack", STACK, *options)

    def up_after_preview(self, *options: str) -> Outcome:
        """Run `pulumi up` as users do: a preview, and then the update."""
        return self.pulumi("up", "--yes", "--stack", STACK, *options)

    def preview(self, *options: str) -> Outcome:
        """`pulumi preview`."""
        return self.pulumi("preview", "--stack", STACK, *options)

    def refresh(self, *options: str) -> Outcome:
        """Run `pulumi refresh` without a preview before it."""
        return self.pulumi("refresh", "--yes", "--skip-preview", "--stack", STACK, *options)

    def destroy(self, *options: str) -> Outcome:
        """Run `pulumi destroy` without a preview before it."""
        return self.pulumi("destroy", "--yes", "--skip-preview", "--stack", STACK, *options)

    def unlock(self) -> bool:
        """`make unlock`, by somebody who knows that no command works on the stack; False if it was not locked."""
        found = locks.found(STACK, self.variables, self.program)
        for lock in found:
            locks.release(lock, STACK, self.variables, self.program)
        return bool(found)

    def outputs(self) -> dict[str, Any]:
        """`pulumi stack output`."""
        outcome = self.pulumi("stack", "output", "--json", "--stack", STACK)
        assert outcome.status == 0, outcome
        found: dict[str, Any] = json.loads(outcome.output)
        return found

    def state(self) -> dict[str, Any]:
        """`pulumi stack export`."""
        outcome = self.pulumi("stack", "export", "--stack", STACK)
        assert outcome.status == 0, outcome
        found: dict[str, Any] = json.loads(outcome.output)
        return found

    def deployment(self) -> dict[str, Any]:
        """Return the stack's resources and pending operations, from the file of the state."""
        (file,) = (self.folder / "state" / ".pulumi" / "stacks").rglob(f"{STACK}.json")
        latest: dict[str, Any] = json.loads(file.read_text())["checkpoint"].get("latest") or {}
        return latest

    def pending(self, resource: str) -> int:
        """Return the number of operations on resources of a type that the engine has begun and not ended."""
        operations = self.deployment().get("pending_operations") or []
        return sum(operation["resource"]["type"].endswith(f":{resource}") for operation in operations)


def end_of(process: subprocess.Popen[str]) -> Outcome:
    """Wait for the end of a command, which is killed with its process group if it takes too long."""
    try:
        output, _ = process.communicate(timeout=COMMAND_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return Outcome(process.returncode, output)


def build_settings(environment: Mapping[str, str], **changes: Any) -> dict[str, Any]:
    """Return the settings of a build that works in the lab, with changes; a change to None leaves a key out."""
    settings = {
        "name": "debian",
        "image_name": "debian-golden",
        "image_url": "lab-images:installer.iso",
        "os_version": "Debian GNU/Linux 10.0.0 64bit",
        "min_disk": 10,
        "flavor": "s6.large.2",
        "availability_zone": environment["HW_AVAILABILITY_ZONE"],
        "vpc_id": environment["HW_VPC_ID"],
        "subnet_id": environment["HW_SUBNET_ID"],
        "root_volume": {"volumetype": "SSD", "size": 10},
        "data_volumes": [{"volumetype": "SSD", "size": 10}],
        **changes,
    }
    return {key: value for key, value in settings.items() if value is not None}
