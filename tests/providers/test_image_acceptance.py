"""Acceptance of a shared image by the project that it is shared with."""

import json
from typing import Any

import pytest

from huaweicloud.errors import UnexpectedState
from providers.image_acceptance import ImageAcceptanceProvider
from tests.e2e import copy_places
from tests.e2e.cloud import CloudView
from tests.e2e.copy_places import TEAM
from tests.labs import RunningLab
from tests.procedure.engine import Resource
from tests.providers import crashing
from tests.providers.crashing import crash_at, new_process
from tests.providers.stack import Stack


@pytest.fixture(autouse=True)
def team(lab: RunningLab, monkeypatch: pytest.MonkeyPatch) -> CloudView:
    """Return the view of a second project, which is an entry of `regions`."""
    entry = copy_places.regions(lab)["team"]
    monkeypatch.setitem(crashing.CONFIGURATION, "image-from-iso:region", "lab-1")
    monkeypatch.setitem(crashing.CONFIGURATION, "image-from-iso:regions", json.dumps({"team": entry}))
    new_process()
    return copy_places.view(lab, TEAM.id)


@pytest.fixture
def shared(stack: Stack) -> str:
    """Return the id of an image that is shared with the second project."""
    stack.settings = {"share_with": [TEAM.id]}
    return str(stack.up()["image"].id)


def accepted(image_id: str) -> Resource:
    return Resource.create(ImageAcceptanceProvider(), {"region": "team", "image_id": image_id})


def visible(team: CloudView) -> list[Any]:
    return [image["id"] for image in team.images_of_type("shared")]


def test_an_accepted_image_can_be_used_until_it_is_rejected(team: CloudView, shared: str) -> None:
    assert [] == visible(team)

    acceptance = accepted(shared)

    assert [shared] == visible(team)
    assert (shared, "accepted") == (acceptance.id, acceptance["status"])
    assert acceptance.refresh() is None
    acceptance.delete()
    assert [] == visible(team)


@pytest.mark.recovery("`image … is not shared with project …, or does not exist`")
def test_an_image_that_is_not_shared_is_refused(stack: Stack) -> None:
    image_id = stack.up()["image"].id

    with pytest.raises(
        UnexpectedState, match=f"image {image_id} is not shared with project {TEAM.id} in lab-1"
    ) as caught:
        accepted(image_id)

    assert "share_with" in caught.value.hint
    with pytest.raises(UnexpectedState, match="or does not exist"):
        accepted("nothing")


def test_an_image_that_is_shared_no_more_is_gone_and_its_end_is_no_error(stack: Stack, shared: str) -> None:
    acceptance = accepted(shared)
    stack.settings = {}
    stack.up()

    assert "is gone" == acceptance.refresh()
    acceptance.delete()


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_killed_run_accepts_and_rejects_again(team: CloudView, shared: str, phase: Any) -> None:
    with crash_at(1, phase, "PUT"):
        accepted(shared)
    acceptance = accepted(shared)
    assert [shared] == visible(team)

    with crash_at(1, phase, "PUT"):
        acceptance.delete()
    acceptance.delete()

    assert [] == visible(team)
