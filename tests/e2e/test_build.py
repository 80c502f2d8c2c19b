"""The main job, from outside: the CLI's commands, the lab's journal, and what is in the cloud afterwards."""

import pytest

from tests.e2e.project import build_settings

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("build")]

PROCEDURE = [
    "POST /v2/cloudimages/action",
    "POST /v1/{project_id}/cloudservers",
    "POST /v2/cloudimages/action",
    "POST /v1/{project_id}/cloudservers/delete",
]


def changes_of(journal):
    """The requests that change something, in order; a token is not a change."""
    return [entry for entry in journal if entry.method != "GET" and entry.service not in ("iam", "obs")]


@pytest.fixture
def built(new_project, lab):
    project = new_project()
    lab.clear_journal()
    outcome = project.up()
    assert outcome.status == 0, outcome
    yield project
    project.destroy()


def test_the_life_of_a_build(built, lab):
    """Up builds by the procedure only; up, preview and refresh then change nothing; destroy leaves nothing."""
    first = [f"{entry.method} {entry.route}" for entry in changes_of(lab.journal())]
    summary = built.outputs()["builds"]["debian"]

    assert first == PROCEDURE
    assert summary["image_id"] == built.outputs()["images"]["debian"]
    assert ("debian-golden", "deleted") == (summary["image_name"], summary["temporary_server"])
    assert summary["min_disk"] >= 10
    assert summary["image_size"] > 0
    assert {"iso_image", "temporary_server", "installation", "captured_image", "teardown"} == set(summary["duration_s"])
    assert [summary["image_id"]] == [image["id"] for image in lab.images("FusionCompute")]
    assert [summary["iso_image_id"]] == [image["id"] for image in lab.images("IsoImage")]
    assert ([], []) == (lab.servers(), lab.volumes())

    lab.clear_journal()
    again, preview, refresh = built.up(), built.preview("--expect-no-changes"), built.refresh("--expect-no-changes")

    assert (0, 0, 0) == (again.status, preview.status, refresh.status), (again, preview, refresh)
    assert [] == changes_of(lab.journal())
    assert summary == built.outputs()["builds"]["debian"]

    assert 0 == built.destroy().status
    assert ([], [], []) == (lab.images(), lab.servers(), lab.volumes())


def test_the_image_is_made_from_the_data_disk(built, lab):
    posts = [entry for entry in lab.journal() if entry.route == "/v2/cloudimages/action"]
    server = next(entry for entry in lab.journal() if entry.route == "/v1/{project_id}/cloudservers")
    resources = {r["type"].rpartition(":")[2]: r for r in built.state()["deployment"]["resources"]}

    assert ["IsoImage", "ECS"] == [post.body["type"] for post in posts]
    assert resources["TempServer"]["outputs"]["data_volume_id"] == posts[1].body["volume_id"]
    assert "IsoImage" == server.body["server"]["metadata"]["virtual_env_type"]
    assert (1, "true") == (
        len(server.body["server"]["data_volumes"]),
        server.body["server"]["extendparam"]["diskPrior"],
    )


def test_an_image_that_was_deleted_behind_our_back_is_built_again_by_the_whole_procedure(built, lab):
    old = built.outputs()["images"]["debian"]
    lab.delete_image(old)
    lab.clear_journal()

    outcome = built.up("--refresh")

    assert outcome.status == 0, outcome
    assert PROCEDURE[1:] == [f"{entry.method} {entry.route}" for entry in changes_of(lab.journal())]
    assert old != built.outputs()["images"]["debian"]
    assert ([], []) == (lab.servers(), lab.volumes())
    assert 1 == len(lab.images("FusionCompute"))


def test_name_description_and_tags_change_in_place(built, lab):
    old = built.outputs()["images"]["debian"]
    settings = build_settings(lab.env, image_name="renamed", description="a description", tags={"team": "images"})
    built.configure(region=lab.env["HW_REGION_NAME"], builds=[settings])

    outcome = built.up()

    assert outcome.status == 0, outcome
    (image,) = lab.images("FusionCompute")
    assert (old, "renamed", "a description") == (image["id"], image["name"], image["__description"])
    assert "team=images" in image["tags"]


def test_a_new_build_replaces_the_image_only_when_the_new_one_is_there(built, lab):
    old = built.outputs()["images"]["debian"]
    built.configure(region=lab.env["HW_REGION_NAME"], builds=[build_settings(lab.env, rebuild="again")])
    lab.clear_journal()

    outcome = built.up()

    assert outcome.status == 0, outcome
    (image,) = lab.images("FusionCompute")
    changes = [f"{entry.method} {entry.route}" for entry in changes_of(lab.journal())]
    assert image["id"] == built.outputs()["images"]["debian"] != old
    assert [*PROCEDURE[1:], "DELETE /v2/images/{image_id}"] == changes
    assert 1 == len(lab.images("IsoImage"))


def test_builds_of_one_iso_file_share_its_import(new_project, lab):
    project = new_project()
    builds = [build_settings(lab.env, name=name, image_name=name) for name in ("one", "two")]
    project.configure(region=lab.env["HW_REGION_NAME"], builds=builds)

    outcome = project.up()

    assert outcome.status == 0, outcome
    assert (1, 2) == (len(lab.images("IsoImage")), len(lab.images("FusionCompute")))
    assert {"one", "two"} == set(project.outputs()["images"])
    assert 0 == project.destroy().status
    assert ([], [], []) == (lab.images(), lab.servers(), lab.volumes())
