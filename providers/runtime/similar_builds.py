"""
Similar builds, whose steps take equally long: those of the same ISO file and flavor.

The duration of an installation depends on its installer, those of the import and the capture on the size of the file
and the disk. So durations are kept by the content of the ISO file and the flavor of the server, not by the region
alone. The steps of a build know only its id or its server's. This process records the content and the flavor of an id
when the engine compares or creates their resources. Nothing of it is in the state.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from preflight.duration_history import RENTAL, basis, content_key
from providers.runtime.properties import Props

BY_CONTENT = ("iso_image",)
BY_CONTENT_AND_FLAVOR = ("installation", "captured_image", RENTAL)

_lock = threading.Lock()
_contents: dict[str, str] = {}
_flavors: dict[str, str] = {}
_builds: dict[str, str] = {}


def record(id_: str, props: Props) -> None:
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


def basis_of(step: str, props: Props) -> str | None:
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


def forget() -> None:
    """Forget everything, as a new process does."""
    with _lock:
        for known in (_contents, _flavors, _builds):
            known.clear()
