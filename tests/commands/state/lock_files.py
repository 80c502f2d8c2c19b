"""Files of locks and of records about their holders."""

import json
import socket
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

from commands.state import lock_records
from commands.state.lock_records import LockFolder, State
from commands.state.process_identity import Surroundings, start_ticks


def write_lock(folder: LockFolder, name: str = "1.json", **holder: object) -> Path:
    path = folder.backend / ".pulumi/locks/organization" / folder.project / folder.stack / name
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = {"pid": 4711, "hostname": socket.gethostname(), "username": "jo", "timestamp": "2026-01-31T00:00:00Z"}
    path.write_text(json.dumps({**fields, **holder}))
    return path


def ended_process() -> tuple[int, int]:
    """Return process id and start time of a process that has ended."""
    process = subprocess.Popen(["sleep", "60"])
    started = start_ticks(process.pid)
    process.kill()
    process.wait()
    assert started is not None
    return process.pid, started


def write_record(folder: LockFolder, lock: str = "1.json", **changes: Any) -> Path:
    """Write a record of a command that has ended in the surroundings of this test, with changes."""
    pid, started = ended_process()
    fields = {
        **asdict(Surroundings.of_this_process()),
        "file_system": "ext4",
        "flock": True,
        "pid": pid,
        "start_ticks": started,
        "lock": lock,
    }
    folder.records.mkdir(parents=True, exist_ok=True)
    path = folder.records / "1.json"
    path.write_text(json.dumps({key: value for key, value in {**fields, **changes}.items() if value is not None}))
    return path


def judged(folder: LockFolder) -> State:
    (lock,) = folder.locks()
    return lock_records.assess(lock, folder).state


def is_recorded(folder: LockFolder) -> bool:
    found = [lock_records._read(path) for path in folder.records.glob("*.json")]
    return any(record.get("lock") for record in found)
