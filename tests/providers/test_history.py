"""Earlier images that are kept, and the way back to one of them."""

import pytest

from huaweicloud.errors import UnexpectedState
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.providers.crashing import crash_at
from tests.providers.stack import Stack


def build(stack: Stack, rebuild: str, keep_images: int = 2, **settings: object) -> str:
    """Build anew, and return the build's id."""
    stack.settings = {"rebuild": rebuild, "keep_images": keep_images, **settings}
    return stack.up()["identity"].id


def names(cloud: CloudView) -> list[str]:
    return sorted(image["name"] for image in cloud.images("FusionCompute"))


def test_as_many_images_are_kept_as_the_setting_says(stack: Stack, cloud: CloudView) -> None:
    builds = [build(stack, text) for text in "abcd"]

    assert sorted(["debian-golden", *(f"debian-golden-{build_id}" for build_id in builds[1:3])]) == names(cloud)
    assert [] == stack.repaired()
    stack.destroy()
    assert (0, 0, 0) == cloud.everything()


def test_one_setting_goes_back_to_a_kept_build_without_building(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    first, second = build(stack, "a"), build(stack, "b")
    lab.clear_journal()

    assert first == build(stack, "b", use_build=first)

    assert {"create_post_paid_servers", "create_image_from_volume"}.isdisjoint(lab.operations())
    assert ["debian-golden", f"debian-golden-{second}"] == names(cloud)
    assert [] == stack.repaired()
    assert second == build(stack, "b", use_build=second)
    assert ["debian-golden", f"debian-golden-{first}"] == names(cloud)


def test_without_the_setting_a_new_image_is_built(stack: Stack, cloud: CloudView) -> None:
    first = build(stack, "a")
    build(stack, "b")
    build(stack, "b", use_build=first)

    assert first != build(stack, "b")
    assert 3 == len(names(cloud))


def test_while_a_build_is_chosen_nothing_leads_to_another_one(stack: Stack) -> None:
    first = build(stack, "a")

    assert first == build(stack, "a", use_build=first)
    assert first == build(stack, "b", use_build=first)
    assert first != build(stack, "b")


def test_a_build_whose_image_is_not_kept_cannot_be_chosen(stack: Stack, cloud: CloudView) -> None:
    first, _ = build(stack, "a", keep_images=1), build(stack, "b", keep_images=1)

    with pytest.raises(UnexpectedState, match="no image of build 0123456789abcdef is kept") as caught:
        build(stack, "b", use_build="0123456789abcdef")

    assert first in caught.value.hint
    assert 2 == len(names(cloud))


def test_a_lower_number_removes_images_at_once(stack: Stack, cloud: CloudView) -> None:
    for text in "abc":
        build(stack, text)

    build(stack, "c", keep_images=1)
    assert 2 == len(names(cloud))
    build(stack, "c", keep_images=0)
    assert ["debian-golden"] == names(cloud)


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_way_back_that_is_cut_short_anywhere_is_finished(stack: Stack, cloud: CloudView, phase: str) -> None:
    first, _ = build(stack, "a"), build(stack, "b")
    stack.settings = {**stack.settings, "use_build": first}
    for number in range(1, 12):
        with crash_at(number, phase):  # type: ignore[arg-type]
            stack.up()

    stack.up()

    assert first == stack["identity"].id
    assert 2 == len(names(cloud))
    assert stack["image"].id in [image["id"] for image in cloud.images("FusionCompute")]
    stack.destroy()
    assert (0, 0, 0) == cloud.everything()


@pytest.mark.parametrize("refresh", [True, False])
def test_an_image_that_an_interrupted_destroy_has_set_aside_is_the_present_one_again(
    stack: Stack, cloud: CloudView, refresh: bool
) -> None:
    build(stack, "a", keep_images=1)
    present = stack["image"].id
    with crash_at(1, "after", method="PATCH"):
        stack.destroy()
    assert [f"debian-golden-{stack['identity'].id}"] == names(cloud)

    if refresh:
        assert ["update image", "create teardown"] == stack.repaired()
        assert ["debian-golden"] == names(cloud)
    build(stack, "a", keep_images=0)

    assert [present] == [image["id"] for image in cloud.images("FusionCompute")]
    stack.repaired()
    assert ["debian-golden"] == names(cloud)
    stack.destroy()
    assert (0, 0, 0) == cloud.everything()


def test_a_failed_new_build_leaves_the_old_image(stack: Stack, lab: RunningLab, cloud: CloudView) -> None:
    stack.up()
    old = stack["image"].id
    lab.job_fault("capture_image", "CaptureDiskTask", "IMG.0014")
    stack.settings = {"rebuild": "again"}

    with pytest.raises(Exception, match=r"IMG\.0014"):
        stack.up()

    assert old == stack["image"].id
    assert [old] == [image["id"] for image in cloud.images("FusionCompute")]
    stack.up()
    (image,) = cloud.images("FusionCompute")
    assert old != image["id"] == stack["image"].id
