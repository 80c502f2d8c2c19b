"""
Similar builds, whose steps take equally long: those of the same ISO file and flavor.

The duration of an installation depends on its installer, those of the import and the capture on the size of the file
and the disk. So durations are kept by the content of the ISO file and the flavor of the server, not by the region
alone. The steps of a build know only its id or its server's. This process records the content and the flavor of an id
when the engine compares or creates their resources. Nothing of it is in the state.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from providers.runtime import duration_history
from providers.runtime.duration_history import RENTAL
from providers.runtime.properties import Bag

if TYPE_CHECKING:
    from config.builds import Build

BY_CONTENT = ("iso_image",)
BY_CONTENT_AND_FLAVOR = ("installation", "captured_image", RENTAL)
DIGITS = 16

_lock = threading.Lock()
_contents: dict[str, str] = {}
_flavors: dict[str, str] = {}
_builds: dict[str, str] = {}


def record(id_: str, props: Bag) -> None:
    """
    Record the content or the flavor of a build from the properties of a resource.

    Args:
        id_: Id of an identity, which is the build's, or of a temporary server.
        props: Properties of the resource.
    """
    with _lock:
        if isinstance(props.get("triggers"), Mapping):
            _contents[id_] = content_key(props.get("content"), props["triggers"])
        elif "flavor" in props and "build_id" in props:
            _flavors[props["build_id"]] = str(props["flavor"])
            _builds[id_] = props["build_id"]


def basis_of(step: str, props: Bag) -> str | None:
    """
    Return a short digest of what the duration of a step depends on.

    Args:
        step: Name of the step, or of a rental.
        props: Properties of its resource.

    Returns:
        The digest; "" for a step that takes equally long in all builds of a region; None if unknown.
    """
    if step not in (*BY_CONTENT, *BY_CONTENT_AND_FLAVOR):
        return ""
    with _lock:
        build_id = props.get("build_id") or _builds.get(props.get("server_id", ""), "")
        content, flavor = _contents.get(build_id), _flavors.get(build_id)
    if content is None:
        return None
    if step in BY_CONTENT:
        return basis(content, "")
    return None if flavor is None else basis(content, flavor)


def basis(content: str, flavor: str) -> str:
    """Return the digest of a content, from content_key(), and a flavor."""
    return hashlib.sha256(json.dumps([content, flavor]).encode()).hexdigest()[:DIGITS]


def rental_minutes(region: str, build: Build) -> float | None:
    """
    Return the median rental of a server for builds that are similar to a configured one.

    Args:
        region: Region as the stack names it.
        build: Configured build.

    Returns:
        Minutes; None if no such build has ended yet.
    """
    content = content_key(build.content.bag() if build.content else None, {"image_url": build.image_url})
    return duration_history.median_minutes(region, basis(content, build.flavor))


def content_key(content: object, source: Bag) -> str:
    """
    Return the key that identifies the content of an ISO file.

    Args:
        content: Mapping with `size_bytes` and `etag` of the object; None or empty if they are not known.
        source: Mapping with `image_url`, or all triggers of a build if the user's own program leaves that out.
    """
    if isinstance(content, Mapping) and content.get("etag"):
        return f"{content['etag']} {int(content.get('size_bytes') or 0)}"
    return str(source.get("image_url") or json.dumps(source, sort_keys=True, default=str))


def forget() -> None:
    """Forget everything, as a new process does."""
    with _lock:
        for known in (_contents, _flavors, _builds):
            known.clear()
