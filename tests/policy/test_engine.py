"""The pack in the real CLI: a stack whose resources are declared by hand, evaluated at preview and at the update."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from policy.rules import ALL
from tests import warm
from tests.e2e.project import ROOT, STACK, Outcome, Project
from tests.policy.stack_resources import IMAGE, INSTALLATION, ISO, SERVER

pytestmark = pytest.mark.e2e

PROGRAM = Path(__file__).parent / "program"
PACK = ("--policy-pack", str(ROOT / "policy"))


class Declared(Project):
    """Stack of the program beside this file."""

    def write_program(self) -> None:
        for file in PROGRAM.iterdir():
            if file.is_file():
                shutil.copy(file, self.program / file.name)
        warm.write_environment(self.program / ".venv")

    def declare(self, **builds: dict[str, Any]) -> None:
        (self.program / "builds.json").write_text(json.dumps(builds))

    def evaluated(self, command: str = "preview", **rules: Any) -> Outcome:
        """Run a command with the pack, configured by rule (with `_` for `-`)."""
        file = self.folder / "rules.json"
        file.write_text(json.dumps({name.replace("_", "-"): value for name, value in rules.items()}))
        options = ("--yes",) if command == "up" else ()
        return self.pulumi(command, "--stack", STACK, *options, *PACK, "--policy-pack-config", str(file))


def hand_made(**changes: Any) -> dict[str, Any]:
    parts = {"iso": ISO, "server": SERVER, "installation": INSTALLATION, "image": IMAGE}
    build: dict[str, Any] = {part: {**inputs, **changes.pop(part, {})} for part, inputs in parts.items()}
    build["server"] = {key: value for key, value in build["server"].items() if value is not None}
    return {**build, **changes}


@pytest.fixture
def project(tmp_path):
    return Declared(tmp_path / "project", {})


def violated(outcome: Outcome) -> dict[str, str]:
    """Return the level of each violated rule, as the CLI shows them."""
    lines = [line.strip() for line in outcome.output.splitlines() if line.strip().startswith("- [")]
    return {line.split("]")[1].split()[0]: line[3:].split("]")[0] for line in lines}


def test_a_build_without_fault_is_let_through_at_preview_and_at_the_update(project):
    project.declare(debian=hand_made())

    preview, up = project.evaluated(), project.evaluated("up")

    assert preview.status == 0, preview
    assert up.status == 0, up
    assert {} == violated(up)


def test_each_violated_rule_stops_the_preview_with_value_and_remedy(project):
    no_facts = {"flavor_details": {"vcpus": 4, "ram_mib": 2048, "virtualization": "XEN", "status": "sellout"}}
    project.declare(
        debian=hand_made(
            server={**no_facts, "root_volume": {"volumetype": "SATA", "size": 5}, "publicip": {"id": "x"}},
            iso={"image_url": "images:debian.img", "hw_firmware_type": "uefi", "min_disk": 2000},
            installation={"timeout_minutes": 5000},
            image={"name": "a/b", "share_with": ["another"], "min_ram": -1},
            waits=False,
            torn_down=False,
        )
    )

    outcome = project.evaluated()

    assert outcome.status != 0, outcome
    expected = {
        *("server-flavor-vcpus", "server-flavor-memory", "server-flavor-kvm", "server-flavor-on-sale"),
        *("server-system-disk-size", "server-volume-types", "server-no-public-address"),
        *("iso-object-name", "iso-min-disk", "installation-time"),
        *("image-name", "image-sharing", "image-min-ram"),
        *("stack-capture-waits-for-installation", "stack-teardown", "stack-disks-fit-iso-image"),
    }
    assert expected == set(violated(outcome))
    assert {"mandatory"} == set(violated(outcome).values())
    remedies = {rule.id: rule.remedy for rule in ALL}
    for rule in expected:
        assert remedies[rule] in outcome.output
    assert "flavor 's6.large.2' is not suitable: it has 4 vCPUs, exactly 2 are required" in outcome.output


def test_what_is_not_known_at_preview_is_judged_before_the_create(project):
    """The ISO image's facts come with its id; the server asks for more than they allow."""
    project.declare(debian=hand_made(iso={"min_disk": 5}, server={"iso_image_details": {"min_disk": 30}}))

    outcome = project.evaluated("up")

    assert outcome.status != 0, outcome
    assert {"server-system-disk-size": "mandatory", "server-data-disk-size": "mandatory"} == violated(outcome)


def test_levels_and_limits_are_the_configuration_s(project):
    project.declare(debian=hand_made(server={"flavor_details": {"vcpus": 4}}, installation={"timeout_minutes": 90}))

    outcome = project.evaluated(
        server_flavor_vcpus="advisory",
        installation_time={"enforcementLevel": "advisory", "max_minutes": 60},
        server_flavor_memory={"enforcementLevel": "disabled"},
    )

    assert outcome.status == 0, outcome
    assert {"server-flavor-vcpus": "advisory", "installation-time": "advisory"} == violated(outcome)
    assert "timeout_minutes is 90 (allowed: at most 60)" in outcome.output


def test_a_value_that_does_not_fit_the_schema_is_refused(project):
    project.declare(debian=hand_made())

    outcome = project.evaluated(server_flavor_memory={"min_ram_mib": "much"})

    assert outcome.status != 0, outcome
    assert "server-flavor-memory: min_ram_mib: Invalid type" in outcome.output


def test_required_tags_are_filled_in_for_good(project):
    """Tags that were filled in are in the state, the second run changes nothing, and destroy works."""
    project.declare(debian=hand_made())
    rules = {"required_tags": {"tags": {"cost-center": "42"}}}

    first = project.evaluated("up", **rules)
    second = project.evaluated("up", **rules)
    state = project.state()["deployment"]["resources"]
    gone = project.destroy()

    assert first.status == 0, first
    assert {"required-tags": "remediate"} == violated(first)
    tags = [r["inputs"]["tags"] for r in state if "tags" in r.get("inputs", {})]
    assert [{"team": "platform", "cost-center": "42"}] * 3 == tags
    assert "unchanged" in second.output
    assert "created" not in second.output
    assert gone.status == 0, gone


def test_tags_that_cannot_be_filled_in_stop_the_run(project):
    project.declare(debian=hand_made())

    outcome = project.evaluated(required_tags={"tags": {"owner": ""}})

    assert outcome.status != 0, outcome
    assert "tag 'owner' is missing (required: any value)" in outcome.output


def test_two_builds_that_write_one_name_and_cost_too_much_are_advised_against(project):
    project.declare(one=hand_made(), two=hand_made())
    prices = {"currency": "EUR", "flavors": {"s6.large.2": 0.5}, "volumes": {"SSD": 0.001}}

    outcome = project.evaluated(stack_hourly_cost={"max_per_hour": 1, "prices": prices})

    assert outcome.status == 0, outcome
    assert {"stack-image-names": "advisory", "stack-hourly-cost": "advisory"} == violated(outcome)
    assert "cost 1.06 EUR per hour (allowed: 1.00 EUR)" in outcome.output
