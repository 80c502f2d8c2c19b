"""A fleet on one machine: the executor runs in the command's own process."""

import signal
from pathlib import Path

import psutil
import pytest

from tests.commands.fleet.conftest import NewMachine
from tests.commands.fleet.machines import end_of, fleet_file
from tests.e2e.cloud import CloudView
from tests.e2e.crash.judging import servers_created
from tests.labs import RunningLab, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("fleet")]


def test_of_four_stacks_one_fails_and_the_others_are_built_seen_and_destroyed(
    lab: RunningLab, new_machine: NewMachine, tmp_path: Path
) -> None:
    machine = new_machine("here", {})
    sold_out = {"version": "4", "flavor": "t6.large.2"}
    file = fleet_file(tmp_path / "four.yaml", lab, ["1", "2", "3", "4"], include=[sold_out])

    built = machine.fleet("up", file)
    seen = machine.fleet("status", file)
    destroyed = machine.fleet("destroy", file, "--only", "four-1")
    left = machine.fleet("status", file, "--only", "four-1", "four-2")

    assert built.status == 1, built.said
    assert built.of("status") == {
        "four-1": "succeeded",
        "four-2": "succeeded",
        "four-3": "succeeded",
        "four-4": "failed",
    }
    assert "t6.large.2" in built.of("detail")["four-4"]
    assert seen.status == 0
    assert seen.of("image") == built.of("image")
    assert destroyed.status == 0, destroyed.said
    assert left.of("status") == {"four-1": "empty", "four-2": "built"}
    names = {image["name"] for image in CloudView(lab.env).images()}
    assert {name for name in names if name.startswith("image-")} == {"image-2", "image-3"}


def test_ctrl_c_lets_what_runs_end_and_begins_no_more(lab: RunningLab, new_machine: NewMachine, tmp_path: Path) -> None:
    machine = new_machine("here", {})
    file = fleet_file(tmp_path / "stopped.yaml", lab, ["1", "2"])
    lab.change_settings(guest={"powers_off": False})

    before = servers_created(lab)
    running = machine.start("commands.fleet", "up", str(file), "--json", "--at-once", "1")
    wait_for(lambda: servers_created(lab) - before, "a server", 60)
    listening = [
        connection.laddr.ip
        for connection in psutil.Process(running.pid).net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    running.send_signal(signal.SIGINT)
    ended = end_of(running)

    lab.change_settings(guest={"powers_off": True})
    assert ended.status == 130, ended.said
    assert ended.of("status") == {"stopped-1": "interrupted", "stopped-2": "not run"}
    assert "run the same command of the fleet again to continue" in ended.of("detail")["stopped-1"]
    assert set(listening) <= {"127.0.0.1"}
    assert machine.pulumis() == []
