"""Edits of a finished stack: what it is before, and the change that is cut short."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from config.constraints import TAG_KEY
from lab.world.identity.accounts import PROJECTS
from tests.e2e.cloud import CloudView
from tests.providers.stack import Stack

PARTNERS = [p.id for p in PROJECTS if p.domain.name == "lab-partner" or p.name == "lab-1_team"]
SETTINGS: dict[str, Any] = {"tags": {"team": "a", "stage": "test"}, "description": "before"}
Interfere = Callable[[CloudView, Stack], None]


@dataclass(frozen=True)
class Edit:
    """
    A change of a finished stack.

    Attributes:
        name: Words that a user would choose.
        before: Settings of the build before; `rebuild` takes the values that are listed there in turn.
        after: Changes of the settings; "kept" as `use_build` means the oldest kept build.
        more: Second build that shares the ISO image, before; the change removes it.
        outside: Changes of others in the cloud before; the edit is a refresh and an `up` then.
        may_be_destroyed: True if `destroy` deletes everything, even if the change was not applied.
    """

    name: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    more: bool = False
    outside: Interfere | None = None
    may_be_destroyed: bool = True


def _change_attributes(cloud: CloudView, stack: Stack) -> None:
    cloud.change_image(stack["image"].id, "name", "renamed outside")
    cloud.change_image(stack["image"].id, "__description", "written outside")
    cloud.change_image(stack["image"].id, "min_ram", 2048)
    cloud.set_tags(stack["image"].id, team="other", more="x")


def _change_tags(cloud: CloudView, stack: Stack) -> None:
    cloud.remove_tag(stack["image"].id, TAG_KEY)
    cloud.set_tags(stack["iso"].id, **{TAG_KEY: "anything"})


def _share_and_protect(cloud: CloudView, stack: Stack) -> None:
    cloud.share(stack["image"].id, PARTNERS[0])
    cloud.change_image(stack["image"].id, "protected", True)


EDITS = (
    Edit("rebuild", after={"rebuild": "next"}),
    Edit("rebuild with keep_images", {"keep_images": 1, "rebuild": ["1", "2"]}, {"rebuild": "next"}),
    Edit("rebuild with the first keep_images", {}, {"keep_images": 1, "rebuild": "next"}),
    Edit("rebuild with retain_image", {}, {"retain_image": True, "rebuild": "next"}),
    Edit("use_build", {"keep_images": 2, "rebuild": ["1", "2", "3"]}, {"use_build": "kept"}),
    Edit(
        "use_build without keep_images",
        {"keep_images": 1, "rebuild": ["1", "2"]},
        {"use_build": "kept", "keep_images": 0},
    ),
    Edit("lower keep_images", {"keep_images": 2, "rebuild": ["1", "2", "3"]}, {"keep_images": 1}),
    Edit("no keep_images", {"keep_images": 2, "rebuild": ["1", "2", "3"]}, {"keep_images": 0}),
    Edit("name", after={"image_name": "another-name"}),
    Edit("description", after={"description": "after"}),
    Edit("no description", after={"description": ""}),
    Edit("tags", after={"tags": {"team": "b", "owner": "me"}}),
    Edit("min_ram", after={"min_ram": 1024}),
    Edit(
        "all attributes",
        after={
            "image_name": "another-name",
            "description": "after",
            "tags": {"owner": "me"},
            "min_ram": 1024,
            "share_with": PARTNERS[:1],
            "keep_images": 1,
        },
    ),
    Edit("share", after={"share_with": PARTNERS[:2]}),
    Edit("share otherwise", {"share_with": PARTNERS[:1]}, {"share_with": PARTNERS[1:2]}),
    Edit("unshare", {"share_with": PARTNERS[:2]}, {"share_with": []}),
    Edit("remove one of two builds", more=True),
    Edit("refresh after changed attributes", outside=_change_attributes),
    Edit("refresh after changed ownership tags", outside=_change_tags),
    # `destroy` does not lift a protection that others have set, `up` does
    Edit(
        "refresh after sharing and protection",
        {"share_with": PARTNERS[1:2]},
        outside=_share_and_protect,
        may_be_destroyed=False,
    ),
)


def prepare(stack: Stack, edit: Edit) -> None:
    """Bring an empty stack to the state before an edit."""
    stack.more = {"second": {}} if edit.more else {}
    for value in edit.before.get("rebuild", ["1"]):
        stack.settings = {**SETTINGS, **edit.before, "rebuild": value}
        stack.up()
    stack.up()  # where equal names are refused, the last image gets its name now


def prepare_again(stack: Stack, edit: Edit, value: str) -> None:
    """
    Bring a stack back to the state before an edit, as far as one run can.

    Args:
        value: Value of `rebuild`; another one requests a new build, "" none.
    """
    stack.more = {"second": {}} if edit.more else {}
    stack.settings = {**SETTINGS, **edit.before, "rebuild": value or stack.settings["rebuild"]}
    stack.up()
    stack.up()


def change(stack: Stack, edit: Edit, cloud: CloudView, next_value: str) -> None:
    """Change the settings of a prepared stack, or let others change the cloud; nothing is applied yet."""
    changes = dict(edit.after)
    if "rebuild" in changes:
        changes["rebuild"] = next_value
    if changes.get("use_build") == "kept":
        changes["use_build"] = _oldest_kept(cloud)
    stack.settings = {**stack.settings, **changes}
    stack.more = {}
    if edit.outside:
        edit.outside(cloud, stack)


def _oldest_kept(cloud: CloudView) -> str:
    tags = [tag for image in cloud.images("FusionCompute") for tag in image["tags"] if ".kept." in tag]
    return str(tags[-1].partition("=")[2].partition(".")[0])


def apply(stack: Stack, edit: Edit) -> None:
    """Apply an edit to a prepared stack, as its user would."""
    if edit.outside:
        stack.refresh()
    stack.up()
