"""
Detection of a terminal: a person watches the rows of the run on one, or a log collects its lines.

The engine does not pass this on to its providers. So they inspect the process of the CLI that they belong to, by the
CLI's own criterion: rows are live if its standard input and output are a terminal. If the process cannot be inspected,
lines are written as for a log.
"""

import functools
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

SETTING = "IMAGE_FROM_ISO_PROGRESS"
"""Environment variable that decides: `live` or `log`."""
KEEPS_LINES = ("--non-interactive", "--json", "-j", "--event-log")
CLI = "pulumi"
MAX_ANCESTORS = 10


@functools.cache
def is_watched() -> bool:
    """Return True if rows may change with every poll; otherwise each message is a line that a log keeps."""
    chosen = os.environ.get(SETTING)
    if chosen in ("live", "log"):
        return chosen == "live"
    try:
        pid = cli_process()
        return pid is not None and may_be_live(os.environ, _arguments(pid)) and _has_terminal(pid)
    except (OSError, ValueError, IndexError):  # no /proc, or a process that is not ours to look at
        return False


def may_be_live(environment: Mapping[str, str], arguments: Iterable[str]) -> bool:
    """Return True if the CLI shows live rows when it has a terminal; options that keep all events count as a log."""
    if environment.get("CI") or environment.get("TERM") == "dumb":
        return False
    return not any(argument.partition("=")[0] in KEEPS_LINES for argument in arguments)


def cli_process() -> int | None:
    pid = os.getppid()
    for _ in range(MAX_ANCESTORS):
        status = Path(f"/proc/{pid}/stat").read_text()
        name = status[status.index("(") + 1 : status.rindex(")")]
        if name == CLI:
            return pid
        pid = int(status.rpartition(")")[2].split()[1])
    return None


def _arguments(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def _has_terminal(pid: int) -> bool:
    return all(_is_terminal(f"/proc/{pid}/fd/{number}") for number in (0, 1))


def _is_terminal(path: str) -> bool:
    number = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        return os.isatty(number)
    finally:
        os.close(number)
