"""Profile of the process that runs the providers: stacks of all its threads, by py-spy."""

import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

RATE_PER_S = 100
OURS = ("huaweicloud", "providers", "preflight")
END_TIMEOUT_S = 60.0
LINE_NUMBER = re.compile(r":\d+\)$")


class ProfilerMissing(Exception):
    """Report that the profiler is not installed."""


class Profiler:
    """
    Profiler of a process from its beginning to its end.

    Args:
        find_process: Function that waits for the process and returns its id.
        target: File for folded stacks; None for no profile.
    """

    def __init__(self, find_process: Callable[[], int], target: Path | None) -> None:
        self._find, self._target = find_process, target
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> None:
        if self._target is None:
            return
        self._target.parent.mkdir(parents=True, exist_ok=True)
        command = [_py_spy(), "record", "--pid", str(self._find()), "--format", "raw", "--rate", str(RATE_PER_S)]
        self._process = subprocess.Popen(
            [*command, "--nonblocking", "--output", str(self._target), "--duration", "36000"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(timeout=5)  # it ends by itself with the process that it profiles
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=END_TIMEOUT_S)


def _py_spy() -> str:
    found = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if found is None:
        raise ProfilerMissing("a profile needs py-spy: run `make setup`")
    return found


def shares(folded: Iterable[str]) -> dict[str, float]:
    """
    Return the shares of the samples by the code at work, the biggest first.

    Args:
        folded: Lines ``frame;frame;... count`` of the profiler, the innermost frame last.
    """
    counted: Counter[str] = Counter()
    for line in folded:
        stack, _, count = line.strip().rpartition(" ")
        if count.isdigit():
            counted[_place(stack.split(";"))] += int(count)
    total = counted.total()
    return {place: round(count / total, 4) for place, count in counted.most_common()} if total else {}


def _place(frames: list[str]) -> str:
    """Return the innermost frame of this program's own code, else the innermost of all, without line numbers."""
    ours = (f for f in reversed(frames) if any(f"({name}/" in f or f"/{name}/" in f for name in OURS))
    return LINE_NUMBER.sub(")", next(ours, frames[-1]))
