"""Stacks that the first released version built go on with this one: nothing is replaced, nothing is left behind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import CloudView, procedure
from tests.e2e.project import Project
from tests.e2e.stored_state import configure, outputs_of_resources, resource_ids, stored
from tests.isos import iso
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("stored")]


@pytest.fixture
def finished(tmp_path: Path) -> Iterator[tuple[Project, RunningLab]]:
    with stored("finished", tmp_path) as found:
        yield found


@pytest.fixture
def installing(tmp_path: Path) -> Iterator[tuple[Project, RunningLab]]:
    with stored("installing", tmp_path) as found:
        yield found


def test_a_finished_build_goes_on_unchanged_and_is_destroyed_completely(
    finished: tuple[Project, RunningLab],
) -> None:
    project, lab = finished
    before, outputs = resource_ids(project), project.outputs()
    cloud = CloudView(lab.env)
    images = {image["id"] for image in cloud.images()}

    outcome = project.up()

    assert outcome.status == 0, outcome
    assert "replaced" not in outcome.output
    assert "created" not in outcome.output
    assert before == resource_ids(project)
    assert outputs["images"] == project.outputs()["images"]
    assert images == {image["id"] for image in cloud.images()}
    assert [] == procedure(lab)
    recorded = outputs_of_resources(project)
    assert {lab.env["HW_PROJECT_ID"]} == {made["project_id"] for made in recorded}
    sizes = {made["content"]["size_bytes"] for made in recorded if "content" in made}
    assert {len(iso())} == sizes
    outcome = project.up("--expect-no-changes")
    assert outcome.status == 0, outcome
    outcome = project.refresh("--expect-no-changes")
    assert outcome.status == 0, outcome
    outcome = project.destroy()
    assert outcome.status == 0, outcome
    assert ([], [], []) == (cloud.images(), cloud.servers(), cloud.volumes())


def test_a_finished_build_is_destroyed_without_an_up_before(finished: tuple[Project, RunningLab]) -> None:
    project, lab = finished

    outcome = project.destroy()

    assert outcome.status == 0, outcome
    cloud = CloudView(lab.env)
    assert ([], [], []) == (cloud.images(), cloud.servers(), cloud.volumes())


def test_an_interrupted_build_is_finished_with_the_server_that_it_has(
    installing: tuple[Project, RunningLab],
) -> None:
    project, lab = installing
    before = resource_ids(project)
    cloud = CloudView(lab.env)
    (server,) = cloud.servers()
    cloud.stop_server(server["id"])
    lab.clear_journal()

    outcome = project.up()

    assert outcome.status == 0, outcome
    assert before.items() <= resource_ids(project).items()
    assert ["delete server", "image from disk"] == sorted(procedure(lab))
    assert ([], []) == (cloud.servers(), cloud.volumes())


@pytest.mark.recovery("a server is still installing when another build is asked for")
def test_an_interrupted_build_with_another_trigger_needs_no_second_server(
    installing: tuple[Project, RunningLab],
) -> None:
    project, lab = installing
    (abandoned,) = CloudView(lab.env).servers()
    lab.change_settings(guest={"powers_off": True}, quotas={"servers": 1})
    configure(project, lab, rebuild="again")

    outcome = project.up()

    assert outcome.status == 0, outcome
    assert abandoned["name"] in outcome.output
    cloud = CloudView(lab.env)
    assert ([], []) == (cloud.servers(), cloud.volumes())
    assert 1 == len(cloud.images("FusionCompute"))
