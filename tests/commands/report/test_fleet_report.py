"""Report of a fleet: its stacks on one page, whether they are built, have failed or do not exist."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests import warm
from tests.commands.fleet.conftest import lab as lab
from tests.commands.fleet.conftest import new_machine as new_machine
from tests.commands.fleet.machines import Machine, fleet_file
from tests.commands.report.parsed_page import parse
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("fleet")]


def test_the_stacks_of_a_fleet_are_on_one_page(
    lab: RunningLab, new_machine: Callable[[str, Mapping[str, str]], Machine], tmp_path: Path
) -> None:
    machine = new_machine("here", {})
    sold_out = {"version": "2", "flavor": "t6.large.2"}
    file = fleet_file(tmp_path / "fleet.yaml", lab, ["1", "2", "3"], include=[sold_out])
    built = machine.fleet("up", file, "--only", "fleet-1", "fleet-2")
    lab.stop()

    command = machine.start("commands.report", "--fleet", str(file), **warm.variables())
    printed, said = command.communicate(timeout=120)

    report = machine.folder / ".state" / "report-fleet-fleet.html"
    assert (0, f"{report}\n", "") == (command.returncode, printed, said)
    page = parse(report.read_text())
    rows = {row.attributes["data-stack"]: row for row in page.one("section", data_section="stacks").all("tr")[1:]}
    assert ["built", "unfinished", "absent"] == [row.children[1].text for row in rows.values()]
    assert built.of("image")["fleet-1"] == rows["fleet-1"].children[2].text
    member = page.one("details", data_member="fleet-1")
    (build,) = member.one("section", data_section="builds").one("tbody").children
    assert build.values() | rows["fleet-1"].values() == build.values()
    assert "t6.large.2" in page.one("details", data_member="fleet-2").one("section", data_section="failures").text
    assert "does not exist" in page.one("details", data_member="fleet-3").text
    shown = page.all("svg", role="img")[0].text
    assert "fleet-1: capture" in shown
    assert "fleet-3" not in shown
