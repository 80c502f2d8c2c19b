"""
Copies and an export of an image under the CLI: from a stack's configuration to its outputs, and to nothing.

The tests share the lab and the stack, and run in their order.
"""

from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from tests.e2e.copy_places import SOUTH, TEAM, regions, view
from tests.e2e.project import STACK, Project, build_settings, end_of
from tests.isos import iso
from tests.labs import RunningLab, wait_for
from tests.processes import descendants, kill

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("distribution")]

PUBLISHED = {
    "family": "debian",
    "channel": "stable",
    "copies": [{"region": "lab-2", "agency": "lab-copier"}, {"region": "team", "name": "golden"}],
    "export": {"bucket": "lab-images", "format": "qcow2"},
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    files = {"installer.iso": iso("INSTALLER", ("bios", "uefi"))}
    with RunningLab.holding(tmp_path_factory.mktemp("lab"), files, time_scale=300, region="lab-1") as running:
        yield running


@pytest.fixture(scope="module")
def project(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("project") / "project", lab.env)


def configure(project: Project, lab: RunningLab, **settings: Any) -> None:
    project.configure(
        region="lab-1",
        regions=regions(lab),
        builds=[build_settings(lab.env, name="debian", image_name="golden", **settings)],
    )


def published(lab: RunningLab, project_id: str) -> list[str]:
    """Return the images in a project that the channel `stable` points to."""
    tags = {image["id"]: image["tags"] for image in view(lab, project_id).images()}
    return [id_ for id_, each in tags.items() if any(tag.startswith("image-channel-stable=") for tag in each)]


def test_copies_and_an_export_follow_an_image(project: Project, lab: RunningLab) -> None:
    configure(project, lab, publish=PUBLISHED)

    outcome = project.up()

    assert outcome.status == 0, outcome
    build = project.outputs()["builds"]["debian"]
    (south,), (team,) = view(lab, SOUTH.id).images(), view(lab, TEAM.id).images()
    assert {"lab-2": south["id"], "team": team["id"]} == build["copies"]
    assert ("golden", "golden") == (south["name"], team["name"])
    assert ([south["id"]], [team["id"]]) == (published(lab, SOUTH.id), published(lab, TEAM.id))
    assert [build["image_id"]] == published(lab, lab.env["HW_PROJECT_ID"])
    assert f"lab-images:golden-{build['build_id']}.qcow2" == build["export"]


def test_nothing_changes_without_a_change(project: Project, lab: RunningLab) -> None:
    for outcome in (project.preview("--expect-no-changes"), project.refresh("--expect-no-changes")):
        assert outcome.status == 0, outcome


def test_a_new_image_is_copied_and_exported_and_an_earlier_one_is_kept(project: Project, lab: RunningLab) -> None:
    before = project.outputs()["builds"]["debian"]
    configure(project, lab, publish=PUBLISHED, keep_images=1)
    assert project.up().status == 0
    configure(project, lab, publish=PUBLISHED, keep_images=1, rebuild="2")

    outcome = project.up()

    assert outcome.status == 0, outcome
    build = project.outputs()["builds"]["debian"]
    assert {*before["copies"].values()}.isdisjoint(build["copies"].values())
    for project_id, region in ((SOUTH.id, "lab-2"), (TEAM.id, "team")):
        ids = {image["id"] for image in view(lab, project_id).images()}
        assert {before["copies"][region], build["copies"][region]} == ids
        assert [build["copies"][region]] == published(lab, project_id)


def test_a_return_to_the_kept_image_returns_to_its_copies(project: Project, lab: RunningLab) -> None:
    kept = next(tag for image in view(lab, SOUTH.id).images() for tag in image["tags"] if ".kept-copy." in tag)
    build_id = kept.partition("=")[2].partition(".")[0]
    configure(project, lab, publish=PUBLISHED, keep_images=1, use_build=build_id)

    outcome = project.up()

    assert outcome.status == 0, outcome
    build = project.outputs()["builds"]["debian"]
    assert f"lab-images:golden-{build_id}.qcow2" == build["export"]
    assert build["copies"]["lab-2"] in kept_ids(lab, build_id)
    assert [build["copies"]["lab-2"]] == published(lab, SOUTH.id)


def kept_ids(lab: RunningLab, build_id: str) -> set[str]:
    return {image["id"] for image in view(lab, SOUTH.id).images() if any(build_id in tag for tag in image["tags"])}


def test_a_run_that_is_killed_while_an_image_is_copied_makes_no_second_copy(project: Project, lab: RunningLab) -> None:
    configure(project, lab, publish=PUBLISHED, keep_images=1, rebuild="3")
    lab.hold("after", service="ims", method="POST", path="/cross_region_copy$")
    command = project.start("up", "--yes", "--stack", STACK, "--skip-preview")
    wait_for(lab.held, "the request for the copy", 120)

    kill([psutil.Process(command.pid), *descendants(psutil.Process(command.pid))])
    end_of(command)
    lab.let_go()
    project.unlock()
    assert project.refresh("--clear-pending-creates").status == 0
    outcome = project.up()

    assert outcome.status == 0, outcome
    build = project.outputs()["builds"]["debian"]
    assert {build["copies"]["lab-2"]} == kept_ids(lab, build["build_id"])
    assert [build["copies"]["lab-2"]] == published(lab, SOUTH.id)


def test_destroy_leaves_nothing_anywhere(project: Project, lab: RunningLab) -> None:
    outcome = project.destroy()

    assert outcome.status == 0, outcome
    for project_id in (SOUTH.id, TEAM.id, lab.env["HW_PROJECT_ID"]):
        assert (0, 0, 0) == view(lab, project_id).everything()
