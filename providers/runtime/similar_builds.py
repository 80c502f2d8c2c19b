"""
Builds whose steps take equally long: those of the same ISO file and flavor.

An installation takes as long as its installer, and the import and the capture as long as the file and the disk are big.
So their durations are kept by the content of the ISO file and the flavor of the server, not by the region alone. The
steps of a build know its id or its server's; what these stand for is noted in this process, when the engine compares or
creates the resources that say it. Nothing of it is in the state.
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
    Remember what a resource says of its build.

    Args:
        id_: id of an identity, which is the build's, or of a temporary server.
        props: properties of the resource.
    """
    with _lock:
        if isinstance(props.get("triggers"), Mapping):
            _contents[id_] = content_key(props.get("content"), props["triggers"])
        elif "flavor" in props and "build_id" in props:
            _flavors[props["build_id"]] = str(props["flavor"])
            _builds[id_] = props["build_id"]


def basis_of(step: str, props: Bag) -> str | None:
    """
    Return what the duration of a step depends on, as a short digest.

    Args:
        step: name of the step, or of a rental.
        props: properties of its resource.

    Returns:
        "" for a step that takes equally long in all builds of a region; None where it is not known.
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
    """Return the digest of a content, as content_key() gives it, and a flavor."""
    return hashlib.sha256(json.dumps([content, flavor]).encode()).hexdigest()[:DIGITS]


def rental_minutes(region: str, build: Build) -> float | None:
    """
    Return how long a server is rented for builds like one.

    Args:
        region: the region as the stack names it.
        build: a configured build.

    Returns:
        Minutes; None where no such build has ended yet.
    """
    content = content_key(build.content.bag() if build.content else None, {"image_url": build.image_url})
    return duration_history.median_minutes(region, basis(content, build.flavor))


def content_key(content: object, source: Bag) -> str:
    """
    Return what identifies the content of an ISO file.

    Args:
        content: `size_bytes` and `etag` of the object; None or empty where they are not known.
        source: `image_url`, or all that triggers a build where a program of one's own leaves that out.
    """
    if isinstance(content, Mapping) and content.get("etag"):
        return f"{content['etag']} {int(content.get('size_bytes') or 0)}"
    return str(source.get("image_url") or json.dumps(source, sort_keys=True, default=str))


def forget() -> None:
    """Forget everything, as a new process does."""
    with _lock:
        for known in (_contents, _flavors, _builds):
            known.clear()
