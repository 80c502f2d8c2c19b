"""Sharing of an image with projects."""

from typing import Any

import pytest

from providers.lifecycle import image_updates

PARTNER, OTHER = "a-partner", "another"


class Members:
    """Image service that knows members only."""

    def __init__(self, *present):
        self.present = [*present]
        self.calls = []
        self.ims = self

    def list_members(self, image_id):
        self.calls.append("list")
        return [*self.present]

    def add_member(self, image_id, project_id):
        self.present.append(project_id)

    def remove_member(self, image_id, project_id):
        self.present.remove(project_id)


@pytest.mark.parametrize(
    ("present", "wanted", "old"),
    [
        ((), [PARTNER], []),
        ((PARTNER,), [PARTNER], [PARTNER]),
        ((PARTNER, OTHER), [OTHER], [PARTNER, OTHER]),
        ((PARTNER,), [], [PARTNER]),
        (("a-stranger",), [PARTNER], [PARTNER]),
    ],
)
def test_an_image_is_shared_with_the_wanted_projects_and_nobody_else(present, wanted, old):
    cloud: Any = Members(*present)

    image_updates.set_members(cloud, "an-image", wanted, bool(old))

    assert cloud.present == wanted


def test_an_image_that_is_nobody_s_is_not_asked_about():
    cloud: Any = Members()

    image_updates.set_members(cloud, "an-image", [], may_be_shared=False)

    assert image_updates.get_members(cloud, "an-image", []) == []
    assert cloud.calls == []


def test_an_image_that_may_be_shared_is_asked_about():
    cloud: Any = Members("a-stranger")

    image_updates.set_members(cloud, "an-image", [])

    assert cloud.present == []


def test_a_refresh_sees_who_has_gone_and_who_has_come():
    cloud: Any = Members(OTHER, "a-stranger")

    assert image_updates.get_members(cloud, "i", [PARTNER, OTHER]) == [OTHER, "a-stranger"]
