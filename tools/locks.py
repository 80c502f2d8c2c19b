"""Locks that a killed Pulumi leaves on a stack: without help every later command is refused."""

import json
import re
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tools.layout import PULUMI_STACKS, ROOT
from tools.pulumi_command import ask

# Backends that keep locks as files of their own. Others, such as Pulumi's service, know by themselves who is alive.
WITH_LOCK_FILES = ("file:", "s3:", "postgres:", "azblob:", "gs:")
_HOLDER = re.compile(r": created by (.*)@(.+) \(pid (\d+)\) at (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Holder:
    """The command that holds a lock, as a refusal names it: its machine, process id, user and beginning."""

    hostname: str
    pid: int
    user: str
    since: str

    def __str__(self) -> str:
        return f"{self.user} on {self.hostname} (process {self.pid}), since {self.since}"


def release_abandoned(
    stack: str, environment: Mapping[str, str], stacks: Path = PULUMI_STACKS, program: Path = ROOT
) -> bool:
    """Release a stack if every command that locked it ran on this machine and is gone.

    Args:
        stack: Name of a stack that exists.
        environment: The environment of Pulumi commands.
        stacks: Folder of the clone's own state.
        program: Folder of the project.
    """
    backend = environment.get("PULUMI_BACKEND_URL", "")
    if backend == stacks.as_uri():
        locks = list(stacks.glob(f".pulumi/locks/organization/*/{stack}/*.json"))
        abandoned = bool(locks) and all(map(is_abandoned, locks))
    elif backend.startswith(WITH_LOCK_FILES):
        abandoned = all_gone(holders(_refusal(stack, environment, program)))
    else:
        abandoned = False
    return abandoned and release(stack, environment, program)


def release(stack: str, environment: Mapping[str, str], program: Path = ROOT) -> bool:
    """Remove a stack's locks and say so; the caller knows that nobody needs them."""
    print(f"The stack {stack} was locked by a command that is gone; it is released.", file=sys.stderr)
    return ask(environment, "cancel", "--yes", "--stack", stack, folder=program).returncode == 0


def holders(refusal: str) -> list[Holder]:
    """Who holds a stack, by the text with which Pulumi refuses a command; nobody in any other text."""
    if "the stack is currently locked" not in refusal:
        return []
    return [Holder(hostname, int(pid), user, since) for user, hostname, pid, since in _HOLDER.findall(refusal)]


def all_gone(found: list[Holder]) -> bool:
    """Whether there are holders, and all of them were of this machine and are gone; in doubt, no."""
    return bool(found) and all(_is_gone(holder.hostname, holder.pid) for holder in found)


def is_abandoned(lock: Path) -> bool:
    """Whether the process that a lock file names was of this machine and is gone; in doubt, no."""
    try:
        holder = json.loads(lock.read_text())
        return _is_gone(holder["hostname"], holder["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _is_gone(hostname: str, pid: int) -> bool:
    if hostname != socket.gethostname():
        return False
    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE or process.name() != "pulumi"
    except psutil.NoSuchProcess:
        return True
    except (TypeError, ValueError, psutil.Error):
        return False


def _refusal(stack: str, environment: Mapping[str, str], program: Path) -> str:
    """What Pulumi says of a stack's lock, on any backend: making a stack takes the lock before it finds the stack."""
    command = ("stack", "init", "--no-select", stack, "--non-interactive", "--color", "never")
    answer = ask(environment, *command, folder=program)
    return answer.stderr if answer.returncode else ""
