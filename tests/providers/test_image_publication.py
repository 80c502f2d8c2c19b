"""Publication of an image: a channel of a family that points to exactly one image, whatever interrupts its moves."""

from typing import Any

import pytest

from config.builds.channel_tag import Channel, channel_tags
from huaweicloud.errors import CloudError, UnexpectedState
from providers import image_publication
from providers.channels import published_images
from providers.runtime import clients
from tests.e2e.cloud import CloudView, procedure
from tests.labs import RunningLab
from tests.providers.crashing import crash_at, new_process
from tests.providers.installations import failure_of
from tests.providers.stack import Stack

FAMILY = "debian-12"


def published(stack: Stack, channel: str = "stable", family: str = FAMILY, **settings: Any) -> Stack:
    stack.settings = {**stack.settings, "publish": {"family": family, "channel": channel}, **settings}
    return stack


def reader(stack: Stack, channel: str = "stable", family: str = FAMILY) -> str:
    """Return the id of the image that a reader finds."""
    return published_images.find(clients.cloud(stack.env["HW_REGION_NAME"]), family, channel).id


def pointing(stack: Stack, channel: str = "stable", family: str = FAMILY) -> list[str]:
    """Return the ids of all images that carry a channel."""
    cloud = clients.cloud(stack.env["HW_REGION_NAME"])
    return [image.id for image in published_images.holders(cloud, Channel(family, channel))]


def tags(stack: Stack, image_id: str) -> dict[str, str]:
    image = clients.cloud(stack.env["HW_REGION_NAME"]).ims.get_image(image_id)
    assert image is not None
    return dict(image.tags)


def test_a_reader_finds_the_published_image(stack: Stack, lab: RunningLab) -> None:
    published(stack, tags={f"key-{number}": "v" for number in range(5)}).up()

    image_id = stack["image"].id
    assert "create publication" == stack.done[-1]
    assert [image_id] == pointing(stack)
    assert image_id == reader(stack)
    found = tags(stack, image_id)
    assert FAMILY == found["image-family"]
    assert found["image-channel-stable"].startswith(stack["publication"]["published_at"])
    assert max(map(len, found.values())) <= 43


def test_a_build_that_is_not_published_has_no_such_tag(stack: Stack) -> None:
    stack.up()

    assert "publication" not in stack.state
    assert {"image-from-iso", "image-provenance"} == {*tags(stack, stack["image"].id)}


def test_a_later_run_without_changes_does_nothing(stack: Stack, lab: RunningLab) -> None:
    published(stack).up()
    new_process()
    lab.clear_journal()

    assert [] == stack.repaired()
    assert [] == procedure(lab)


def test_publication_is_added_and_removed_without_a_new_image(stack: Stack, lab: RunningLab) -> None:
    stack.up()
    image_id, before = stack["image"].id, tags(stack, stack["image"].id)
    stack.done.clear()

    published(stack).up()
    assert ["create publication"] == stack.done
    assert image_id == reader(stack)

    del stack.settings["publish"]
    stack.done.clear()
    stack.up()
    assert ["delete publication"] == stack.done
    assert before == tags(stack, image_id)
    assert [] == stack.repaired()


def test_a_new_image_takes_the_channel_over(stack: Stack, cloud: CloudView) -> None:
    published(stack).up()
    before = stack["image"].id

    published(stack, rebuild="2").up()

    assert before != stack["image"].id
    assert [stack["image"].id] == pointing(stack)
    assert (2, 0, 0) == cloud.everything()


def test_a_failed_test_leaves_the_image_before_published(stack: Stack) -> None:
    published(stack, verify={"until": "booting: installed from"}).up()
    before = stack["image"].id

    failing = {"until": "never shown", "timeout_minutes": 0.02}
    failure_of(published(stack, rebuild="2", verify=failing))
    assert [before] == pointing(stack)

    published(stack, verify={"until": "booting: installed from"}).up()
    assert [stack["image"].id] == pointing(stack)
    assert before != stack["image"].id


def test_another_channel_is_a_promotion(stack: Stack) -> None:
    published(stack, "candidate").up()
    stack.done.clear()

    published(stack, "stable").up()

    assert ["update publication"] == stack.done
    assert stack["image"].id == reader(stack, "stable")
    with pytest.raises(UnexpectedState, match="no image is published in channel candidate of family debian-12") as none:
        reader(stack, "candidate")
    assert "family debian-12 has the channels stable" in none.value.hint


def test_another_family_is_an_update(stack: Stack) -> None:
    published(stack).up()
    stack.done.clear()

    published(stack, "candidate", "debian").up()

    assert ["update publication"] == stack.done
    assert stack["image"].id == reader(stack, "candidate", "debian")
    others = {"image-from-iso", "image-provenance"}
    assert {"image-channel-candidate", "image-family"} == {*tags(stack, stack["image"].id)} - others
    with pytest.raises(UnexpectedState, match="no image is published") as none:
        reader(stack)
    assert "there are the families debian" in none.value.hint


def test_a_new_image_for_another_channel_leaves_the_image_before_in_its_own(stack: Stack, cloud: CloudView) -> None:
    published(stack, "stable").up()
    stable = stack["image"].id

    published(stack, "candidate", rebuild="2").up()
    candidate = stack["image"].id
    assert (stable, candidate) == (reader(stack, "stable"), reader(stack, "candidate"))
    assert [] == stack.repaired()

    published(stack, "stable").up()
    assert [candidate] == pointing(stack)
    assert (2, 0, 0) == cloud.everything()


def test_a_rollback_moves_the_channel_back(stack: Stack) -> None:
    published(stack, keep_images=2).up()
    first, build = stack["image"].id, stack["identity"].id
    published(stack, rebuild="2").up()
    assert first != reader(stack)

    published(stack, use_build=build).up()

    assert [first] == pointing(stack)
    assert first == stack["image"].id


def test_keep_images_prunes_no_image_that_a_channel_points_to(stack: Stack) -> None:
    published(stack, "stable", keep_images=1).up()
    stable = stack["image"].id
    for number in ("2", "3", "4"):
        published(stack, "candidate", rebuild=number).up()
        assert stable == reader(stack, "stable")
        assert [stack["image"].id] == pointing(stack, "candidate")

    published(stack, "stable").up()
    assert [stack["image"].id] == pointing(stack, "stable")

    published(stack, rebuild="5").up()
    ids = {image.id for image in clients.cloud(stack.env["HW_REGION_NAME"]).ims.list_images()}
    assert stable not in ids


def test_destroy_ends_every_channel_of_the_stack(stack: Stack, cloud: CloudView) -> None:
    published(stack, "stable").up()
    published(stack, "candidate", rebuild="2").up()
    new_process()

    stack.destroy()

    assert (0, 0, 0) == cloud.everything()


def test_destroy_deletes_an_image_that_was_kept_for_a_channel_whose_tags_are_gone(
    stack: Stack, cloud: CloudView
) -> None:
    published(stack, "stable").up()
    kept = stack["image"].id
    published(stack, "candidate", rebuild="2").up()
    clients.cloud(stack.env["HW_REGION_NAME"]).ims.delete_tags(kept, ["image-channel-stable", "image-family"])
    new_process()

    stack.destroy()

    assert (0, 0, 0) == cloud.everything()


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("phase", ["before", "after"])
def test_an_image_that_was_kept_for_a_channel_survives_no_interrupted_promotion(
    stack: Stack, cloud: CloudView, method: str, phase: Any
) -> None:
    published(stack, "stable").up()
    published(stack, "candidate", rebuild="2").up()
    assert (3, 0, 0) == cloud.everything()
    published(stack, "stable")
    with crash_at(2 if method == "POST" else 1, phase, method):
        stack.up()

    stack.up()

    assert [stack["image"].id] == pointing(stack)
    assert (2, 0, 0) == cloud.everything()


def another(stack: Stack) -> Stack:
    """Return another stack that publishes."""
    return Stack(stack.env, {"name": "other", "image_name": "other"}, prefix="other/")


def test_a_channel_of_another_stack_is_refused(stack: Stack) -> None:
    published(stack).up()
    image_id = stack["image"].id

    with pytest.raises(AssertionError, match="channel stable of family debian-12 belongs to another stack"):
        published(another(stack)).up()

    assert [image_id] == pointing(stack)


def test_a_channel_that_another_stack_takes_after_the_check_is_refused_too(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(stack).up()
    monkeypatch.setattr(image_publication, "_refusal", lambda *_: "")

    with pytest.raises(CloudError, match="belongs to another stack, which has published image debian-golden") as error:
        published(another(stack)).up()

    assert "delete the tag image-channel-stable of that image if its stack is gone" in error.value.hint
    assert [stack["image"].id] == pointing(stack)


def test_a_channel_is_free_when_its_stack_is_gone(stack: Stack) -> None:
    published(stack).up()
    stack.destroy()
    new_process()

    other = published(another(stack)).up()

    assert [other["image"].id] == pointing(stack)


def test_a_renamed_stack_still_owns_its_channel(stack: Stack) -> None:
    published(stack).up()

    stack.prefix = "renamed/"
    new_process()
    stack.done.clear()
    published(stack, rebuild="2").up()

    assert "update publication" in stack.done
    assert [stack["image"].id] == pointing(stack)
    assert [] == stack.repaired()


def test_an_image_that_another_stack_publishes_is_handed_over_to_it(stack: Stack, cloud: CloudView) -> None:
    published(stack).up()
    image = clients.cloud(stack.env["HW_REGION_NAME"]).ims.get_image(stack["image"].id)
    assert image is not None
    (own,) = channel_tags(image.tags)
    foreign = own.value.replace(own.publisher, f"{'0' * 10}.{'0' * 6}")
    clients.cloud(stack.env["HW_REGION_NAME"]).ims.set_tags(image.id, {"image-channel-theirs": foreign})

    stack.destroy()

    (left,) = cloud.images()
    assert image.id == left["id"]
    assert image.id == reader(stack, "theirs")
    assert "kept" in tags(stack, image.id)["image-from-iso"]
    assert "image-channel-stable" not in tags(stack, image.id)


def test_an_image_is_of_one_family(stack: Stack) -> None:
    published(stack).up()
    cloud, image_id = clients.cloud(stack.env["HW_REGION_NAME"]), stack["image"].id
    value = tags(stack, image_id)["image-channel-stable"]
    cloud.ims.set_tags(image_id, {"image-channel-theirs": f"{value[:19]}.{'0' * 10}.{'0' * 6}"})

    with pytest.raises(
        CloudError, match="is of family debian-12, not debian: channel theirs of family debian-12"
    ) as no:
        published(stack, family="debian").up()

    assert "publish it to family debian-12" in no.value.hint
    assert image_id == reader(stack)


@pytest.mark.recovery("the tags of a published image were deleted outside")
@pytest.mark.parametrize("lost", ["image-channel-stable", "image-family"])
def test_a_refresh_finds_a_channel_that_was_deleted_outside(stack: Stack, lost: str) -> None:
    published(stack).up()
    clients.cloud(stack.env["HW_REGION_NAME"]).ims.delete_tags(stack["image"].id, [lost])
    new_process()

    assert "update publication" in stack.repaired()

    assert [stack["image"].id] == pointing(stack)


def test_the_user_s_tags_change_beside_those_of_the_publication(stack: Stack) -> None:
    published(stack, tags={"team": "a"}).up()
    published_tags = tags(stack, stack["image"].id)

    published(stack, tags={"team": "b"}).up()

    assert {**published_tags, "team": "b"} == tags(stack, stack["image"].id)
    assert [] == stack.repaired()


def test_a_later_move_wins_whatever_the_clocks_show(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    published(stack).up()
    cloud, image_id = clients.cloud(stack.env["HW_REGION_NAME"]), stack["image"].id
    tag = tags(stack, image_id)["image-channel-stable"]
    cloud.ims.set_tags(image_id, {"image-channel-stable": f"20991231T235959999Z{tag[19:]}"})

    published(stack, rebuild="2").up()

    assert [stack["image"].id] == pointing(stack)
    assert stack["publication"]["published_at"].startswith("21000101T000000000Z")


CHANGES: dict[str, dict[str, Any]] = {
    "move": {"rebuild": "2"},
    "promotion": {"publish": {"family": FAMILY, "channel": "next"}},
    "rollback": {},
    "removal": {"publish": None},
}


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("change", ["creation", "promotion", "removal"])
def test_an_interrupted_change_is_finished_by_the_next_run(
    stack: Stack, lab: RunningLab, change: str, phase: Any, number: int
) -> None:
    stack.up()
    if change != "creation":
        published(stack).up()
    stack.settings = {**stack.settings, **(CHANGES.get(change) or {"publish": {"family": FAMILY, "channel": "stable"}})}
    with crash_at(number, phase, "POST"):
        stack.up()

    stack.up()

    expected = {"creation": ("stable",), "promotion": ("next",), "removal": ()}[change]
    for channel in ("stable", "next"):
        assert ([stack["image"].id] if channel in expected else []) == pointing(stack, channel)


@pytest.mark.recovery("a run ends while a [channel](publish-images.md) moves from one image to another")
@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("change", ["move", "rollback"])
def test_a_reader_finds_one_image_while_a_move_is_interrupted(
    stack: Stack, cloud: CloudView, monkeypatch: pytest.MonkeyPatch, change: str, phase: Any, number: int
) -> None:
    from providers.image_publication import ImagePublicationProvider

    published(stack, keep_images=2).up()
    first, build = stack["image"].id, stack["identity"].id
    published(stack, rebuild="2")
    if change == "rollback":
        stack.up()
    before = reader(stack)
    stack.settings |= {"use_build": build} if change == "rollback" else {}
    update = ImagePublicationProvider.update

    def interrupted(*args: Any) -> Any:
        with crash_at(number, phase, "POST"):
            return update(*args)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ImagePublicationProvider, "update", interrupted)
        try:
            stack.up()
        except KeyboardInterrupt:
            assert reader(stack) in (before, stack["image"].id)

    stack.up()

    assert [stack["image"].id] == pointing(stack)
    assert (first == stack["image"].id) == (change == "rollback")
    assert (3, 0, 0) == cloud.everything()
