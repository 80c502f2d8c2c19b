"""Resources of a project that carry this tool's tag: the proof that a build was created there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from providers.lifecycle import list_cache
from providers.lifecycle.ownership_tag import OwnershipTag
from providers.runtime.per_client import PerCloud
from providers.runtime.properties import Props

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

OWN_IDS = ("build_id", "image_id", "iso_image_id", "history_id")
_BUILD_ID_IN_NAME = re.compile(r"-([0-9a-f]{16})(?:$|-)")

_confirmed: PerCloud[set[str]] = PerCloud(lambda _: set())
"""Ids that were found before, because this process may have deleted their resources since."""

Traces = Literal["own", "others", "none"]


def found(cloud: Cloud, props: Props) -> Traces:
    """
    Search the present project for resources of the build that a resource belongs to.

    Lists are shared by all resources of a run; servers and disks are listed only if no image is enough.

    Args:
        cloud: Client of the region.
        props: Properties of the resource.

    Returns:
        own: the project holds something of the resource's build. others: something of other builds. none: nothing.
    """
    own, confirmed = _own(props), _confirmed.of(cloud)
    if own & confirmed:
        return "own"
    any_at_all = False
    for tagged, ids in _listed(cloud):
        if own & ids:
            confirmed |= own
            return "own"
        any_at_all = any_at_all or tagged
    return "others" if any_at_all else "none"


def _own(props: Props) -> set[str]:
    """Return the ids of the resource's build; for a preflight, the names of the images of its builds."""
    ids = {str(props[key]) for key in OWN_IDS if props.get(key)}
    names = {str(build.get("image_name")) for build in props.get("builds") or [] if isinstance(build, dict)}
    return ids | {f"name {name}" for name in names}


def _listed(cloud: Cloud) -> Iterator[tuple[bool, set[str]]]:
    """Yield for one list after the other if anything in it carries the tag, and its ids and names."""
    images = [(image, OwnershipTag.of(image.tags)) for image in list_cache.images(cloud)]
    yield any(tag for _, tag in images), {text for image, tag in images for text in _of_image(image, tag)}
    servers = [(OwnershipTag.of(server.tags), server.name) for server in list_cache.servers(cloud)]
    builds = {tag.build_id if tag else _in_name(name) for tag, name in servers} - {""}
    yield bool(builds), builds
    builds = {_in_name(volume.name) for volume in list_cache.volumes(cloud)} - {""}
    yield bool(builds), builds


def _of_image(image: Image, tag: OwnershipTag | None) -> set[str]:
    """Return the image's id, which counts even if its tag was removed, and the parts of its tag."""
    return {image.id, tag.build_id, tag.owner, f"name {image.name}"} if tag else {image.id}


def _in_name(name: str) -> str:
    seen = _BUILD_ID_IN_NAME.search(name)
    return seen.group(1) if seen else ""
