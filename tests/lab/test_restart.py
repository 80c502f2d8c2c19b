"""State survives a stop and a crash; jobs continue."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.lab.conftest import put_iso
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.labs import ROOT, RunningLab, read_exports, run_lab

SCALE = 200.0


@pytest.fixture(scope="module")
def own_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    tmp_path = tmp_path_factory.mktemp("restart")
    running = RunningLab.start(tmp_path / "state", time_scale=SCALE)
    try:
        put_iso(running, tmp_path)
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize("crash", [False, True], ids=["stop", "crash"])
def test_a_build_continues_through_restarts(own_lab: RunningLab, crash: bool) -> None:
    """The lab is restarted while the image is imported, the server made, the system installed, the disk captured."""
    own_lab.change_settings(durations={"import_image": 100, "create_server": 100, "capture_image": 100})
    with Raw(own_lab) as raw:
        procedure = Procedure(raw)

        def restart() -> None:
            own_lab.restart(crash=crash, time_scale=SCALE)

        job = procedure.post("ims", "/v2/cloudimages/action", procedure.image_order())["job_id"]
        restart()
        iso_id = procedure.image_job(job)

        accepted = procedure.post("ecs", "/v1/{project}/cloudservers", procedure.server_order(iso_id))
        restart()
        assert procedure.ended("ecs", accepted["job_id"])["status"] == "SUCCESS"
        server_id = accepted["serverIds"][0]
        restart()
        procedure.wait_for_power_off(server_id)

        disk = procedure.data_disk(server_id)
        order = {"name": "golden", "volume_id": disk, "os_version": "CentOS 7.0 64bit", "type": "ECS"}
        capture = procedure.post("ims", "/v2/cloudimages/action", order)["job_id"]
        restart()
        image_id = procedure.image_job(capture)
        restart()
        procedure.delete_server(server_id)
        procedure.note_images(image_id)
        assert procedure.seen["image"]["__data_origin"] == f"volume,{disk}"
        health = own_lab.call("GET", "/health")
        assert (health["volumes"], health["unfinished_jobs"]) == (0, 0)


def test_ports_tokens_settings_time_and_the_journal_survive(own_lab: RunningLab) -> None:
    own_lab.change_settings(quotas={"images": 7})
    with Raw(own_lab) as raw:
        before = own_lab.call("GET", "/health")["time"]
        entries = len(own_lab.journal())
        own_lab.restart(time_scale=SCALE)
        assert raw.send("ims", "GET", "/v2/cloudimages").status_code == 200
        assert datetime.fromisoformat(own_lab.call("GET", "/health")["time"]) >= datetime.fromisoformat(before)
        assert own_lab.settings()["quotas"]["images"] == 7
        assert len(own_lab.journal()) == entries + 1


def test_a_reset_empties_the_lab_and_keeps_its_keys(own_lab: RunningLab) -> None:
    with Raw(own_lab) as raw:
        Procedure(raw).iso_image()
        assert run_lab(own_lab.state, "reset") == "the lab is empty\n"
        assert raw.sign_in().status_code == 201
        assert own_lab.call("GET", "/health")["images"] == 3
        assert (own_lab.state / "credentials.json").stat().st_mode & 0o777 == 0o600


def test_the_command_line_reports_what_is_wrong(own_lab: RunningLab, tmp_path: Path) -> None:
    def fails(*arguments: str, state: Path) -> tuple[int, str]:
        command = [sys.executable, "-m", "lab", *arguments, "--state", str(state)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stderr + done.stdout

    assert "already running" in fails("start", state=own_lab.state)[1]
    assert fails("status", state=tmp_path / "other") == (3, "no lab is running\n")
    assert "start one" in fails("env", state=tmp_path / "other")[1]
    status, message = fails("start", "--set", "guest.mood=bad", state=tmp_path / "other")
    assert (status, "guest.mood" in message) == (1, True)
    control = own_lab.control.rpartition(":")[2]
    status, message = fails("start", "--driver", "simulated", "--port", control, state=tmp_path / "other")
    assert (status, f"port {control} (control) cannot be opened" in message) == (1, True)


def test_the_journal_records_what_happened_without_secrets(own_lab: RunningLab, tmp_path: Path) -> None:
    put_iso(own_lab, tmp_path)
    with Raw(own_lab) as raw:
        procedure = Procedure(raw)
        procedure.iso_image()
        text = run_lab(own_lab.state, "journal", "--json")
        assert "create_iso_image" in text
        for secret in (own_lab.env["HW_USER_PASSWORD"], own_lab.env["HW_SECRET_KEY"], raw.token):
            assert secret not in text
            assert secret.encode() not in (own_lab.state / "lab.log").read_bytes()
        assert "keystone_create_user_token_by_password" in run_lab(own_lab.state, "journal")
        run_lab(own_lab.state, "journal", "--clear")
        assert own_lab.journal() == []


def test_settings_and_variants_can_be_chosen_at_start(tmp_path: Path) -> None:
    wanted = ("guest.install_s=7", "variants.deleted_server=404", 'guest.says=["a", "b"]')
    chosen = [part for setting in wanted for part in ("--set", setting)]
    run_lab(tmp_path, "start", "--driver", "simulated", "--port", "0", *chosen)
    try:
        settings = RunningLab(tmp_path, read_exports(run_lab(tmp_path, "env"))).settings()
        assert (settings["guest"]["install_s"], settings["variants"]["deleted_server"]) == (7, "404")
        assert ["a", "b"] == settings["guest"]["says"]
    finally:
        run_lab(tmp_path, "stop")
