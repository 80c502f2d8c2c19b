"""Deleting what a build has made, until the cloud itself says that it is gone.

Deleting is repeated until then: an answer may be lost, a thing may be busy for the moment, and another run may already
have asked for the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from huaweicloud.errors import JobFailed, NotFound
from huaweicloud.errors.retryability import RETRYABLE_CONFLICTS
from huaweicloud.polling import wait_for_job, wait_until
from providers.lifecycle import ownership, quota
from providers.lifecycle.ownership_tag import OwnershipTag
from providers.runtime import process, progress

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import Server
    from huaweicloud.evs import VolumeDetails

IMAGE_TIMEOUT_S = 7200.0  # an image that is still being made cannot be deleted before it is finished
SERVER_TIMEOUT_S = 7200.0  # a server whose disk is being made into an image neither
VOLUME_TIMEOUT_S = 600.0
GONE = "gone"
GONE_ALREADY = ("Ecs.0114", "Ecs.0614")


def delete_owned_image(cloud: Cloud, image_id: str, tag: OwnershipTag) -> None:
    """Delete an image unless a newer resource owns it, and wait until it is gone; one that is gone already is fine.

    Args:
        tag: ownership tag according to the state.
    """
    image = cloud.ims.get_image(image_id)
    if image is not None and may_delete(f"image {image_id}", ownership.judge(image_id, image.tags, tag)):
        delete_image(cloud, image_id, image.name)


def may_delete(subject: str, verdict: ownership.Verdict) -> bool:
    """Return false if a newer resource owns a thing; either way say so where it is not plainly ours."""
    if verdict == "newer":
        process.log(f"{subject} stays: a newer resource owns it")
        return False
    if verdict == "changed":
        process.log(
            f"the ownership tag of {subject} was removed or changed outside; it is deleted all the same, because the "
            "state records its id",
            "warning",
        )
    return True


def delete_image(cloud: Cloud, image_id: str, name: str) -> None:
    """Delete an image whoever owns it, and wait until it is gone.

    Source: IMS DELETE /v2/images/{image_id}, which answers before the image is gone.
    """
    asked = False

    def look() -> str:
        nonlocal asked
        image = cloud.ims.get_image(image_id)
        if image is None or image.status == "deleted":
            return GONE
        if not asked:
            cloud.ims.delete_image(image_id)
            asked = True
            image = cloud.ims.get_image(image_id)
        return GONE if image is None else str(image.status)

    _until_gone(look, f"deletion of image {name}", IMAGE_TIMEOUT_S)


def delete_server(cloud: Cloud, server_id: str, volume_ids: Iterable[str]) -> None:
    """Delete a server with its disks, and wait until all of them are gone.

    Source: ECS POST /v1/{project_id}/cloudservers/delete. SUCCESS of its job does not mean that the server is gone
    from the look-ups, and whether a disk goes with it depends on more than one setting: so each is looked at.
    """
    server = cloud.ecs.get_server(server_id)
    if server is not None:
        delete_listed_server(cloud, server)
    for volume_id in volume_ids:
        delete_volume(cloud, volume_id)
    quota.servers(cloud).release(server_id)


def delete_listed_server(cloud: Cloud, server: Server) -> None:
    """Delete a server that lists show, with the disks that it has.

    Not documented: whether a server that is being created can be looked at; a list may show it all the same.
    """
    _delete_server(cloud, server.id, server.name)
    for volume in server.volumes:
        delete_volume(cloud, volume.id)


def _delete_server(cloud: Cloud, server_id: str, name: str) -> None:
    what = f"deletion of server {name}"
    asked = False

    def look() -> str:
        nonlocal asked
        if not asked:
            try:
                job_id = cloud.ecs.delete_servers([server_id], delete_volumes=True)
            except NotFound:
                return GONE
            asked = _was_deleted(cloud, job_id, what)
        server = cloud.ecs.get_server(server_id)
        return GONE if server is None else str(server.status)

    _until_gone(look, what, SERVER_TIMEOUT_S)


def _was_deleted(cloud: Cloud, job_id: str, what: str) -> bool:
    """Wait for the job of a deletion; false where it ended without effect for a reason that passes."""
    try:
        wait_for_job(
            cloud.ecs.get_job,
            job_id,
            subject=what,
            timeout_s=SERVER_TIMEOUT_S,
            cancelled=process.cancelled,
            progress=progress.reporter(),
        )
    except JobFailed as error:
        if error.code not in {*RETRYABLE_CONFLICTS, *GONE_ALREADY}:
            raise
        return False
    except NotFound:
        return False  # the service has forgotten the job
    return True


def delete_volume(cloud: Cloud, volume_id: str) -> None:
    """Delete a disk once nothing uses it, and wait until it is gone.

    Source: EVS DELETE /v2/{project_id}/cloudvolumes/{volume_id}; refused while it is in use (EVS.1046).
    """

    def look() -> str:
        volume = cloud.evs.get_volume(volume_id)
        if volume is None:
            return GONE
        if not _busy(volume):
            cloud.evs.delete_volume(volume_id)
        return str(volume.status)

    _until_gone(look, f"deletion of disk {volume_id}", VOLUME_TIMEOUT_S)


def _busy(volume: VolumeDetails) -> bool:
    return volume.status in ("in-use", "detaching", "deleting", "uploading", "attaching", "creating")


def _until_gone(look: Callable[[], str], what: str, timeout_s: float) -> Any:
    return wait_until(
        look,
        done=lambda state: state == GONE,
        subject=what,
        timeout_s=timeout_s,
        cancelled=process.cancelled,
        poll_at_once=True,
        progress=progress.reporter(),
    )
