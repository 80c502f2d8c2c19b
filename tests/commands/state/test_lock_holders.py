"""Proof that the holder of a lock is dead or alive, from its record."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from commands.state import lock_records
from commands.state.lock_records import LockFolder, State
from commands.state.process_identity import OF_ONE_KERNEL, file_system, start_ticks
from tests.commands.state.lock_files import is_recorded, judged, write_record
from tests.labs import wait_for
from toolchain.paths import ROOT


def test_a_holder_whose_process_has_ended_is_dead(folder: LockFolder) -> None:
    write_record(folder)

    assert judged(folder) is State.DEAD


def test_a_holder_whose_process_id_another_process_has_now_is_dead(folder: LockFolder) -> None:
    write_record(folder, pid=os.getpid(), start_ticks=1)

    assert judged(folder) is State.DEAD


def test_a_holder_that_runs_is_alive(folder: LockFolder) -> None:
    write_record(folder, pid=os.getpid(), start_ticks=start_ticks(os.getpid()), flock=False)

    assert judged(folder) is State.ALIVE


def test_a_holder_is_dead_once_this_machine_was_started_again(folder: LockFolder, on: Callable[[str], None]) -> None:
    on("xfs")
    write_record(folder, boot_id="another")

    assert judged(folder) is State.DEAD


@pytest.mark.parametrize(
    "changes",
    [
        {"lock": "another.json"},
        {"machine_id": "another"},
        {"machine_id": "another", "boot_id": "another"},
        {"machine_id": ""},
        {"boot_id": ""},
        {"pid_namespace": ""},
        {"pid_namespace": None},
        {"pid_namespace": "pid:[1]", "flock": False},
        {"pid": None},
        {"start_ticks": None},
        {"boot_id": "another", "file_system": "nfs4"},
        {"pid_namespace": "pid:[1]", "file_system": "fuse.sshfs"},
    ],
    ids=str,
)
def test_what_cannot_be_compared_proves_nothing(
    changes: dict[str, Any], folder: LockFolder, on: Callable[[str], None]
) -> None:
    on("ext4")
    write_record(folder, **changes)

    assert judged(folder) is State.UNPROVEN


@pytest.mark.parametrize("type_", ["nfs4", "9p", "virtiofs", "cifs", "fuse.sshfs", "ceph", ""])
def test_a_cloned_machine_on_shared_storage_is_not_this_one_after_a_reboot(
    type_: str, folder: LockFolder, on: Callable[[str], None]
) -> None:
    on(type_)
    write_record(folder, boot_id="another", file_system=type_)

    assert judged(folder) is State.UNPROVEN


@pytest.mark.parametrize("content", ["", "[]", "{", '{"lock": "1.json"}', '{"lock": "1.json", "hostname": 7}', "\xff"])
def test_a_damaged_record_proves_nothing(content: str, folder: LockFolder) -> None:
    write_record(folder).write_text(content, encoding="latin-1")

    assert judged(folder) is State.UNPROVEN


def test_the_type_of_a_file_system_is_known(tmp_path: Path) -> None:
    assert file_system(Path("/proc")) == "proc"
    assert file_system(tmp_path / "not there yet") == file_system(tmp_path) != ""


def test_a_command_that_ends_by_itself_but_leaves_its_lock_is_proven_dead(tmp_path: Path) -> None:
    folder = LockFolder(tmp_path, "probe", "test")
    record = lock_records.Record(folder)
    process = record.start(
        [sys.executable, "-c", LOCKS.replace("time.sleep(300)", "sys.stdin.read()"), str(tmp_path)], stdin=-1
    )
    wait_for(lambda: is_recorded(folder), "the record", 30)

    process.communicate()
    record.end()

    assert process.returncode == 0
    assert judged(folder) is State.DEAD


IN_NAMESPACE = """\
import sys
from pathlib import Path
from commands.state.lock_records import LockFolder, Record

record = Record(LockFolder(Path(sys.argv[1]), "probe", "test"))
process = record.start([sys.executable, "-c", sys.argv[2], sys.argv[1]])
process.wait()
"""
LOCKS = """\
import json, os, pathlib, socket, sys, time

lock = pathlib.Path(sys.argv[1], ".pulumi/locks/organization/probe/test/inner.json")
lock.parent.mkdir(parents=True)
holder = {"pid": os.getpid(), "hostname": socket.gethostname(), "username": "jo", "timestamp": "2026-01-31T00:00:00Z"}
lock.with_suffix(".new").write_text(json.dumps(holder))
lock.with_suffix(".new").rename(lock)
time.sleep(300)
"""


def can_unshare() -> bool:
    command = ["unshare", "--pid", "--fork", "--mount-proc", "true"]
    return bool(shutil.which("unshare")) and subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.skipif(not can_unshare(), reason="making a PID namespace is not permitted here")
@pytest.mark.parametrize("proc", [["--mount-proc"], []], ids=["own /proc", "the host's /proc"])
def test_a_holder_in_another_pid_namespace_is_alive_until_it_is_gone(proc: list[str], tmp_path: Path) -> None:
    folder = LockFolder(tmp_path, "probe", "test")
    inside = [sys.executable, "-c", IN_NAMESPACE, str(tmp_path), LOCKS]
    command = ["unshare", "--pid", "--fork", "--kill-child", *proc, *inside]
    holder = subprocess.Popen(command, start_new_session=True, cwd=ROOT)
    try:
        wait_for(lambda: is_recorded(folder), "the record", 30)
        alive = judged(folder)
    finally:
        family = psutil.Process(holder.pid).children(recursive=True)
        os.killpg(holder.pid, signal.SIGKILL)
        holder.wait()
    psutil.wait_procs(family, timeout=10)

    assert alive is State.ALIVE
    is_local = file_system(tmp_path) in OF_ONE_KERNEL
    assert judged(folder) is (State.DEAD if is_local else State.UNPROVEN)
