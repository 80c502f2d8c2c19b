"""Start of the run: one time for the preview and the update of a command, so that both see images of the same age."""

import functools
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from providers.runtime import terminal

STARTED_AT = 19
"""Position of the start time after the name of the process. Source: proc(5), /proc/pid/stat, field 22."""


@functools.cache
def run_start() -> datetime:
    """
    Return the time at which the CLI of this run started (UTC).

    Preview and update of one command have different provider processes, but one CLI. Without /proc it is the time of
    the first question in this process.
    """
    try:
        return _start_of(terminal.cli_process() or os.getpid())
    except (OSError, ValueError, IndexError, StopIteration):
        return datetime.now(UTC)


def _start_of(pid: int) -> datetime:
    status = Path(f"/proc/{pid}/stat").read_text()
    ticks = int(status.rpartition(")")[2].split()[STARTED_AT])
    booted = next(line for line in Path("/proc/stat").read_text().splitlines() if line.startswith("btime "))
    start_s = int(booted.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
    return datetime.fromtimestamp(min(start_s, time.time()), UTC)
