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


@pytest.mark.e2e
@pytest.mark.parametrize(("hostname", "released"), [(socket.gethostname(), True), ("elsewhere", False)])
def test_a_lock_in_a_shared_backend_is_released_if_it_was_of_this_machine(
    hostname: str, released: bool, probe: Probe
) -> None:
    lock = write_lock(
        probe.folder / ".pulumi/locks/organization/probe/test/1.json",
        pid=pid_of_an_ended_process(),
        hostname=hostname,
        username="somebody",
        timestamp="2026-01-31T00:00:00Z",
    )

    # Any place but the clone's own is asked through Pulumi, as a bucket or a database is.
    answer = locks.release_abandoned("test", probe.environment, program=probe.folder / "program")

    assert answer is released
    assert lock.exists() is not released


def test_a_backend_that_knows_who_is_alive_is_not_asked() -> None:
    assert not locks.release_abandoned("test", {"PULUMI_BACKEND_URL": "https://api.pulumi.com"})


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
    assert not locks.all_gone(found)


def test_any_other_text_names_nobody() -> None:
    assert locks.holders("error: no stack named 'test' found: created by root@build-2 (pid 12) at noon") == []
    assert not locks.all_gone([])
