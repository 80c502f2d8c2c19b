"""Locks that a killed Pulumi command leaves on a stack, released only if the holder has provably ended."""

import json
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import yaml

from commands.pulumi_command import ask
from commands.state import lock_records
from commands.state.lock_records import Assessment, LockFolder, State
from toolchain.paths import ROOT
from toolchain.steps import SetupError

# Backends with locks as separate objects. Others, such as Pulumi's service, know which commands are running.
WITH_LOCK_FILES = ("file:", "s3:", "postgres:", "azblob:", "gs:")
ENDING_TIMEOUT_S = 30.0
ELSEWHERE = Assessment(State.UNPROVEN, "the backend of the state has no place for its record")
_HOLDER = re.compile(r": created by (.*)@(.+) \(pid (\d+)\) at (\S+)$", re.MULTILINE)


class StackLocked(SetupError):
    """A command holds the stack, or may hold it; the message contains the command and remedies."""


@dataclass(frozen=True)
class Holder:
    """Command that holds a lock, as recorded in the lock: machine, process id, user and start time."""

    hostname: str
    pid: int
    user: str
    since: str

    def __str__(self) -> str:
        return f"{self.user} on {self.hostname} (process {self.pid}), since {self.since}"


@dataclass(frozen=True)
class Lock:
    """
    A lock on a stack.

    Attributes:
        path: File of the lock if the state is in a folder, otherwise None.
        holder: Command that holds the lock; None if the lock cannot be read.
        assessment: State of that command.
    """

    path: Path | None
    holder: Holder | None
    assessment: Assessment

    def __str__(self) -> str:
        return str(self.holder or f"a command that {self.path} does not name")


def lock_folder(stack: str, environment: Mapping[str, str], program: Path = ROOT) -> LockFolder | None:
    """
    Return the folder of a stack's locks, or None if the state is not kept in a folder.

    Args:
        stack: Name of the stack, with or without organization and project.
        environment: Environment of Pulumi commands.
        program: Folder of the project.
    """
    scheme, _, rest = environment.get("PULUMI_BACKEND_URL", "").partition("://")
    if scheme != "file":
        return None
    folder = program / Path(unquote(rest.partition("?")[0])).expanduser()
    project = str(yaml.safe_load((program / "Pulumi.yaml").read_text())["name"])
    return LockFolder(folder, project, stack.rpartition("/")[2])


def found(stack: str, environment: Mapping[str, str], program: Path = ROOT) -> list[Lock]:
    """
    Return the locks on a stack.

    Args:
        stack: Name of the stack.
        environment: Environment of Pulumi commands.
        program: Folder of the project.
    """
    locks = lock_folder(stack, environment, program)
    if locks:
        return [Lock(path, _holder(path), lock_records.assess(path, locks)) for path in locks.locks()]
    if environment.get("PULUMI_BACKEND_URL", "").startswith(WITH_LOCK_FILES):
        return [Lock(None, holder, ELSEWHERE) for holder in holders(_refusal(stack, environment, program))]
    return []


def release_abandoned(stack: str, environment: Mapping[str, str], program: Path = ROOT) -> list[Lock]:
    """
    Release the locks whose holders have provably ended, and return the others.

    Args:
        stack: Name of the stack.
        environment: Environment of Pulumi commands.
        program: Folder of the project.
    """
    kept, deadline = [], time.monotonic() + ENDING_TIMEOUT_S
    locks = found(stack, environment, program)
    if any(lock.assessment.state is State.ENDING for lock in locks):
        _say(f"waiting for the end of processes of the command that had locked the stack {stack}")
        while any(lock.assessment.state is State.ENDING for lock in locks) and time.monotonic() < deadline:
            time.sleep(0.1)
            locks = found(stack, environment, program)
    for lock in locks:
        if lock.assessment.state is State.DEAD:
            release(lock, stack, environment, program)
            _say(f"the stack {stack} was locked by {lock}: {lock.assessment.reason}; the lock is released")
        else:
            kept.append(lock)
    return kept


def require_unlocked(stack: str, environment: Mapping[str, str], program: Path = ROOT) -> None:
    """
    Release a stack's locks if that is safe.

    Args:
        stack: Name of the stack.
        environment: Environment of Pulumi commands.
        program: Folder of the project.

    Raises:
        StackLocked: A lock remains.
    """
    kept = release_abandoned(stack, environment, program)
    if kept:
        raise StackLocked("\n".join(described(stack, kept, program)))


def described(stack: str, kept: list[Lock], program: Path = ROOT) -> list[str]:
    """Return lines with the holders of a stack, what is known about them, and remedies."""
    lines = [f"the stack {stack} is locked:"]
    for lock in kept:
        state = "is running" if lock.assessment.state in (State.ALIVE, State.ENDING) else "may be running"
        lines.append(f"  by {lock}; it {state}: {lock.assessment.reason}")
    if all(lock.assessment.state is not State.UNPROVEN for lock in kept):
        return [*lines, "Wait until it has ended, or interrupt it there. Then repeat the command."]
    where = sorted({lock.holder.hostname for lock in kept if lock.holder})
    options = "" if program == ROOT else f" ARGS='--program {program}'"
    return [
        *lines,
        f"Check that it has ended: on {' and '.join(where) or 'all machines'}, in the containers there, and on other"
        " machines of that name (ps -C pulumi -o pid,lstart,args).",
        f"Once no command uses the stack, run `make unlock STACK={stack}{options}` and repeat the command.",
    ]


def release(lock: Lock, stack: str, environment: Mapping[str, str], program: Path = ROOT) -> None:
    """
    Remove a lock.

    Raises:
        SetupError: The lock cannot be removed.
    """
    locks = lock_folder(stack, environment, program)
    if locks and lock.path:
        lock_records.forget(lock.path, locks)
        for path in (lock.path, Path(f"{lock.path}.attrs")):
            path.unlink(missing_ok=True)
        return
    answer = ask(environment, "cancel", "--yes", "--stack", stack, folder=program)
    if answer.returncode:
        raise SetupError(f"cannot release the stack {stack}: {answer.stderr.strip()}")


def holders(refusal: str) -> list[Holder]:
    """Return the holders of a stack in Pulumi's refusal of a command; none from any other text."""
    if "the stack is currently locked" not in refusal:
        return []
    return [Holder(hostname, int(pid), user, since) for user, hostname, pid, since in _HOLDER.findall(refusal)]


def _holder(path: Path) -> Holder | None:
    try:
        lock = json.loads(path.read_text())
        return Holder(str(lock["hostname"]), int(lock["pid"]), str(lock["username"]), str(lock["timestamp"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _refusal(stack: str, environment: Mapping[str, str], program: Path) -> str:
    """Return Pulumi's message on a stack's lock, on any backend: creating a stack locks it before looking for it."""
    command = ("stack", "init", "--no-select", stack, "--non-interactive", "--color", "never")
    answer = ask(environment, *command, folder=program)
    return answer.stderr if answer.returncode else ""


def _say(text: str) -> None:
    print(f"locks: {text}", file=sys.stderr, flush=True)
