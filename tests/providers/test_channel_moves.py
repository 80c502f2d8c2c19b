"""Moves of a channel from one image to another: it points to exactly one, whatever interrupts a move."""

from typing import Any

import pytest

from huaweicloud.errors import UnexpectedState
from providers.image_publication import ImagePublicationProvider
from providers.runtime import clients
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.providers.crashing import crash_at
from tests.providers.installations import failure_of
from tests.providers.publications import FAMILY, pointing, published, reader, tags
from tests.providers.stack import Stack
from tests.providers.verifications import BOOTS


def test_a_new_image_takes_the_channel_over(stack: Stack, cloud: CloudView) -> None:
    published(stack).up()
    before = stack["image"].id

    published(stack, rebuild="2").up()

    assert before != stack["image"].id
    assert [stack["image"].id] == pointing(stack)
    assert (2, 0, 0) == cloud.everything()


def test_a_failed_test_leaves_the_image_before_published(stack: Stack) -> None:
    published(stack, verify={"until": BOOTS}).up()
    before = stack["image"].id

    failing = {"until": "never shown", "timeout_minutes": 0.02}
    failure_of(published(stack, rebuild="2", verify=failing))
    assert [before] == pointing(stack)

    published(stack, verify={"until": BOOTS}).up()
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
