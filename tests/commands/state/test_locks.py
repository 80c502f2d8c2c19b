"""Locks of commands that are alive, dead, elsewhere or unknown."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from commands.pulumi_command import LockingCommand
from commands.state import lock_records, locks
from commands.state.lock_records import LockFolder, State
from commands.state.process_identity import OF_ONE_KERNEL, Surroundings, file_system, start_ticks
from tests.labs import wait_for
from tests.probe import Probe
from toolchain.paths import ROOT

SLOW_PROGRAM = """\
import pathlib, time

pathlib.Path("goes on").touch()
time.sleep(120)
"""


@pytest.fixture
def folder(tmp_path: Path) -> LockFolder:
    """A backend in a folder, with a lock of a command that has ended on the stack `test`."""
    made = LockFolder(tmp_path, "probe", "test")
    write_lock(made)
    return made


def write_lock(folder: LockFolder, name: str = "1.json", **holder: object) -> Path:
    path = folder.backend / ".pulumi/locks/organization" / folder.project / folder.stack / name
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"pid": 4711, "hostname": socket.gethostname(), "username": "jo", "timestamp": "2026-01-31T00:00:00Z"}
    path.write_text(json.dumps({**told, **holder}))
    return path


def ended_process() -> tuple[int, int]:
    """Process id and start time of a process that has ended."""
    process = subprocess.Popen(["sleep", "60"])
    started = start_ticks(process.pid)
    process.kill()
    process.wait()
    assert started is not None
    return process.pid, started


def write_record(folder: LockFolder, lock: str = "1.json", **changes: Any) -> Path:
    """A record of a command that has ended in the surroundings of this test, with changes."""
    pid, started = ended_process()
    told = {
        **asdict(Surroundings.of_this_process()),
        "file_system": "ext4",
        "flock": True,
        "pid": pid,
        "start_ticks": started,
        "lock": lock,
    }
    folder.records.mkdir(parents=True, exist_ok=True)
    path = folder.records / "1.json"
    path.write_text(json.dumps({key: value for key, value in {**told, **changes}.items() if value is not None}))
    return path


def judged(folder: LockFolder) -> State:
    (lock,) = folder.locks()
    return lock_records.assess(lock, folder).state


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


def test_a_lock_without_a_record_is_kept_and_the_message_says_what_to_check(folder: LockFolder, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: probe\n")
    environment = {"PULUMI_BACKEND_URL": tmp_path.as_uri()}

    with pytest.raises(locks.StackLocked) as refusal:
        locks.require_unlocked("test", environment, tmp_path)

    assert folder.locks()
    assert f"jo on {socket.gethostname()} (process 4711), since 2026-01-31T00:00:00Z" in str(refusal.value)
    assert "make unlock STACK=test" in str(refusal.value)
    assert "gone" not in str(refusal.value)


def test_of_two_locks_only_that_of_the_dead_holder_is_released(folder: LockFolder, tmp_path: Path) -> None:
    write_record(folder)
    write_lock(folder, "2.json")
    (tmp_path / "Pulumi.yaml").write_text("name: probe\n")

    kept = locks.release_abandoned("test", {"PULUMI_BACKEND_URL": tmp_path.as_uri()}, tmp_path)

    assert [lock.path for lock in kept] == folder.locks()
    assert ["2.json"] == [lock.name for lock in folder.locks()]
    assert list(folder.records.iterdir()) == []


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": "x"}'])
def test_a_lock_that_cannot_be_read_is_kept(content: str, folder: LockFolder, tmp_path: Path) -> None:
    folder.locks()[0].write_text(content)
    (tmp_path / "Pulumi.yaml").write_text("name: probe\n")

    with pytest.raises(locks.StackLocked, match="does not name"):
        locks.require_unlocked("test", {"PULUMI_BACKEND_URL": tmp_path.as_uri()}, tmp_path)


def test_the_folder_of_the_locks_follows_from_the_backend_url(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: probe\n")

    def backend(url: str) -> Path | None:
        folder = locks.lock_folder("organization/probe/test", {"PULUMI_BACKEND_URL": url}, tmp_path)
        assert folder is None or folder.stack == "test"
        return folder.backend if folder else None

    assert backend("file:///a%20b/c?no_tmp_dir=true") == Path("/a b/c")
    assert backend("file://~/states") == Path.home() / "states"
    assert backend("file://./states") == tmp_path / "states"
    assert backend("s3://bucket") is None


def test_a_backend_that_knows_who_is_alive_is_not_asked() -> None:
    assert locks.found("test", {"PULUMI_BACKEND_URL": "https://api.pulumi.com"}) == []


def test_the_type_of_a_file_system_is_known(tmp_path: Path) -> None:
    assert file_system(Path("/proc")) == "proc"
    assert file_system(tmp_path / "not there yet") == file_system(tmp_path) != ""


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets the backend seem to be on a file system of the type that it is called with."""
    return lambda type_: monkeypatch.setattr(lock_records, "file_system", lambda _: type_)


@pytest.mark.e2e
def test_a_killed_command_is_proven_dead_and_its_stack_can_be_used_again(probe: Probe) -> None:
    program = probe.folder / "program"
    settled = (program / "__main__.py").read_text()
    probe.write("program/__main__.py", SLOW_PROGRAM)
    folder = locks.lock_folder("test", probe.environment, program)
    assert folder
    up = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", "test"]
    command = LockingCommand(up, folder, cwd=program, env=probe.environment, stdout=-3, stderr=-3)
    wait_for((program / "goes on").exists, "the program", 60)
    wait_for(lambda: is_recorded(folder), "the record", 10)

    alive = judged(folder)
    with pytest.raises(locks.StackLocked, match=f"process {command.process.pid} is running"):
        locks.require_unlocked("test", probe.environment, program)
    command.process.kill()
    command.wait()
    locks.require_unlocked("test", probe.environment, program)
    probe.write("program/__main__.py", settled)

    assert alive is State.ALIVE
    assert folder.locks() == []
    assert probe.pulumi("up", "--yes").returncode == 0


def is_recorded(folder: LockFolder) -> bool:
    found = [lock_records._read(path) for path in folder.records.glob("*.json")]
    return any(record.get("lock") for record in found)


@pytest.mark.e2e
def test_a_command_that_ends_leaves_no_record(probe: Probe) -> None:
    folder = locks.lock_folder("test", probe.environment, probe.folder / "program")
    assert folder
    command = LockingCommand(
        ["up", "--yes", "--skip-preview", "--non-interactive"],
        folder,
        cwd=probe.folder / "program",
        env=probe.environment,
        stdout=-3,
    )

    assert command.wait() == 0
    assert list(folder.records.iterdir()) == []


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


@pytest.mark.recovery("a lock whose holder is not proven dead")
@pytest.mark.e2e
def test_unlock_releases_what_is_not_proven_and_refuses_what_is_alive(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: probe\n")
    folder = LockFolder(tmp_path, "probe", "test")
    write_lock(folder)
    record = write_record(folder, pid=os.getpid(), start_ticks=start_ticks(os.getpid()), flock=False)
    variables = {**os.environ, "PULUMI_BACKEND_URL": tmp_path.as_uri(), "PULUMI_CONFIG_PASSPHRASE": "x"}
    command = [sys.executable, "-m", "commands.state.unlock", "--stack", "test", "--program", str(tmp_path)]

    def unlock() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=variables, capture_output=True, text=True, cwd=ROOT)

    refused, kept = unlock(), folder.locks()
    record.unlink()
    released = unlock()

    assert refused.returncode == 1
    assert f"process {os.getpid()} is running" in refused.stderr
    assert kept
    assert released.returncode == 0, released.stderr
    assert "the lock is released" in released.stdout
    assert folder.locks() == []
    assert "is not locked" in unlock().stdout


REFUSAL = """\
error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the lock file.
  s3://state/.pulumi/locks/p/s/1.json?region=r-1: created by CORP\\jo@build-1 (pid 7) at 2026-01-31T00:00:00Z
  s3://state/.pulumi/locks/p/s/2.json?region=r-1: created by root@build-2 (pid 12) at 2026-01-31T00:00:01Z
"""


def test_a_refusal_names_the_holders() -> None:
    found = locks.holders(REFUSAL)

    assert [(holder.hostname, holder.pid, holder.user) for holder in found] == [
        ("build-1", 7, "CORP\\jo"),
        ("build-2", 12, "root"),
    ]
    assert str(found[1]) == "root on build-2 (process 12), since 2026-01-31T00:00:01Z"


def test_any_other_text_names_nobody() -> None:
    assert locks.holders("error: no stack named 'test' found: created by root@build-2 (pid 12) at noon") == []


def test_a_lock_on_shared_storage_is_never_released_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = replace(locks.holders(REFUSAL)[0], hostname=socket.gethostname(), pid=ended_process()[0])
    refusal = REFUSAL.replace("CORP\\jo@build-1 (pid 7)", f"jo@{dead.hostname} (pid {dead.pid})")
    monkeypatch.setattr(locks, "_refusal", lambda *_: refusal)

    with pytest.raises(locks.StackLocked, match="may be running"):
        locks.require_unlocked("s", {"PULUMI_BACKEND_URL": "s3://state"})
