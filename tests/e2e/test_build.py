"""The main job, from outside: the CLI's commands, the lab's journal, and what is in the cloud afterwards."""

import pytest

from tests.e2e.cloud import changes, procedure
from tests.e2e.project import build_settings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("build")]

PROCEDURE = ["ISO image", "server", "image from disk", "delete server"]


@pytest.fixture
def built(new_project, lab):
    project = new_project()
    lab.clear_journal()
    outcome = project.up()
    assert outcome.status == 0, outcome
    yield project
    project.destroy()


def test_the_life_of_a_build(built, lab, cloud):
    """Up builds by the procedure only; up, preview and refresh then change nothing; destroy leaves nothing."""
    first = procedure(lab)
    summary = built.outputs()["builds"]["debian"]

    assert first == PROCEDURE
    assert summary["image_id"] == built.outputs()["images"]["debian"]
    assert ("debian-golden", "deleted") == (summary["image_name"], summary["temporary_server"])
    assert summary["min_disk"] >= 10
    assert summary["image_size"] > 0
    assert {"iso_image", "temporary_server", "installation", "captured_image", "teardown"} == set(summary["duration_s"])
    assert [summary["image_id"]] == [image["id"] for image in cloud.images("FusionCompute")]
    assert [summary["iso_image_id"]] == [image["id"] for image in cloud.images("IsoImage")]
    assert ([], []) == (cloud.servers(), cloud.volumes())

    lab.clear_journal()
    again, preview, refresh = built.up(), built.preview("--expect-no-changes"), built.refresh("--expect-no-changes")

    assert (0, 0, 0) == (again.status, preview.status, refresh.status), (again, preview, refresh)
    assert [] == procedure(lab)
    assert summary == built.outputs()["builds"]["debian"]

    assert 0 == built.destroy().status
    assert ([], [], []) == (cloud.images(), cloud.servers(), cloud.volumes())


def test_the_image_is_made_from_the_data_disk(built, lab, cloud):
    iso, server, image, _ = changes(lab)
    resources = {r["type"].rpartition(":")[2]: r for r in built.state()["deployment"]["resources"]}
    wanted = server.body["server"]

    assert ("IsoImage", "ECS") == (iso.body["type"], image.body["type"])
    assert resources["TempServer"]["outputs"]["data_volume_id"] == image.body["volume_id"]
    assert ("IsoImage", "true") == (wanted["metadata"]["virtual_env_type"], wanted["extendparam"]["diskPrior"])
    assert 1 == len(wanted["data_volumes"])


def test_an_image_that_was_deleted_behind_our_back_is_built_again_by_the_whole_procedure(built, lab, cloud):
    old = built.outputs()["images"]["debian"]
    cloud.delete_image(old)
    lab.clear_journal()

    outcome = built.up("--refresh")

    assert outcome.status == 0, outcome
    assert PROCEDURE[1:] == procedure(lab)
    assert old != built.outputs()["images"]["debian"]
    assert ([], []) == (cloud.servers(), cloud.volumes())
    assert 1 == len(cloud.images("FusionCompute"))


def test_name_description_and_tags_change_in_place(built, lab, cloud):
    old = built.outputs()["images"]["debian"]
    settings = build_settings(lab.env, image_name="renamed", description="a description", tags={"team": "images"})
    built.configure(region=lab.env["HW_REGION_NAME"], builds=[settings])

    outcome = built.up()

    assert outcome.status == 0, outcome
    (image,) = cloud.images("FusionCompute")
    assert (old, "renamed", "a description") == (image["id"], image["name"], image["__description"])
    assert "team=images" in image["tags"]


def test_a_new_build_replaces_the_image_only_when_the_new_one_is_there(built, lab, cloud):
    old = built.outputs()["images"]["debian"]
    built.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env, rebuild="again")])
    lab.clear_journal()

    outcome = built.up()

    assert outcome.status == 0, outcome
    (image,) = cloud.images("FusionCompute")
    assert image["id"] == built.outputs()["images"]["debian"] != old
    assert [*PROCEDURE[1:], "delete image"] == procedure(lab)
    assert 1 == len(cloud.images("IsoImage"))


def test_builds_of_one_iso_file_share_its_import(new_project, lab, cloud):
    project = new_project()
    builds = [build_settings(lab.env, name=name, image_name=name) for name in ("one", "two")]
    project.configure(region=lab.env["HW_REGION_NAME"], builds=builds)

    outcome = project.up()

    assert outcome.status == 0, outcome
    assert (1, 2) == (len(cloud.images("IsoImage")), len(cloud.images("FusionCompute")))
    assert {"one", "two"} == set(project.outputs()["images"])
    assert 0 == project.destroy().status
    assert ([], [], []) == (cloud.images(), cloud.servers(), cloud.volumes())
