"""Images of earlier builds that are kept, and the return to one of them."""

import pytest

from huaweicloud.errors import CloudError, UnexpectedState
from providers.build_identity import BuildIdentityInputs
from providers.runtime import process
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.procedure.engine import Resource
from tests.providers.crashing import crash_at, new_process
from tests.providers.stack import Stack


def build(stack: Stack, rebuild: str, keep_images: int = 2, **settings: object) -> str:
    """Build again, and return the build's id."""
    stack.settings = {"rebuild": rebuild, "keep_images": keep_images, **settings}
    return stack.up()["identity"].id


def names(cloud: CloudView) -> list[str]:
    return sorted(image["name"] for image in cloud.images("FusionCompute"))


def test_as_many_images_are_kept_as_the_setting_requires(stack: Stack, cloud: CloudView) -> None:
    builds = [build(stack, text) for text in "abcd"]

    assert sorted(["debian-golden", *(f"debian-golden-{build_id}" for build_id in builds[1:3])]) == names(cloud)
    assert [] == stack.repaired()
    stack.destroy()
    assert (0, 0, 0) == cloud.everything()


def test_one_setting_returns_to_a_kept_build_without_building(stack: Stack, lab: RunningLab, cloud: CloudView) -> None:
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


@pytest.mark.recovery("`no image of build … is kept, but use_build names it`")
def test_a_build_whose_image_is_not_kept_cannot_be_chosen(stack: Stack, cloud: CloudView) -> None:
    first, _ = build(stack, "a", keep_images=1), build(stack, "b", keep_images=1)

    with pytest.raises(AssertionError, match="no image of build 0123456789abcdef is kept") as caught:
        build(stack, "b", use_build="0123456789abcdef")

    assert first in str(caught.value)
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


@pytest.mark.recovery("a new build fails")
@pytest.mark.parametrize("failing", ["server", "capture"])
def test_a_rebuild_that_failed_is_taken_back_without_a_build(
    stack: Stack, lab: RunningLab, cloud: CloudView, failing: str
) -> None:
    stack.up()
    first, image = stack["identity"].id, stack["image"].id
    for text in ("again", "and again"):
        if failing == "server":
            lab.fault("status", service="ecs", method="POST", path="/cloudservers$", status=400, code="Ecs.0005")
        else:
            lab.job_fault("capture_image", "CaptureDiskTask", "IMG.0014")
        stack.settings = {"rebuild": text}
        with pytest.raises(CloudError):
            stack.up()
        lab.call("DELETE", "/faults")
        new_process()
    lab.clear_journal()

    stack.settings = {}
    stack.up()

    assert (first, image) == (stack["identity"].id, stack["image"].id)
    assert {"create_post_paid_servers", "create_image_from_volume"}.isdisjoint(lab.operations())
    assert (2, 0, 0) == cloud.everything()
    new_process()
    assert [] == stack.repaired()
    stack.destroy()
    assert (0, 0, 0) == cloud.everything()


@pytest.mark.parametrize("phase", ["before", "after"])
def test_taking_back_a_rebuild_that_failed_is_finished_wherever_it_is_cut_short(
    stack: Stack, lab: RunningLab, cloud: CloudView, phase: str
) -> None:
    stack.up()
    image = stack["image"].id
    lab.job_fault("capture_image", "CaptureDiskTask", "IMG.0014")
    stack.settings = {"rebuild": "again"}
    with pytest.raises(CloudError):
        stack.up()
    stack.settings = {}
    for number in range(1, 25, 2):
        with crash_at(number, phase):  # type: ignore[arg-type]
            stack.up()

    stack.up()

    assert image == stack["image"].id
    assert (2, 0, 0) == cloud.everything()


def test_a_finished_build_is_built_again_when_rebuild_is_taken_back(stack: Stack, cloud: CloudView) -> None:
    first, second = build(stack, "a", retain_image=True), build(stack, "b", retain_image=True)

    assert build(stack, "a", retain_image=True) not in (first, second)
    assert 3 == len(names(cloud))


def test_a_forced_replacement_of_the_identity_builds_anew(stack: Stack) -> None:
    first = build(stack, "a")
    identity = stack["identity"]
    identity.provider.diff(identity.id, identity.outputs, identity.inputs)
    declared = {key: value for key, value in identity.inputs.items() if key in BuildIdentityInputs.model_fields}

    assert first != Resource.create(identity.provider, declared).id


def test_a_build_that_failed_is_replaced_by_the_earlier_one_by_its_id(
    stack: Stack, lab: RunningLab, cloud: CloudView
) -> None:
    stack.up()
    first, image = stack["identity"].id, stack["image"].id
    lab.job_fault("capture_image", "CaptureDiskTask", "IMG.0014")
    stack.settings = {"rebuild": "again"}
    with pytest.raises(CloudError):
        stack.up()

    stack.settings = {"rebuild": "again", "use_build": first}
    stack.up()

    assert image == stack["image"].id
    assert (2, 0, 0) == cloud.everything()


def test_the_image_of_another_build_cannot_be_chosen(lab: RunningLab, stack: Stack) -> None:
    other = Stack(lab.env, {"name": "other", "image_name": "other"}, name="other")
    foreign = other.up()["identity"].id

    with pytest.raises(AssertionError, match="remove use_build"):
        Stack(lab.env, {"use_build": foreign}).up()
    stack.up()
    with pytest.raises(UnexpectedState, match=f"no image of build {foreign} is kept"):
        build(stack, "", keep_images=0, use_build=foreign)


def test_an_image_whose_end_was_cut_short_after_its_tag_gets_its_name_and_is_counted(
    stack: Stack, cloud: CloudView
) -> None:
    first = build(stack, "a", keep_images=1)
    stack.settings = {**stack.settings, "rebuild": "b"}
    with crash_at(1, "before", method="PATCH"):
        stack.up()

    stack.up()

    assert ["debian-golden", f"debian-golden-{first}"] == names(cloud)


@pytest.mark.recovery("`image … is recorded as …, which the service has detected on the disk`")
@pytest.mark.parametrize(("variant", "warned"), [("as_given", False), ("another", True)])
def test_an_operating_system_that_the_service_detects_otherwise_is_reported(
    stack: Stack, lab: RunningLab, monkeypatch: pytest.MonkeyPatch, variant: str, warned: bool
) -> None:
    lab.choose(os_on_volume=variant)
    said: list[str] = []
    monkeypatch.setattr(process, "log", lambda message, *_, **__: said.append(message))

    image = stack.up()["image"]

    assert warned == any(image["detected_os_version"] in text and image["os_version"] in text for text in said)
    assert warned == (image["detected_os_version"] != image["os_version"])
    stack.destroy()
    lab.choose()
