"""Virtual machines as processes: started, found again after a crash of the lab, ended, never left behind."""

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
    """Emulator process, held by a descriptor that never refers to another process later."""

    folder: Path
    descriptor: int

    def __post_init__(self) -> None:
        weakref.finalize(self, os.close, self.descriptor)

    def is_alive(self) -> bool:
        return not self.wait(0)

    def wait(self, timeout_s: float) -> bool:
        """Wait for the process to end; return False if it still runs after ``timeout_s``."""
        ended = select.poll()  # select() refuses the descriptors of a lab with more than a thousand open files
        ended.register(self.descriptor, select.POLLIN)
        return bool(ended.poll(timeout_s * 1000))

    def end(self) -> None:
        """End the process in order, so that its disks are closed properly, or kill it."""
        with suppress(DriverError), Monitor(self.folder, QUIT_TIMEOUT_S) as monitor:
            monitor.execute("quit")
        if not self.wait(QUIT_TIMEOUT_S):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)
            self.wait(QUIT_TIMEOUT_S)


def start(folder: Path, arguments: Callable[[int], Sequence[str]]) -> Process:
    """
    Start a machine whose files lie in ``folder``, and return when it accepts commands.

    Args:
        arguments: Function that returns the command line for the number of the descriptor that the machine listens on.

    Raises:
        DriverError: The machine did not start; the message contains QEMU's own.
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
    """
    Return the machine that an earlier process of the lab started, None if it does not run any more.

    The number in the pid file may belong to another process by now: ours works in this folder under the server's name.
    One of ours that does not respond any more is ended.
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
    """Pause a machine's guest, with everything that it has written in its disks' files."""
    with Monitor(process.folder) as monitor:
        monitor.execute("stop")
    try:
        yield
    finally:
        # It may have been powered off meanwhile.
        with suppress(DriverError), Monitor(process.folder) as monitor:
            monitor.execute("cont")


def resume_held(process: Process) -> None:
    """Resume a guest that QEMU holds because a write to one of its disks' files failed for lack of space."""
    with suppress(DriverError), Monitor(process.folder) as monitor:
        if monitor.execute("query-status").get("status") == "io-error":
            monitor.execute("cont")


def ended_by_guest(folder: Path) -> bool:
    """
    Return True if a machine that is not running any more was powered off by its guest.

    QEMU removes its pid file when it ends in order. It also does so when the host shuts down, which its log shows.
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
