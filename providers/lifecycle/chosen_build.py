"""Choice of an earlier build (`use_build`), refused at preview if its image is not available."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from huaweicloud.errors import CloudError, UnexpectedState
from providers.lifecycle import earlier_builds, list_cache
from providers.runtime import process
from providers.runtime.properties import Props, contains_unknowns

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud


def absence(cloud: Cloud, inputs: Props, is_new: bool) -> str:
    """
    Return a phrase if the chosen build is not available, as far as the inputs alone show it; "" if it may be.

    Its image is either kept by the history or the present one. Only diff() knows which build is the present one.

    Args:
        cloud: Client of the region.
        inputs: Checked inputs of the build's identity.
        is_new: True if the identity is created for the first time, so that no image is the present one.
    """
    try:
        images = list_cache.images(cloud)
    except CloudError as error:
        process.log(f"could not check use_build: {error}", "warning")
        return ""
    kept = earlier_builds.kept_builds(images, _history_id(inputs))
    present = set() if is_new else earlier_builds.finished_builds(images)
    if inputs["use_build"] in {*kept, *present}:
        return ""
    return f"{_absent(inputs)}: {_choices(kept)}"


def require(cloud: Cloud, inputs: Props, earlier: Iterable[Props]) -> None:
    """
    Refuse a chosen build whose image the history does not keep, and which is no earlier build of this identity.

    Args:
        cloud: Client of the region.
        inputs: Checked inputs of the build's identity.
        earlier: Earlier builds of the identity, among them the present one.

    Raises:
        UnexpectedState: The image of the chosen build is not available.
    """
    images = list_cache.images(cloud)
    kept = earlier_builds.kept_builds(images, _history_id(inputs))
    own = {build["build_id"] for build in earlier} & earlier_builds.finished_builds(images)
    if inputs["use_build"] not in {*kept, *own}:
        raise UnexpectedState(_absent(inputs), hint=_choices(kept))


def _history_id(inputs: Props) -> str:
    """Return the id of the history; "" if it is not created yet, so that it keeps nothing."""
    history_id = inputs.get("history_id") or ""
    return "" if contains_unknowns(history_id) else str(history_id)


def _absent(inputs: Props) -> str:
    return f"no image of build {inputs['use_build']} is kept, but use_build names it"


def _choices(kept: list[str]) -> str:
    if not kept:
        return "this build keeps no earlier images; remove use_build"
    return f"choose one of the builds {', '.join(kept)}, or remove use_build"
