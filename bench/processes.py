"""Resource usage of a Pulumi command's processes: CPU time and memory, read from /proc while they run."""

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

EVERY_S = 0.5
MIB = 2**20
ROLES = (
    ("pulumi.dynamic", "provider"),
    ("/plugin ", "provider"),
    ("pulumi-language-python-exec", "program"),
    ("language_host", "language host"),
    ("pulumi-language-python", "language host"),
    ("pulumi-analyzer", "policy pack"),
)


@dataclass
class Usage:
    """
    Usage of all processes of one role.

    Attributes:
        cpu_s: CPU time, user and system.
        peak_mib: Resident memory of the biggest of them.
        threads: Most threads in one of them.
    """

    cpu_s: float = 0.0
    peak_mib: float = 0.0
    threads: int = 0

    def as_json(self) -> dict[str, float]:
        return {"cpu_s": round(self.cpu_s, 2), "peak_mib": round(self.peak_mib, 1), "threads": self.threads}


class Watcher:
    """
    Watcher of a process and all that it has started, until it is stopped.

    Args:
        pid: Id of the command's process.
    """

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._cpu: dict[tuple[int, float], tuple[str, float]] = {}
        self._usage: dict[str, Usage] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="process-figures", daemon=True)
        self._thread.start()

    def stop(self) -> dict[str, Usage]:
        """Stop, and return the usage by role."""
        self._stop.set()
        self._thread.join()
        for role, seconds in self._cpu.values():
            self._usage[role].cpu_s += seconds
        return self._usage

    def provider_pid(self) -> int | None:
        """Return the id of the process that runs the providers at present."""
        return next((process.pid for process, role in _roles(self._root) if role == "provider"), None)

    def _run(self) -> None:
        while not self._stop.wait(EVERY_S):
            for process, role in _roles(self._root):
                with contextlib.suppress(psutil.Error):
                    self._sample(process, role)

    def _sample(self, process: psutil.Process, role: str) -> None:
        with process.oneshot():
            times = process.cpu_times()
            memory, threads = process.memory_info().rss, process.num_threads()
            self._cpu[process.pid, process.create_time()] = role, times.user + times.system
        usage = self._usage.setdefault(role, Usage())
        usage.peak_mib = max(usage.peak_mib, memory / MIB)
        usage.threads = max(usage.threads, threads)


def _roles(root: psutil.Process) -> Iterator[tuple[psutil.Process, str]]:
    with contextlib.suppress(psutil.Error):
        for process in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.Error):
                yield process, role_of(process.cmdline(), process.pid == root.pid)


def role_of(command: list[str], is_root: bool) -> str:
    """Return the role of a process of a Pulumi command, by its command line."""
    if is_root:
        return "engine"
    interpreted = command[:1] and not command[0].endswith("sh")
    line = " ".join(command)
    return next((role for text, role in ROLES if interpreted and text in line), "other")


def wait_for_provider(watcher: Watcher, timeout_s: float = 60.0) -> int:
    """Return the id of the process that runs the providers, once it exists."""
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        pid = watcher.provider_pid()
        if pid is not None:
            return pid
        time.sleep(0.1)
    raise TimeoutError("no process of the providers was started")
