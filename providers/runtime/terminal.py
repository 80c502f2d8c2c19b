"""Whether a person watches the rows of the run on a terminal, or a log collects its lines.

The engine tells its providers nothing of this, so they look at the process of the CLI that they belong to, and judge it
as the CLI judges itself: it shows live rows where its standard input and output are a terminal. Where that cannot be
seen, lines are written as for a log.
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
    """Whether rows may change with every look; otherwise each message is a line that somebody keeps."""
    chosen = os.environ.get(SETTING)
    if chosen in ("live", "log"):
        return chosen == "live"
    try:
        pid = _cli_process()
        return pid is not None and may_be_live(os.environ, _arguments(pid)) and _has_terminal(pid)
    except (OSError, ValueError, IndexError):  # no /proc, or a process that is not ours to look at
        return False


def may_be_live(environment: Mapping[str, str], arguments: Iterable[str]) -> bool:
    """Whether the CLI shows live rows if it has a terminal; what keeps all events counts as a log."""
    if environment.get("CI") or environment.get("TERM") == "dumb":
        return False
    return not any(argument.partition("=")[0] in KEEPS_LINES for argument in arguments)


def _cli_process() -> int | None:
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
