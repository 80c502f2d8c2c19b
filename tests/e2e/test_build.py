"""
The main job, from outside: the CLI's commands, the lab's journal, and what is in the cloud afterwards.

The tests share one stack and run in their order; each leaves a finished build behind.
"""

from collections.abc import Iterator
from itertools import groupby

import pytest

from tests.e2e.cloud import CloudView, changes, procedure
from tests.e2e.project import Outcome, Project, build_settings
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("build")]

PROCEDURE = ["ISO image", "server", "image from disk", "delete server"]


@pytest.fixture(scope="module")
def first_up(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Outcome]]:
    project = Project(tmp_path_factory.mktemp("build") / "project", lab.env)
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env)])
    lab.clear_journal()
    yield project, project.up_after_preview()
    project.destroy()


@pytest.fixture
def built(first_up: tuple[Project, Outcome]) -> Project:
    """Return the project after its first up; the journal begins with the test."""
    project, outcome = first_up
    assert outcome.status == 0, outcome
    return project


def change(project, lab, **settings):
    """Bring the stack's one build to other settings."""
    lab.clear_journal()
    project.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env, **settings)])
    outcome = project.up()
    assert outcome.status == 0, outcome


def test_up_builds_by_the_procedure_and_nothing_else(built, lab, cloud):
    iso, server, image, _ = changes(lab)
    wanted = server.body["server"]
    resources = {r["type"].rpartition(":")[2]: r for r in built.state()["deployment"]["resources"]}

    assert PROCEDURE == procedure(lab)
    assert ("IsoImage", "ECS") == (iso.body["type"], image.body["type"])
    assert ("IsoImage", "true") == (wanted["metadata"]["virtual_env_type"], wanted["extendparam"]["diskPrior"])
    assert 1 == len(wanted["data_volumes"])
    assert resources["TempServer"]["outputs"]["data_volume_id"] == image.body["volume_id"]
    assert ([], []) == (cloud.servers(), cloud.volumes())


def test_the_outputs_name_what_is_in_the_cloud(built, cloud):
    outputs = built.outputs()
    summary = outputs["builds"]["debian"]
    (image,), (iso,) = cloud.images("FusionCompute"), cloud.images("IsoImage")

    assert {"debian": image["id"]} == outputs["images"]
    assert (image["id"], iso["id"]) == (summary["image_id"], summary["iso_image_id"])
    assert ("debian-golden", "deleted") == (summary["image_name"], summary["temporary_server"])
    assert (image["min_disk"], int(image["__image_size"])) == (summary["min_disk"], summary["image_size"])
    assert {"iso_image", "temporary_server", "installation", "captured_image", "teardown"} == set(summary["duration_s"])


def test_up_preview_and_refresh_of_a_finished_build_change_nothing(built, lab):
    before = built.outputs()
    lab.clear_journal()

    for outcome in (built.up(), built.preview("--expect-no-changes"), built.refresh("--expect-no-changes")):
        assert outcome.status == 0, outcome
        assert "unchanged" in outcome.output
        assert "~ builds" not in outcome.output
    assert [] == procedure(lab)
    assert before == built.outputs()


def test_name_description_and_tags_change_in_place(built, lab, cloud):
    old = built.outputs()["images"]["debian"]

    change(built, lab, image_name="renamed", description="a description", tags={"team": "images"})

    (image,) = cloud.images("FusionCompute")
    assert (old, "renamed", "a description") == (image["id"], image["name"], image["__description"])
    assert "team=images" in image["tags"]


def test_an_image_that_was_deleted_behind_our_back_is_built_again_by_the_whole_procedure(built, lab, cloud):
    old = built.outputs()["images"]["debian"]
    cloud.delete_image(old)
    lab.clear_journal()

    outcome = built.up("--refresh")

    assert outcome.status == 0, outcome
    # The first server's client token is spent: it is asked for once, answered with the old server, and given up.
    assert PROCEDURE[1:] == [what for what, _ in groupby(procedure(lab))]
    (image,) = cloud.images("FusionCompute")
    assert old != image["id"] == built.outputs()["images"]["debian"]
    assert ([], []) == (cloud.servers(), cloud.volumes())


def test_a_new_build_replaces_the_image_only_when_the_new_one_is_there(built, lab, cloud):
    old = built.outputs()["images"]["debian"]

    change(built, lab, rebuild="again")

    (image,) = cloud.images("FusionCompute")
    assert old != image["id"] == built.outputs()["images"]["debian"]
    assert [*PROCEDURE[1:], "delete image"] == procedure(lab)
    assert 1 == len(cloud.images("IsoImage"))


def test_builds_of_one_iso_file_share_its_import_and_destroy_leaves_nothing(built, lab, cloud: CloudView):
    builds = [
        build_settings(lab.env, rebuild="again"),
        build_settings(lab.env, name="second", image_name="second"),
    ]
    built.configure(region=lab.env["HW_REGION_NAME"], builds=builds)

    outcome = built.up()

    assert outcome.status == 0, outcome
    assert (1, 2) == (len(cloud.images("IsoImage")), len(cloud.images("FusionCompute")))
    assert {"debian", "second"} == set(built.outputs()["images"])
    assert 0 == built.destroy().status
    assert (0, 0, 0) == cloud.everything()
