"""Ownership of a resource: the tag, the id in the state, and the claims of this run."""

from typing import Any

import pytest

from config.constraints import PROVENANCE_KEY, TAG_KEY
from huaweicloud.errors import CloudError
from providers.lifecycle import ownership
from providers.lifecycle.ownership_tag import OwnershipTag
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.procedure.engine import Resource
from tests.providers.crashing import new_process
from tests.providers.stack import Stack

OURS = OwnershipTag("0123456789abcdef", "image", "11111111")
NEWER = OwnershipTag("0123456789abcdef", "image", "22222222")
KEPT = OwnershipTag("0123456789abcdef", "kept", "history1")

CHANGES_OUTSIDE = {
    "removed": None,
    "no ownership tag": "anything",
    "empty": "",
    "another owner": "{build_id}.image.deadbeef",
    "another build": "fedcba9876543210.image.{owner}",
    "another step": "{build_id}.{other}.{owner}",
    "another history": "{build_id}.kept.deadbeef",
}


@pytest.mark.parametrize(
    ("tag", "claimed", "verdict"),
    [
        (OURS.as_tags, None, "ours"),
        (OURS.as_tags, "22222222", "ours"),
        (NEWER.as_tags, "22222222", "newer"),
        (NEWER.as_tags, None, "changed"),
        (NEWER.as_tags, "33333333", "changed"),
        (NEWER.as_tags, "11111111", "changed"),
        ({TAG_KEY: "0123456789abcdef.iso.22222222"}, "22222222", "changed"),
        ({TAG_KEY: "fedcba9876543210.image.22222222"}, "22222222", "changed"),
        (KEPT.as_tags, None, "kept"),
        ({TAG_KEY: "0123456789abcdef.kept.history2"}, None, "changed"),
        ({TAG_KEY: "fedcba9876543210.kept.history1"}, None, "changed"),
        ({}, "22222222", "changed"),
        ({TAG_KEY: "anything"}, "22222222", "changed"),
    ],
)
def test_a_newer_owner_needs_a_second_signal(tag: Any, claimed: str | None, verdict: str) -> None:
    ownership.forget()
    if claimed:
        ownership.claim("an-image", claimed)

    assert verdict == ownership.judge("an-image", tag, OURS, "history1")


def change_tag(cloud: CloudView, resource: Resource, change: str, step: str) -> None:
    value = CHANGES_OUTSIDE[change]
    if value is None:
        cloud.remove_tag(resource.id, TAG_KEY)
        return
    values = {"build_id": resource["build_id"], "owner": resource["owner"]}
    text = value.replace(".image.", f".{step}.").format(**values, other="iso" if step == "image" else "image")
    cloud.set_tags(resource.id, **{TAG_KEY: text})


@pytest.mark.recovery("`the ownership tag of … was removed or changed outside`")
@pytest.mark.parametrize("change", CHANGES_OUTSIDE)
def test_an_ownership_tag_that_was_changed_outside_is_repaired_and_else_ignored(
    stack: Stack, cloud: CloudView, change: str
) -> None:
    stack.up()
    for step in ("image", "iso"):
        change_tag(cloud, stack[step], change, step)
    new_process()

    assert ["update iso", "update image"] == stack.repaired()

    assert [] == stack.repaired()
    tags = [tag for found in cloud.images() for tag in found["tags"] if not tag.startswith(PROVENANCE_KEY)]
    assert {expected_tag(stack[step], step) for step in ("image", "iso")} == set(tags)
    for step in ("image", "iso"):
        change_tag(cloud, stack[step], change, step)
    stack.destroy()
    assert (0, 0, 0) == cloud.everything()


@pytest.mark.parametrize("change", ["removed", "another owner", "another build"])
@pytest.mark.parametrize("keep_images", [0, 1])
def test_a_replaced_image_is_deleted_or_kept_whatever_its_tag_is(
    stack: Stack, cloud: CloudView, change: str, keep_images: int
) -> None:
    stack.settings = {"keep_images": keep_images}
    stack.up()
    change_tag(cloud, stack["image"], change, "image")
    new_process()

    stack.settings = {"keep_images": keep_images, "rebuild": "again"}
    stack.up()

    assert 1 + keep_images == len(cloud.images("FusionCompute"))


@pytest.mark.recovery("`image … is kept: a newer resource owns it`")
def test_an_image_that_a_forced_replacement_has_adopted_stays(stack: Stack, cloud: CloudView) -> None:
    stack.up()
    old = stack["image"]
    stack.state["image"] = Resource.create(old.provider, old.inputs)

    old.delete()

    assert stack["image"].id == old.id
    assert [old.id] == [image["id"] for image in cloud.images("FusionCompute")]
    assert [] == stack.repaired()


def test_an_image_that_a_forced_replacement_has_adopted_stays_in_a_later_run(stack: Stack, cloud: CloudView) -> None:
    stack.up()
    old = stack["image"]
    stack.state["image"] = Resource.create(old.provider, old.inputs)
    new_process()
    stack.condemned.append(old)

    stack.up()

    assert [old.id] == [image["id"] for image in cloud.images("FusionCompute")]


@pytest.mark.parametrize("value", [None, "anything", "fedcba9876543210.server.0"])
def test_a_server_whose_tag_was_changed_is_found_repaired_and_deleted(
    stack: Stack, lab: RunningLab, cloud: CloudView, value: str | None
) -> None:
    lab.fault("status", service="ims", method="POST", path="/action$", nth=2, status=400, code="IMG.0005")
    with pytest.raises(CloudError, match=r"IMG\.0005"):
        stack.up()
    lab.call("DELETE", "/faults")
    server = stack["server"]
    cloud.change_server_tag(server.id, TAG_KEY, value)
    new_process()

    stack.refresh()

    assert "live" == server["status"]
    assert server.provider.diff(server.id, server.outputs, server.inputs).changes
    server.update()
    assert [expected_tag(server, "server")] == [tag for found in cloud.servers() for tag in found["tags"]]
    cloud.change_server_tag(server.id, TAG_KEY, value)
    server.delete()
    assert [] == cloud.servers()


def expected_tag(resource: Resource, step: str) -> str:
    return f"{TAG_KEY}={resource['build_id']}.{step}.{resource['owner']}"
