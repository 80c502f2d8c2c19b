import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from tests.tools.conftest import Probe
from tools import locks


def write_lock(path: Path, **holder: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"pid": os.getpid(), "hostname": socket.gethostname(), **holder}))
    return path


def pid_of_an_ended_process() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_lock_of_an_ended_process_is_abandoned(tmp_path: Path) -> None:
    assert locks.is_abandoned(write_lock(tmp_path / "lock.json", pid=pid_of_an_ended_process()))


def test_a_lock_whose_process_number_another_program_has_now_is_abandoned(tmp_path: Path) -> None:
    assert locks.is_abandoned(write_lock(tmp_path / "lock.json", pid=os.getpid()))


def test_a_lock_of_another_machine_is_kept(tmp_path: Path) -> None:
    assert not locks.is_abandoned(write_lock(tmp_path / "lock.json", hostname="elsewhere"))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": "x"}'])
def test_a_lock_that_cannot_be_read_is_kept(content: str, tmp_path: Path) -> None:
    lock = tmp_path / "lock.json"
    lock.write_text(content)

    assert not locks.is_abandoned(lock)


@pytest.mark.e2e
def test_a_stack_that_a_killed_command_locked_can_be_used_again(probe: Probe) -> None:
    write_lock(probe.folder / ".pulumi/locks/organization/probe/test/1.json", pid=pid_of_an_ended_process())

    refused = probe.pulumi("up", "--yes")
    released = locks.release_abandoned("test", probe.environment, stacks=probe.folder, program=probe.folder / "program")
    accepted = probe.pulumi("up", "--yes")

    assert "locked" in refused.stderr
    assert released
    assert accepted.returncode == 0


def test_a_stack_in_a_backend_of_the_users_own_is_left_alone(tmp_path: Path) -> None:
    write_lock(tmp_path / ".pulumi/locks/organization/probe/test/1.json", pid=pid_of_an_ended_process())

    assert not locks.release_abandoned("test", {"PULUMI_BACKEND_URL": "s3://team"}, stacks=tmp_path)
