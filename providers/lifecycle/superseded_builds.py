"""
Servers of abandoned builds, deleted before the successors of the builds create any.

The engine deletes replaced resources at the very end of a run. Until then an abandoned server would cost money, and
occupy the quota that its successor needs. So diff() records in this process which build is replaced, and the create()
that follows deletes its server before it returns. A process that ends in between loses nothing: the state still has the
old build, and the next run begins with the same diff(). Images are never deleted here: those of a finished build live
until their successors exist.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from huaweicloud.errors import Cancelled, CloudError
from providers.lifecycle import deletion, garbage_collection, list_cache, quota
from providers.lifecycle.ownership_tag import OwnershipTag, is_of_build
from providers.runtime import process, serving

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import Server

NAMES_SHOWN = 5

_lock = threading.Lock()
_replaced: dict[str, str] = {}
_handled: set[str] = set()


def record_replaced(build_id: str) -> None:
    """Record the build that the resource of this thread belongs to, in case a create() replaces it."""
    with _lock:
        _replaced[process.current_urn()] = build_id


def delete_server(cloud: Cloud, successor: str = "") -> None:
    """
    Delete the server of the build that the resource of this thread belonged to, with its disks, if there is one.

    It costs one list of servers, which all builds of a run share. A server that cannot be deleted is left to the end of
    the run, with a warning.

    Args:
        cloud: Client of the region.
        successor: Id of the build that the resource belongs to now, if it is known; its server is kept.

    Raises:
        Cancelled: The user cancelled the run.
    """
    with _lock:
        build_id = _replaced.pop(process.current_urn(), "")
        if build_id in ("", successor, *_handled):
            return
        _handled.add(build_id)
    try:
        for server in [s for s in list_cache.servers(cloud) if is_of_build(s.name, s.tags, build_id)]:
            _delete(cloud, server, build_id)
    except Cancelled:
        raise
    except CloudError as error:
        process.log(f"could not delete the server of the abandoned build {build_id} yet: {error}", "warning")


def hint(cloud: Cloud) -> str:
    """
    Return a hint for a server that a quota rejects: the servers of builds in the project; "" if there are none.

    A build that waits behind others in the same run may still have the server of an interrupted run.

    Raises:
        Cancelled: The user cancelled the run.
    """
    try:
        names = sorted(server.name for server in cloud.ecs.list_servers() if OwnershipTag.of(server.tags))
    except Cancelled:
        raise
    except CloudError:
        return ""
    if not names:
        return ""
    means = "" if serving.way().has_provider else " with `make sweep ARGS=<build id>`"
    return (
        f"servers of builds use a part of it: {', '.join(names[:NAMES_SHOWN])}; delete one that no build needs any "
        f"more{means}; its name ends in the build id"
    )


def forget() -> None:
    """Forget all builds, as a new process does."""
    with _lock:
        _replaced.clear()
        _handled.clear()


def _delete(cloud: Cloud, server: Server, build_id: str) -> None:
    process.log(f"deletes server {server.name} of the abandoned build {build_id} before the new build begins")
    deletion.delete_listed_server(cloud, server)
    garbage_collection.delete_volumes(cloud, build_id)
    quota.servers(cloud).release(server.id)
