"""
Records of the commands that lock stacks, beside the locks, which can prove that a holder has ended.

Pulumi's own lock contains only a host and a process id, which other machines, containers and later processes may share.
A record is a file that the command keeps open and locked (flock(2)) as long as it or one of its processes runs.
Its lines are JSON objects that complement one another.
"""

import enum
import fcntl
import json
import os
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.state.process_identity import OF_ONE_KERNEL, Surroundings, file_system, start_ticks

FOLDER = ".lock-holders"
FIRST_INTERVAL_S = 0.05
LONGEST_INTERVAL_S = 1.0


class State(enum.Enum):
    """Knowledge about the command that holds a lock."""

    ALIVE = "alive"
    ENDING = "ending"
    DEAD = "dead"
    UNPROVEN = "unproven"


@dataclass(frozen=True)
class Assessment:
    """
    State of the command that holds a lock.

    Attributes:
        state: State of the command.
        reason: Evidence for the state, or the reason why there is none.
    """

    state: State
    reason: str


@dataclass(frozen=True)
class LockFolder:
    """
    Locks of one stack in a folder (Pulumi's `file://` backend).

    Attributes:
        backend: Folder of the backend.
        project: Name of the project.
        stack: Name of the stack.
    """

    backend: Path
    project: str
    stack: str

    @property
    def records(self) -> Path:
        """Return the folder of the records, separate from the locks because Pulumi takes any file there for a lock."""
        return self.backend / FOLDER / self.project / self.stack

    def locks(self) -> list[Path]:
        """Return the lock files of the layout with projects and of the earlier one."""
        folders = (f"organization/{self.project}/{self.stack}", f"{self.project}/{self.stack}", self.stack)
        return sorted(
            path for folder in folders for path in (self.backend / ".pulumi" / "locks" / folder).glob("*.json")
        )


class Record:
    """Record of a command that is about to run."""

    def __init__(self, locks: LockFolder) -> None:
        locks.records.mkdir(parents=True, exist_ok=True)
        self._locks, self._before = locks, set(locks.locks())
        self._path = locks.records / f"{uuid.uuid4().hex}.json"
        self._file = self._path.open("ab")
        self._holds_flock = _try_lock(self._file.fileno())
        surroundings = Surroundings.of_this_process().plain()
        self._add({**surroundings, "file_system": file_system(locks.backend), "flock": self._holds_flock})

    def start(self, command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
        """Start the command, which inherits the record's lock, and record its lock on the stack once it exists."""
        try:
            process: subprocess.Popen[bytes] = subprocess.Popen(command, pass_fds=(self._file.fileno(),), **options)
        except BaseException:
            self._path.unlink(missing_ok=True)
            raise
        finally:
            self._file.close()
        self._describe(process.pid)
        threading.Thread(target=self._record_lock, args=(process,), daemon=True).start()
        return process

    def end(self) -> None:
        """Remove the record of a command that has ended, unless it has left its lock, as a killed command does."""
        if _read(self._path).get("lock") not in [lock.name for lock in self._locks.locks()]:
            self._path.unlink(missing_ok=True)

    def _describe(self, pid: int) -> None:
        try:
            self._add_later({"pid": pid, "start_ticks": start_ticks(pid)})
        except OSError:
            self._add_later({"pid": pid, "start_ticks": None})

    def _record_lock(self, process: "subprocess.Popen[bytes]") -> None:
        interval_s = FIRST_INTERVAL_S
        while process.poll() is None:
            own = [lock for lock in self._locks.locks() if lock not in self._before and _pid(lock) == process.pid]
            if own:
                self._add_later({"lock": own[0].name if len(own) == 1 else None})
                return
            time.sleep(interval_s)
            interval_s = min(interval_s * 1.2, LONGEST_INTERVAL_S)

    def _add(self, values: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(values).encode() + b"\n")
        self._file.flush()

    def _add_later(self, values: Mapping[str, Any]) -> None:
        try:
            with self._path.open("r+b") as file:
                file.seek(0, os.SEEK_END)
                file.write(json.dumps(values).encode() + b"\n")
        except FileNotFoundError:  # The command has ended in the meantime.
            return


def assess(lock: Path, locks: LockFolder) -> Assessment:
    """Return the state of the command that holds a lock: dead only if that is proven."""
    for path in locks.records.glob("*.json"):
        recorded = _read(path)
        if recorded.get("lock") == lock.name:
            return _assess_record(path, recorded, locks.backend)
    return Assessment(State.UNPROVEN, "it has no record, because it was started without `make` and `fleet`")


def forget(lock: Path, locks: LockFolder) -> None:
    """Remove the record of a lock that is released."""
    for path in locks.records.glob("*.json"):
        if _read(path).get("lock") == lock.name:
            path.unlink(missing_ok=True)


def _assess_record(path: Path, recorded: dict[str, Any], backend: Path) -> Assessment:
    try:
        then, now = Surroundings.read(recorded), Surroundings.of_this_process()
        has_flock = recorded["flock"] is True
        is_held = has_flock and not _is_free(path)
    except (ValueError, KeyError, OSError) as error:
        return Assessment(State.UNPROVEN, f"its record cannot be read ({error})")
    if not (then.machine_id and then.boot_id and then.pid_namespace):
        return Assessment(State.ALIVE if is_held else State.UNPROVEN, "its record does not contain where it ran")
    is_local = {file_system(backend), recorded.get("file_system")} <= OF_ONE_KERNEL
    here = (now.machine_id, now.boot_id, now.pid_namespace)
    if (then.machine_id, then.boot_id, then.pid_namespace) == here:
        return _assess_process(recorded, is_held)
    if is_held:
        return Assessment(State.ALIVE, "it keeps its record locked")
    if then.machine_id != now.machine_id:
        return Assessment(State.UNPROVEN, "it ran on another machine")
    if then.boot_id != now.boot_id:
        if is_local:
            return Assessment(State.DEAD, "this machine has been restarted since")
        return Assessment(State.UNPROVEN, "it ran before a restart of a machine")
    if has_flock and is_local:
        return Assessment(State.DEAD, "no process keeps its record locked")
    return Assessment(State.UNPROVEN, "it ran in another PID namespace, such as a container")


def _assess_process(recorded: dict[str, Any], is_held: bool) -> Assessment:
    """Compare a process of this machine, boot and PID namespace with its record."""
    pid, started = recorded.get("pid"), recorded.get("start_ticks")
    try:
        if not isinstance(pid, int) or not isinstance(started, int):
            raise ValueError("the record contains none")
        is_running = start_ticks(pid) == started and not _is_zombie(pid)
    except (OSError, ValueError) as error:
        state = State.ALIVE if is_held else State.UNPROVEN
        return Assessment(state, f"its process cannot be compared ({error})")
    if is_running:
        return Assessment(State.ALIVE, f"process {pid} is running")
    if is_held:
        return Assessment(State.ENDING, "processes that it started are still running")
    return Assessment(State.DEAD, f"process {pid} has ended")


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return True


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # The file system has no such locks.
        return False
    return True


def _is_free(path: Path) -> bool:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _read(path: Path) -> dict[str, Any]:
    """Return the values of a record; none if it is damaged."""
    values: dict[str, Any] = {}
    try:
        for line in path.read_text().splitlines():
            values.update(json.loads(line))
    except (OSError, ValueError, TypeError):
        return {}
    return values


def _pid(lock: Path) -> int | None:
    try:
        pid = json.loads(lock.read_text())["pid"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if isinstance(pid, int) else None
