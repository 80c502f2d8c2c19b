"""Refresh of resources that were changed or lost outside, and their restoration with the smallest change."""

from typing import Any

import pytest

from config.constraints import PROVENANCE_KEY, TAG_KEY
from tests.e2e.cloud import CloudView, procedure
from tests.labs import RunningLab, wait_for
from tests.providers.stack import Stack

EVERYTHING_AFTER_THE_ISO = ["create server", "replace installation", "create image", "replace teardown"]


@pytest.fixture
def built(stack: Stack, lab: RunningLab) -> Stack:
    stack.up()
    lab.clear_journal()
    return stack


def before_capture(stack: Stack, lab: RunningLab) -> Stack:
    """Return a build whose run ended when the installation was finished."""
    stack.settings = {"name": "half"}
    lab.fault("status", service="ims", method="POST", path="/action$", nth=2, status=400, code="IMG.0005")
    with pytest.raises(Exception, match=r"IMG\.0005"):
        stack.up()
    lab.call("DELETE", "/faults")
    lab.clear_journal()
    return stack


def test_nothing_is_done_where_nothing_has_changed(built: Stack, lab: RunningLab) -> None:
    assert [] == built.repaired()
    assert [] == procedure(lab)


@pytest.mark.recovery("the image was deleted outside")
def test_an_image_that_is_gone_is_built_again(built: Stack, cloud: CloudView) -> None:
    cloud.delete_image(built["image"].id)
    wait_for(lambda: len(cloud.images("FusionCompute")) == 0, "the deletion")

    assert EVERYTHING_AFTER_THE_ISO == [step for step in built.repaired() if not step.startswith("delete")]
    assert (2, 0, 0) == cloud.everything()


@pytest.mark.recovery("the ISO image was deleted outside")
def test_an_iso_image_that_is_gone_is_imported_again_and_nothing_else(built: Stack, cloud: CloudView) -> None:
    cloud.delete_image(built["iso"].id)
    wait_for(lambda: len(cloud.images("IsoImage")) == 0, "the deletion")

    assert ["create iso"] == built.repaired()


@pytest.mark.recovery(
    "the image was renamed, retagged, described otherwise or protected outside, or its ownership tag was removed"
)
@pytest.mark.parametrize(
    ("attribute", "value", "shown"),
    [("name", "other", "debian-golden"), ("__description", "other", ""), ("min_ram", 2048, 0), ("max_ram", 4096, "0")],
)
def test_an_image_that_was_changed_is_changed_back(
    built: Stack, cloud: CloudView, attribute: str, value: Any, shown: Any
) -> None:
    cloud.change_image(built["image"].id, attribute, value)

    assert ["update image"] == built.repaired()
    (image,) = cloud.images("FusionCompute")
    assert shown == image.get(attribute, "")


@pytest.mark.recovery(
    "the image was renamed, retagged, described otherwise or protected outside, or its ownership tag was removed"
)
def test_a_protected_image_is_unprotected_again(built: Stack, cloud: CloudView) -> None:
    cloud.change_image(built["image"].id, "protected", True)

    assert ["update image"] == built.repaired()
    built.destroy()
    assert (0, 0, 0) == cloud.everything()


@pytest.mark.recovery(
    "the image was renamed, retagged, described otherwise or protected outside, or its ownership tag was removed"
)
@pytest.mark.parametrize("name", ["image", "iso"])
def test_an_ownership_tag_that_was_removed_is_restored(built: Stack, cloud: CloudView, name: str) -> None:
    cloud.remove_tag(built[name].id, TAG_KEY)

    assert [f"update {name}"] == built.repaired()
    assert [] == built.repaired()
    assert all(TAG_KEY in str(image["tags"]) for image in cloud.images())
    built.destroy()
    assert (0, 0, 0) == cloud.everything()


@pytest.mark.recovery(
    "the image was renamed, retagged, described otherwise or protected outside, or its ownership tag was removed"
)
def test_a_tag_that_was_added_is_removed_and_one_that_was_changed_is_changed_back(
    stack: Stack, cloud: CloudView
) -> None:
    stack.settings = {"tags": {"team": "images"}}
    stack.up()
    cloud.set_tags(stack["image"].id, team="other", more="x")

    assert ["update image"] == stack.repaired()
    (image,) = cloud.images("FusionCompute")
    assert {"team=images"} == {tag for tag in image["tags"] if not tag.startswith((TAG_KEY, PROVENANCE_KEY))}


@pytest.mark.recovery("the server was started again before its disk was captured")
def test_a_server_that_was_started_again_is_waited_for_again(stack: Stack, lab: RunningLab, cloud: CloudView) -> None:
    before_capture(stack, lab)
    lab.change_settings(guest={"reacts_to_power_button": True})
    cloud.start_server(stack["server"].id)
    stack.refresh()
    assert "installation" not in stack.state

    cloud.stop_server(stack["server"].id)
    assert ["create installation", "create image", "create teardown"] == stack.repaired()
    assert 1 == len(cloud.images("FusionCompute"))


@pytest.mark.recovery("the server or its data disk was deleted before the capture")
@pytest.mark.parametrize("lost", ["server", "data disk"])
def test_a_server_or_disk_that_is_gone_before_the_capture_is_made_again(
    stack: Stack, lab: RunningLab, cloud: CloudView, lost: str
) -> None:
    before_capture(stack, lab)
    if lost == "server":
        cloud.delete_servers()
    else:
        cloud.take_disk(stack["server"].id, stack["server"]["data_volume_id"])
        lab.change_settings(guest={"install_s": 0.05})
    lab.clear_journal()

    done = stack.repaired()

    assert ["create server", "replace installation", "create image", "create teardown"] == [
        step for step in done if not step.startswith("delete")
    ]
    assert (2, 0, 0) == cloud.everything()


def test_the_memory_limits_of_an_image_follow_the_configuration(stack: Stack, cloud: CloudView) -> None:
    stack.settings = {"min_ram": 1024, "max_ram": 4096}
    stack.up()
    made = cloud.images("FusionCompute")
    stack.done.clear()
    stack.settings = {"max_ram": 8192}
    stack.up()
    changed = cloud.images("FusionCompute")
    stack.settings = {}
    stack.up()
    removed = cloud.images("FusionCompute")

    limits = [[(image["min_ram"], image["max_ram"]) for image in images] for images in (made, changed, removed)]
    assert [[(1024, "4096")], [(0, "8192")], [(0, "0")]] == limits
    assert ["update image", "update image"] == stack.done
    assert [] == stack.repaired()
