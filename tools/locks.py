"""Locks that a killed Pulumi leaves on a stack: without help every later command is refused."""

import json
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil

from tools.layout import BIN, PULUMI_STACKS, ROOT


def release_abandoned(
    stack: str, environment: Mapping[str, str], stacks: Path = PULUMI_STACKS, program: Path = ROOT
) -> bool:
    """Release a stack of the clone's own state if every command that locked it is gone from this machine.

    Args:
        stack: Name of the stack.
        environment: The environment of Pulumi commands.
        stacks: Folder of the clone's own state.
        program: Folder of the project.
    """
    if environment.get("PULUMI_BACKEND_URL") != stacks.as_uri():
        return False
    locks = list(stacks.glob(f".pulumi/locks/organization/*/{stack}/*.json"))
    if not locks or not all(map(is_abandoned, locks)):
        return False
    print(f"The stack {stack} was locked by a command that is gone; it is released.", file=sys.stderr)
    command = [str(BIN / "pulumi"), "cancel", "--yes", "--stack", stack]
    return subprocess.run(command, cwd=program, env=environment, capture_output=True).returncode == 0


def is_abandoned(lock: Path) -> bool:
    """Whether the process that a lock file names was of this machine and is gone; in doubt, no."""
    try:
        holder = json.loads(lock.read_text())
        if holder["hostname"] != socket.gethostname():
            return False
        process = psutil.Process(holder["pid"])
        return process.status() == psutil.STATUS_ZOMBIE or process.name() != "pulumi"
    except psutil.NoSuchProcess:
        return True
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return False
