"""Publication of an image: its tags, the owner of its channel, and the images that are kept for a channel."""

import pytest

from config.builds.channel_tag import channel_tags
from huaweicloud.errors import CloudError
from providers import image_publication
from providers.runtime import clients
from tests.e2e.cloud import CloudView, procedure
from tests.labs import RunningLab
from tests.providers.crashing import crash_at, new_process
from tests.providers.publications import FAMILY, pointing, published, reader, tags
from tests.providers.stack import Stack


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


def test_destroy_ends_what_an_interrupted_publication_has_published(stack: Stack, cloud: CloudView) -> None:
    stack.up()
    with crash_at(1, "after", "POST"):
        published(stack).up()

    assert "publication" not in stack.state
    assert [stack["image"].id] == pointing(stack)
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


def another(stack: Stack) -> Stack:
    """Return another stack that publishes."""
    return Stack(stack.env, {"name": "other", "image_name": "other"}, name="other")


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

    stack.name = "renamed"
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
