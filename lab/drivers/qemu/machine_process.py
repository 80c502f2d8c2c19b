"""Virtual machines as processes: started, found again after a crash of the lab, ended; never left behind."""

import os
import select
import signal
import subprocess
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lab.drivers.interface import DriverError
from lab.drivers.qemu.command import PID_FILE
from lab.drivers.qemu.programs import EMULATOR, plain_environment
from lab.drivers.qemu.qmp import Monitor, listen

MESSAGES_FILE = "qemu.log"
START_TIMEOUT_S = 60.0
QUIT_TIMEOUT_S = 15.0
KILLED_FROM_OUTSIDE = "terminating on signal"


@dataclass(frozen=True)
class Process:
    """An emulator, held by a descriptor that never comes to mean another process."""

    folder: Path
    descriptor: int

    def __post_init__(self) -> None:
        weakref.finalize(self, os.close, self.descriptor)

    def is_alive(self) -> bool:
        return not self.wait(0)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the process to end; False when it still runs after ``timeout_s``."""
        ended, _, _ = select.select([self.descriptor], [], [], timeout_s)
        return bool(ended)

    def end(self) -> None:
        """End the process: its disks are closed properly, or it is killed."""
        with suppress(DriverError), Monitor(self.folder, QUIT_TIMEOUT_S) as monitor:
            monitor.execute("quit")
        if not self.wait(QUIT_TIMEOUT_S):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)
            self.wait(QUIT_TIMEOUT_S)


def start(folder: Path, arguments: Callable[[int], Sequence[str]]) -> Process:
    """Start a machine whose files lie in ``folder``; returns when it can be talked to.

    Args:
        arguments: makes the command line, given the number of the descriptor that the machine listens on.

    Raises:
        DriverError: with what QEMU said.
    """
    with listen(folder) as listener, (folder / MESSAGES_FILE).open("wb") as messages:
        emulator = subprocess.Popen(
            [EMULATOR, *arguments(listener.fileno())],
            cwd=folder,
            env=plain_environment(),
            stdin=subprocess.DEVNULL,
            stdout=messages,
            stderr=messages,
            pass_fds=[listener.fileno()],
            start_new_session=True,
        )
    process = Process(folder, os.pidfd_open(emulator.pid))
    threading.Thread(target=emulator.wait, name=f"wait-{emulator.pid}", daemon=True).start()
    try:
        Monitor(folder, START_TIMEOUT_S).close()
    except DriverError:
        process.end()
        raise DriverError(f"the virtual machine did not start: {_last_messages(folder)}") from None
    return process


def find(folder: Path, server_id: str) -> Process | None:
    """Find the machine that an earlier process of the lab started, if it still runs.

    The number in the pid file may have come to mean another process: ours works in this folder under the server's
    name. One of ours that does not answer any more is ended.
    """
    try:
        pid = int((folder / PID_FILE).read_text())
        process = Process(folder, os.pidfd_open(pid))
        if not Path(f"/proc/{pid}/cwd").samefile(folder):
            return None
    except (OSError, ValueError):
        return None
    try:
        with Monitor(folder) as monitor:
            if monitor.execute("query-name").get("name") != server_id:
                return None
            monitor.execute("cont")  # the lab may have crashed while it held the machine still
    except DriverError:
        process.end()
    return process if process.is_alive() else None


@contextmanager
def paused(process: Process) -> Iterator[None]:
    """Hold a machine's guest still, with everything that it has written in its disks' files."""
    with Monitor(process.folder) as monitor:
        monitor.execute("stop")
    try:
        yield
    finally:
        # It may have been powered off meanwhile.
        with suppress(DriverError), Monitor(process.folder) as monitor:
            monitor.execute("cont")


def resume_held(process: Process) -> None:
    """Let a guest go on that QEMU holds because a write to one of its disks' files failed for want of space."""
    with suppress(DriverError), Monitor(process.folder) as monitor:
        if monitor.execute("query-status").get("status") == "io-error":
            monitor.execute("cont")


def ended_by_guest(folder: Path) -> bool:
    """Whether a machine that is not running any more went off by itself.

    QEMU removes its pid file when it ends in order; that it also does when the host shuts down, and says so.
    """
    return not (folder / PID_FILE).exists() and KILLED_FROM_OUTSIDE not in _messages(folder)


def _last_messages(folder: Path) -> str:
    return " ".join(_messages(folder).strip().splitlines()[-2:]) or "it gave no reason"


def _messages(folder: Path) -> str:
    try:
        with (folder / MESSAGES_FILE).open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - 4096, 0))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
