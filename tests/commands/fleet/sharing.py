"""Requirements on two machines that share their state, for every backend."""

from pathlib import Path

import psutil

from tests import warm
from tests.commands.fleet.machines import Machine, end_of, fleet_file, kill
from tests.e2e.crash.judging import servers_created
from tests.labs import RunningLab, wait_for


def stacks_on_two_machines(lab: RunningLab, first: Machine, second: Machine, folder: Path, others: list[str]) -> None:
    """
    Require that one of two runs of a stack proceeds, the other is refused, and other stacks are unaffected.

    The first machine dies while it holds the lock, after it has created a server that no state records. Its death
    cannot be proven on shared storage, so the second run proceeds after `unlock`, and each stack has one server.
    """
    file = fleet_file(folder / "shared.yaml", lab, ["1", *others])
    before = servers_created(lab)
    lab.hold(phase="after", service="ecs", method="POST", path="/cloudservers$")

    proceeding = first.start("commands.fleet", "up", str(file), "--json", "--only", "shared-1")
    wait_for(lab.held, "a server", 60)
    meanwhile = second.fleet("up", file)
    holder = first.pulumis()
    kill([psutil.Process(proceeding.pid)])
    end_of(proceeding)
    lab.let_go()
    unproven = second.fleet("up", file, "--only", "shared-1")
    unlocked = second.start("commands.state.unlock", "--stack", "shared-1", **warm.variables()).wait(60)
    finished = second.fleet("up", file, "--only", "shared-1")

    built = {f"shared-{name}": "succeeded" for name in others}
    assert meanwhile.of("status") == {"shared-1": "locked", **built}, meanwhile.said
    assert f"(process {holder[0].pid})" in meanwhile.of("detail")["shared-1"]
    assert "make unlock STACK=shared-1" in meanwhile.of("detail")["shared-1"]
    assert unproven.of("status") == {"shared-1": "locked"}, unproven.said
    assert unlocked == 0
    assert finished.of("status") == {"shared-1": "succeeded"}, finished.said
    assert len(servers_created(lab) - before) == 1 + len(others)
