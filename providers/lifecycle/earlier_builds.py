"""Earlier builds of an identity, which lead back to a finished image after a new build has failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from providers.image_history import is_kept
from providers.lifecycle.ownership_tag import OwnershipTag
from providers.runtime.properties import Props

if TYPE_CHECKING:
    from huaweicloud.ims import Image

MAX_EARLIER = 8


def extended(recorded: Mapping[str, Any], keys: Iterable[str], retain: bool) -> list[Props]:
    """
    Return the earlier builds of a new identity, the newest first.

    Args:
        recorded: Outputs of the identity that it replaces; {} if there is none.
        keys: Names of the inputs that decide if two builds are the same.
        retain: True if the finished image of the replaced identity is kept for good.
    """
    if not recorded.get("build_id"):
        return []
    last = {key: recorded[key] for key in ("build_id", *keys) if key in recorded}
    if retain or recorded.get("retain_images"):
        last["retained"] = True
    earlier = [build for build in recorded.get("earlier") or [] if build["build_id"] != last["build_id"]]
    return [last, *earlier][:MAX_EARLIER]


def way_back(
    recorded: Mapping[str, Any], is_same: Callable[[Props], bool], images: Callable[[], Iterable[Image]]
) -> str:
    """
    Return the id of an earlier build that the inputs describe and whose finished image is still there; "" if none is.

    A retained image counts only until a newer build is finished: from then on it has no owner. The replaced build does
    not count: a forced replacement (`pulumi up --replace`) asks for a new build.

    Args:
        recorded: Outputs of the identity that is replaced.
        is_same: Function that returns True if a build has the same inputs.
        images: Function that lists the images of the region; called only if a build has the same inputs.
    """
    earlier: list[Props] = recorded.get("earlier") or []
    if not any(is_same(build) for build in earlier):
        return ""
    finished = finished_builds(images())
    newer = {recorded["build_id"]} & finished
    for build in earlier:
        if build["build_id"] in finished:
            if is_same(build) and not (build.get("retained") and newer):
                return str(build["build_id"])
            newer.add(build["build_id"])
    return ""


def finished_builds(images: Iterable[Image]) -> set[str]:
    """Return the ids of all builds whose finished image is there and kept by no history."""
    tags = (OwnershipTag.of(image.tags) for image in images if image.status == "active")
    return {tag.build_id for tag in tags if tag is not None and tag.step == "image"}


def kept_builds(images: Iterable[Image], history_id: str) -> list[str]:
    """Return the ids of the builds whose image a history keeps, the newest first."""
    kept = [(image, tag) for image in images if is_kept(tag := OwnershipTag.of(image.tags), history_id)]
    newest_first = sorted(kept, key=lambda pair: str(pair[0].created_at), reverse=True)
    return [tag.build_id for image, tag in newest_first if tag is not None and image.status == "active"]
