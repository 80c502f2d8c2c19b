"""Edits of `use_build`, `keep_images`, `rebuild` and `retain_image` in any combination, and a model of what is kept."""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from huaweicloud.errors import UnexpectedState
from providers.lifecycle.ownership_tag import OwnershipTag
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.providers.crashing import crash_at, new_process
from tests.providers.stack import Stack

EDITS = int(os.environ.get("EDITS", "30"))
USE_BUILD = ("", "present", "oldest", "newest", "unknown")
UNKNOWN = "0123456789abcdef"


@dataclass
class Model:
    """
    Images that a history of edits leaves.

    Attributes:
        present: Build whose image is the stack's.
        kept: Builds whose images are kept, the newest first.
        retained: Builds whose images were left behind on purpose.
        rebuild: Value with which the present build was created.
        was_chosen: True if the present build was reached with `use_build`.
        order: All builds in the order of their images.
    """

    present: str = ""
    kept: list[str] = field(default_factory=list)
    retained: set[str] = field(default_factory=set)
    rebuild: str = ""
    was_chosen: bool = False
    order: list[str] = field(default_factory=list)

    def refuses(self, settings: dict[str, Any]) -> bool:
        chosen = settings["use_build"]
        return bool(chosen) and chosen not in (self.present, *self.kept)

    def builds_anew(self, settings: dict[str, Any]) -> bool:
        return not settings["use_build"] and (self.was_chosen or settings["rebuild"] != self.rebuild)

    def apply(self, settings: dict[str, Any], build_id: str) -> None:
        """Apply an edit that has led to a build."""
        if build_id != self.present:
            self._leave(settings)
            self.kept = [kept for kept in self.kept if kept != build_id]
            self.present, self.rebuild = build_id, settings["rebuild"]
            self.was_chosen = bool(settings["use_build"])
            self.order = [*self.order, build_id] if build_id not in self.order else self.order
        self.kept = sorted(self.kept, key=self.order.index, reverse=True)[: settings["keep_images"]]

    def _leave(self, settings: dict[str, Any]) -> None:
        if not self.present:
            return
        if settings["retain_image"]:
            self.retained.add(self.present)
        elif settings["keep_images"]:
            self.kept.append(self.present)


def edits() -> Iterator[dict[str, Any]]:
    """Return all combinations, in a fixed order in which each follows all kinds of others."""
    combinations = list(product(USE_BUILD, range(4), ("a", "b"), (False, False, True)))
    random.Random(4).shuffle(combinations)
    for use_build, keep_images, rebuild, retain_image in combinations[:EDITS]:
        yield {
            "use_build": use_build,
            "keep_images": keep_images,
            "rebuild": rebuild,
            "retain_image": retain_image,
        }


def resolved(edit: dict[str, Any], model: Model) -> dict[str, Any]:
    places = {"": "", "present": model.present, "unknown": UNKNOWN}
    kept = {"oldest": model.kept[-1], "newest": model.kept[0]} if model.kept else {}
    return {**edit, "use_build": {**places, **kept}.get(edit["use_build"], UNKNOWN)}


def images(cloud: CloudView) -> dict[str, set[str]]:
    """Return the builds of all images, by the step that their ownership tag names."""
    found: dict[str, set[str]] = {"image": set(), "kept": set()}
    for image in cloud.images("FusionCompute"):
        tag = OwnershipTag.of(dict(tag.split("=", 1) for tag in image["tags"]))
        assert tag is not None
        found[tag.step].add(tag.build_id)
    return found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("names", ["allowed", "refused"])
@pytest.mark.parametrize("crashes", [False, True])
def test_every_edit_leaves_what_the_configuration_asks_for(
    lab: RunningLab, cloud: CloudView, stack: Stack, names: str, crashes: bool
) -> None:
    lab.choose(equal_image_names=names)
    model, chance = Model(), random.Random(7)
    for number, edit in enumerate(edits()):
        applied, settings = stack.settings, resolved(edit, model)
        trail = f"edit {number}: {settings}, {model}"
        stack.settings = settings
        new_process()
        if model.refuses(settings):
            with pytest.raises((AssertionError, UnexpectedState), match=f"no image of build {settings['use_build']}"):
                stack.up()
            stack.settings = applied
            continue
        before = model.present
        if crashes:
            with crash_at(chance.randrange(1, 30), chance.choice(("before", "after"))):
                stack.up()
        stack.up()
        build_id = stack["identity"].id
        assert model.builds_anew(settings) == (build_id not in (before, settings["use_build"])), trail
        model.apply(settings, build_id)
        assert images(cloud) == {"image": {model.present, *model.retained}, "kept": {*model.kept}}, trail
        assert ([], []) == (cloud.servers(), cloud.volumes()), trail
    new_process()
    stack.repaired()
    if not model.retained:  # a retained image may have the name that the present one is to have
        assert [] == stack.repaired()
        stack.destroy()
        assert (0, 0, 0) == cloud.everything()
