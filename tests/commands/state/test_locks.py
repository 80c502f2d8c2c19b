"""Release of locks: those of dead holders, and `make unlock` for all others."""

import os
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from commands.pulumi_command import LockingCommand
from commands.state import locks
from commands.state.lock_records import LockFolder, State
from commands.state.process_identity import start_ticks
from tests import warm
from tests.commands.state.lock_files import ended_process, is_recorded, judged, write_lock, write_record
from tests.labs import wait_for
from tests.probe import Probe
from toolchain.paths import ROOT

SLOW_PROGRAM = """\
import pathlib, time

pathlib.Path("goes on").touch()
time.sleep(120)
"""


def test_a_lock_without_a_record_is_kept_and_the_message_names_what_to_check(
    folder: LockFolder, tmp_path: Path
) -> None:
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


@pytest.mark.recovery("a lock whose holder is not proven dead")
@pytest.mark.e2e
def test_unlock_releases_what_is_not_proven_and_refuses_what_is_alive(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: probe\n")
    folder = LockFolder(tmp_path, "probe", "test")
    write_lock(folder)
    record = write_record(folder, pid=os.getpid(), start_ticks=start_ticks(os.getpid()), flock=False)
    variables = {**os.environ, "PULUMI_BACKEND_URL": tmp_path.as_uri(), "PULUMI_CONFIG_PASSPHRASE": "x"}
    command = [warm.python(), "-m", "commands.state.unlock", "--stack", "test", "--program", str(tmp_path)]

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
