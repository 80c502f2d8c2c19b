"""
One stack in several regions and projects: two labs, each with its own images, and a second project in one of them.

The tests share the labs and the stack, and run in their order.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.world.identity.accounts import PROJECTS
from lab.world.ids import fixed_uuid
from tests.e2e.cloud import CloudView, changes
from tests.e2e.project import Project, build_settings
from tests.isos import iso
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("regions")]

SERVICES = ("iam", "ims", "ecs", "evs", "vpc", "obs")
TEAM = next(project for project in PROJECTS if project.name == "lab-1_team")


@pytest.fixture(scope="module")
def north(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    yield from started(tmp_path_factory.mktemp("north"), "lab-1")


@pytest.fixture(scope="module")
def south(north: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Return a second region of the same account."""
    folder = tmp_path_factory.mktemp("south")
    (folder / "state").mkdir()
    shutil.copy(north.state / "credentials.json", folder / "state")
    yield from started(folder, "lab-2")


def started(folder: Path, region: str) -> Iterator[RunningLab]:
    files = {"installer.iso": iso("INSTALLER", ("bios", "uefi"))}
    with RunningLab.holding(folder, files, time_scale=300, region=region) as running:
        yield running


@pytest.fixture(scope="module")
def project(north: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project") / "project", north.env)


def endpoints(lab: RunningLab) -> dict[str, str]:
    return {service: lab.env[f"HW_{service.upper()}_ENDPOINT"] for service in SERVICES}


def builds(lab: RunningLab, *names: str, **settings: Any) -> list[dict[str, Any]]:
    return [build_settings(lab.env, name=name, image_name=name, **settings) for name in names]


def names(lab: RunningLab, **other: str) -> set[str]:
    """Return the names of the finished images in a region."""
    return {image["name"] for image in CloudView({**lab.env, **other}).images("FusionCompute")}


def configure(project: Project, north: RunningLab, south: RunningLab, *more: dict[str, Any]) -> None:
    project.configure(
        region="lab-1",
        regions={"lab-2": {"endpoints": endpoints(south)}},
        builds=[*builds(north, "one", "two"), *more],
    )


def test_a_region_without_room_stops_the_run_before_anything_is_created_anywhere(project, north, south):
    south.change_settings(quotas={"servers": 0})
    configure(project, north, south, *builds(south, "three", region="lab-2"))

    outcome = project.up()

    south.restore()
    assert outcome.status != 0
    assert "require 1 server together, but 0 of 0 are left in lab-2" in outcome.output
    assert [] == changes(north) == changes(south)


def test_each_region_gets_its_own_images_and_no_more(project, north, south):
    configure(project, north, south, *builds(south, "three", "four", region="lab-2"))

    outcome = project.up("--policy-pack", "policy")

    assert outcome.status == 0, outcome
    assert ({"one", "two"}, {"three", "four"}) == (names(north), names(south))
    for lab in (north, south):
        assert (1, [], []) == (len(CloudView(lab.env).images("IsoImage")), *left(lab))
    assert {"one", "two", "three", "four"} == set(project.outputs()["images"])


def test_nothing_changes_without_a_change(project, north, south):
    for outcome in (project.preview("--expect-no-changes"), project.refresh("--expect-no-changes")):
        assert outcome.status == 0, outcome


def test_a_second_project_of_a_region_has_its_own_images_too(project, north, south):
    network = {"vpc_id": fixed_uuid(f"{TEAM.id} vpc-lab"), "subnet_id": fixed_uuid(f"{TEAM.id} vpc-lab subnet")}
    team = {"region": "lab-1", "project_name": TEAM.name, "endpoints": endpoints(north)}
    project.configure(
        region="lab-1",
        regions={"lab-2": {"endpoints": endpoints(south)}, "team": team},
        builds=[
            *builds(north, "one", "two"),
            *builds(south, "three", region="lab-2"),
            *builds(north, "four", region="team", **network),
        ],
    )

    outcome = project.up("--policy-pack", "policy")

    assert outcome.status == 0, outcome
    assert ({"one", "two"}, {"three"}) == (names(north), names(south))
    assert {"four"} == names(north, HW_PROJECT_ID=TEAM.id)


def test_destroy_leaves_nothing_in_any_region(project, north, south):
    outcome = project.destroy()

    assert outcome.status == 0, outcome
    for view in (CloudView(north.env), CloudView(south.env), CloudView({**north.env, "HW_PROJECT_ID": TEAM.id})):
        assert (0, 0, 0) == view.everything()


def left(lab: RunningLab) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Servers and disks."""
    view = CloudView(lab.env)
    return view.servers(), view.volumes()
