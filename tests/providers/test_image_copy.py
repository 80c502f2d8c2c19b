"""Copies of an image in other regions and projects, which follow the image."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from huaweicloud.errors import ApiError, CloudError, UnexpectedState
from tests.e2e import copy_places
from tests.e2e.cloud import CloudView
from tests.e2e.copy_places import SOUTH, TEAM
from tests.labs import RunningLab
from tests.providers import crashing
from tests.providers.crashing import crash_at, new_process
from tests.providers.stack import Stack

AGENCY = "lab-copier"
FAR = {"region": "lab-2", "agency": AGENCY}
NEAR = {"region": "team"}


@pytest.fixture(autouse=True)
def regions(lab: RunningLab, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Configure a second region and a second project of the first one, which the lab serves as well."""
    monkeypatch.setitem(crashing.CONFIGURATION, "image-from-iso:region", "lab-1")
    monkeypatch.setitem(crashing.CONFIGURATION, "image-from-iso:regions", json.dumps(copy_places.regions(lab)))
    new_process()
    yield
    lab.wait_for_jobs()
    for view in (south(lab), team_of(lab)):
        view.empty()


def south(lab: RunningLab) -> CloudView:
    return copy_places.view(lab, SOUTH.id)


def team_of(lab: RunningLab) -> CloudView:
    return copy_places.view(lab, TEAM.id)


def copied(stack: Stack, *copies: dict[str, Any], **settings: Any) -> Stack:
    """Configure the copies of a stack for the next run, which is a process of its own."""
    new_process()
    stack.copies, stack.settings = list(copies), {**stack.settings, **settings}
    return stack


def test_a_copy_in_another_region_is_named_described_and_tagged_like_its_image(stack: Stack, lab: RunningLab) -> None:
    copied(stack, FAR, tags={"owner": "ci"}, description="golden", min_ram=512).up()

    (copy,) = south(lab).images()
    identity = stack["identity"].id
    own = next(tag for tag in copy["tags"] if tag.startswith("image-from-iso="))
    assert (stack["image"].inputs["name"], "golden", 512, "active") == (
        copy["name"],
        copy["__description"],
        copy["min_ram"],
        copy["status"],
    )
    assert "owner=ci" in copy["tags"]
    assert own.startswith(f"image-from-iso={identity}.copy.")
    assert copy["id"] == stack["lab-2/copy"].id == stack["lab-2/copy"]["copy_id"]


def test_a_copy_in_another_project_of_the_region_ends_the_sharing_that_it_needs(stack: Stack, lab: RunningLab) -> None:
    copied(stack, NEAR).up()

    (copy,) = team_of(lab).images()
    assert (stack["team/copy"].id, TEAM.id) == (copy["id"], copy["owner"])
    assert [] == CloudView(lab.env).members(stack["image"].id)


def test_an_image_that_is_shared_in_any_case_stays_so(stack: Stack, lab: RunningLab) -> None:
    copied(stack, NEAR, share_with=[TEAM.id]).up()

    assert [TEAM.id] == CloudView(lab.env).members(stack["image"].id)


def test_nothing_is_done_twice(stack: Stack, lab: RunningLab) -> None:
    copied(stack, FAR, NEAR).up()
    stack.done.clear()

    assert [] == stack.repaired()
    assert (1, 1) == (len(south(lab).images()), len(team_of(lab).images()))


def test_a_new_image_is_copied_before_the_old_copy_is_deleted(stack: Stack, lab: RunningLab) -> None:
    copied(stack, FAR).up()
    old = stack["lab-2/copy"].id
    lab.clear_journal()

    copied(stack, FAR, rebuild="2").up()

    (copy,) = south(lab).images()
    operations = [
        entry["operation"]
        for entry in lab.journal()
        if entry["operation"] in ("copy_image_cross_region", "glance_delete_image")
    ]
    assert copy["id"] != old
    assert "copy_image_cross_region" == operations[0]
    assert stack["image"].inputs["name"] in copy["name"]


def test_names_tags_and_descriptions_change_in_place(stack: Stack, lab: RunningLab) -> None:
    copied(stack, FAR, tags={"a": "1"}).up()
    before = stack["lab-2/copy"].id

    copied(stack, {**FAR, "name": "other"}, tags={"a": "2"}, description="new").up()

    (copy,) = south(lab).images()
    assert (before, "other", "new") == (copy["id"], copy["name"], copy["__description"])
    assert "a=2" in copy["tags"]


def test_a_copy_that_was_deleted_outside_is_made_again(stack: Stack, lab: RunningLab) -> None:
    copied(stack, FAR).up()
    south(lab).delete_image(stack["lab-2/copy"].id)
    lab.wait_for_jobs()

    assert ["create lab-2/copy"] == stack.repaired()
    assert 1 == len(south(lab).images())


def test_kept_images_keep_their_copies_and_pruned_ones_lose_theirs(stack: Stack, lab: RunningLab) -> None:
    builds = []
    for number in range(3):
        copied(stack, FAR, NEAR, keep_images=1, rebuild=str(number)).up()
        builds.append(stack["identity"].id)

    for view in (south(lab), team_of(lab)):
        kept = {tag.partition("=")[2] for image in view.images() for tag in image["tags"]}
        assert {f"{builds[1]}.kept-copy.{stack['history'].id}"} == {tag for tag in kept if ".kept-copy." in tag}
        assert 2 == len(kept)

    new_process()
    stack.destroy()
    assert (0, 0) == (len(south(lab).images()), len(team_of(lab).images()))


def test_a_return_to_a_kept_image_returns_to_its_copy(stack: Stack, lab: RunningLab) -> None:
    copied(stack, FAR, keep_images=1).up()
    first, copy = stack["identity"].id, stack["lab-2/copy"].id
    copied(stack, FAR, keep_images=1, rebuild="2").up()
    lab.clear_journal()

    copied(stack, FAR, keep_images=1, use_build=first).up()

    assert copy == stack["lab-2/copy"].id
    assert "copy_image_cross_region" not in lab.operations()
    assert 2 == len(south(lab).images())


def test_a_region_that_is_no_longer_copied_to_loses_everything(stack: Stack, lab: RunningLab) -> None:
    copied(stack, FAR, NEAR, keep_images=1).up()
    copied(stack, FAR, NEAR, keep_images=1, rebuild="2").up()

    copied(stack, NEAR, keep_images=1).up()

    assert (0, 2) == (len(south(lab).images()), len(team_of(lab).images()))


def test_copies_are_kept_if_the_image_is_retained(stack: Stack, lab: RunningLab) -> None:
    copied(stack, FAR, retain_image=True).up()

    new_process()
    stack.destroy()

    assert 1 == len(south(lab).images())


def test_a_copy_to_another_region_needs_an_agency(stack: Stack, lab: RunningLab) -> None:
    with pytest.raises(UnexpectedState, match="a copy to lab-2 needs an agency"):
        copied(stack, {"region": "lab-2"}).up()

    with pytest.raises(ApiError, match="agency"):
        copied(stack, {"region": "lab-2", "agency": "unknown"}).up()
    copied(stack, FAR).up()
    assert 1 == len(south(lab).images())


def test_a_copy_that_fails_leaves_nothing(stack: Stack, lab: RunningLab) -> None:
    lab.job_fault("copy_image_to_region", "CopyImageInRegionTask", "IMG.0061")

    with pytest.raises(CloudError, match="The step was made to fail"):
        copied(stack, FAR).up()

    lab.wait_for_jobs()
    assert [] == south(lab).images()
    copied(stack, FAR).up()
    assert 1 == len(south(lab).images())


MUTATIONS = [
    (method, number)
    for method, last in (("POST", 3), ("PATCH", 1), ("PUT", 1), ("DELETE", 1))
    for number in range(1, last + 1)
]


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize(("method", "number"), MUTATIONS)
@pytest.mark.parametrize("copy", [FAR, NEAR], ids=["region", "project"])
def test_a_killed_run_leaves_no_second_copy(
    stack: Stack, lab: RunningLab, copy: Any, method: Any, number: int, phase: Any
) -> None:
    stack.up()
    copied(stack, copy)
    with crash_at(number, phase, method):
        stack.up()

    stack.up()

    view = south(lab) if copy is FAR else team_of(lab)
    (found,) = view.images()
    assert stack["image"].inputs["name"] == found["name"]
    assert f"{stack['identity'].id}.copy." in "".join(found["tags"])
    assert [] == CloudView(lab.env).members(stack["image"].id)
    assert [] == stack.repaired()


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize(("method", "number"), MUTATIONS)
@pytest.mark.parametrize("copy", [FAR, NEAR], ids=["region", "project"])
def test_a_killed_run_leaves_no_copy_after_destroy(
    stack: Stack, lab: RunningLab, copy: Any, method: Any, number: int, phase: Any
) -> None:
    stack.up()
    copied(stack, copy)
    with crash_at(number, phase, method):
        stack.up()

    new_process()
    stack.destroy()

    for view in (CloudView(lab.env), south(lab), team_of(lab)):
        assert (0, 0, 0) == view.everything()


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "number"),
    [("POST", n) for n in (4, 6, 7, 8, 9)] + [("PATCH", 1), ("PATCH", 2), ("DELETE", 1), ("DELETE", 2)],
)
@pytest.mark.parametrize("keep_images", [0, 1])
def test_a_killed_replacement_leaves_what_the_setting_says(
    stack: Stack, lab: RunningLab, keep_images: int, method: Any, number: int, phase: Any
) -> None:
    copied(stack, FAR, keep_images=keep_images).up()
    copied(stack, FAR, keep_images=keep_images, rebuild="2")
    with crash_at(number, phase, method):
        stack.up()

    stack.up().refresh().up()

    assert 1 + keep_images == len(south(lab).images())
    new_process()
    stack.destroy()
    assert [] == south(lab).images()


@pytest.mark.parametrize("interruption", ["reset", "500"])
@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("copy", [FAR, NEAR], ids=["region", "project"])
def test_a_lost_response_leads_to_no_second_copy(
    stack: Stack, lab: RunningLab, copy: Any, phase: Any, interruption: Any
) -> None:
    stack.up()
    copied(stack, copy)
    request = 1 if copy is FAR else 2
    with crash_at(request, phase, "POST", interruption):
        stack.up()

    view = south(lab) if copy is FAR else team_of(lab)
    assert 1 == len(view.images())
