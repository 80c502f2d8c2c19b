"""Processes under test, any of which may end by itself at any moment."""

from collections.abc import Iterable
from contextlib import suppress

import psutil


def command_line(process: psutil.Process) -> list[str]:
    """Return the arguments of a process; an empty list if it has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def variable(process: psutil.Process, name: str) -> str | None:
    """Return an environment variable of a process; None if it is not set or the process has ended."""
    try:
        return process.environ().get(name)
    except psutil.Error:
        return None


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """Return the processes that a process and its children have started; an empty list if it has ended."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def has_ended(process: psutil.Process) -> bool:
    """Return True if a process has ended, even if its parent does not know it yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kill(processes: Iterable[psutil.Process]) -> None:
    """Stop processes together, so that none reacts to the end of another, and kill them."""
    stopped = list(processes)
    for send in (psutil.Process.suspend, psutil.Process.kill):
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                send(process)
