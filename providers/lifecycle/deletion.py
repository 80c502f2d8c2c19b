"""
Deletion of a build's resources, repeated until the cloud itself reports that they are gone.

It is repeated because a response may be lost, or a resource may be busy for the moment. Another run may also have
requested the same deletion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from huaweicloud.errors import JobFailed, NotFound
from huaweicloud.errors.retryability import RETRYABLE_CONFLICTS
from huaweicloud.polling import Effect, wait_for_effect, wait_until
from providers.lifecycle import ownership, quota
from providers.lifecycle.ownership_tag import OwnershipTag
from providers.runtime import process, progress

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import Server
    from huaweicloud.evs import VolumeDetails

IMAGE_TIMEOUT_S = 7200.0  # an image that is being created cannot be deleted before it is finished
SERVER_TIMEOUT_S = 7200.0  # nor a server whose disk is being captured
VOLUME_TIMEOUT_S = 600.0
GONE = "gone"
GONE_ALREADY = ("Ecs.0114", "Ecs.0614")


def delete_owned_image(cloud: Cloud, image_id: str, tag: OwnershipTag) -> None:
    """
    Delete an image unless a newer resource owns it, and wait until it is gone; succeed if it is gone already.

    Args:
        cloud: Client of the region.
        image_id: Id of the image.
        tag: Ownership tag according to the state.
    """
    image = cloud.ims.get_image(image_id)
    if image is not None and may_delete(f"image {image_id}", ownership.judge(image_id, image.tags, tag)):
        delete_image(cloud, image_id, image.name)


def may_delete(subject: str, verdict: ownership.Verdict) -> bool:
    """
    Return True unless a newer resource owns the subject; report any verdict other than "ours".

    Args:
        subject: Kind and name of a resource in the cloud, for messages.
        verdict: Result of the comparison of its ownership tag.
    """
    if verdict == "newer":
        process.log(f"{subject} is kept: a newer resource owns it")
        return False
    if verdict == "changed":
        process.log(
            f"the ownership tag of {subject} was removed or changed outside; {subject} is deleted because the state "
            "records its id",
            "warning",
        )
    return True


def delete_image(cloud: Cloud, image_id: str, name: str) -> None:
    """
    Delete an image whoever owns it, and wait until it is gone.

    Source: IMS DELETE /v2/images/{image_id}, which responds before the image is gone.
    """
    is_requested = False

    def poll() -> str:
        nonlocal is_requested
        image = cloud.ims.get_image(image_id)
        if image is None or image.status == "deleted":
            return GONE
        if not is_requested:
            cloud.ims.delete_image(image_id)
            is_requested = True
            image = cloud.ims.get_image(image_id)
        return GONE if image is None else str(image.status)

    _wait_until_gone(poll, f"deletion of image {name}", IMAGE_TIMEOUT_S)


def delete_server(cloud: Cloud, server_id: str, volume_ids: Iterable[str]) -> None:
    """
    Delete a server with its disks, and wait until all of them are gone.

    Source: ECS POST /v1/{project_id}/cloudservers/delete. SUCCESS of its job does not mean that reads no longer show
    the server. More than one setting decides if its disks are deleted with it, so each disk is read.
    """
    server = cloud.ecs.get_server(server_id)
    if server is not None:
        delete_listed_server(cloud, server)
    for volume_id in volume_ids:
        delete_volume(cloud, volume_id)
    quota.servers(cloud).release(server_id)


def delete_listed_server(cloud: Cloud, server: Server) -> None:
    """
    Delete a server that lists show, with the disks that it has.

    Not documented: if a server that is being created can be read by its id; a list may show it nevertheless.
    """
    _delete_server(cloud, server.id, server.name)
    for volume in server.volumes:
        delete_volume(cloud, volume.id)


def _delete_server(cloud: Cloud, server_id: str, name: str) -> None:
    subject = f"deletion of server {name}"
    is_requested = False

    def poll() -> str:
        nonlocal is_requested
        if not is_requested:
            try:
                job_id = cloud.ecs.delete_servers([server_id], delete_volumes=True)
            except NotFound:
                return GONE
            is_requested = _was_deleted(cloud, job_id, server_id, subject)
        server = cloud.ecs.get_server(server_id)
        return GONE if server is None else str(server.status)

    _wait_until_gone(poll, subject, SERVER_TIMEOUT_S)


def _was_deleted(cloud: Cloud, job_id: str, server_id: str, subject: str) -> bool:
    """Wait for the job of a deletion; return False if it ended without effect for a temporary reason."""

    def effect() -> Effect:
        return "ended" if cloud.ecs.get_server(server_id, confirm=False) is None else "under way"

    try:
        wait_for_effect(
            cloud.ecs.get_job,
            job_id,
            effect,
            subject=subject,
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
    """
    Delete a disk once nothing uses it, and wait until it is gone.

    Source: EVS DELETE /v2/{project_id}/cloudvolumes/{volume_id}; refused while it is in use (EVS.1046).
    """

    def poll() -> str:
        volume = cloud.evs.get_volume(volume_id)
        if volume is None:
            return GONE
        if not _busy(volume):
            cloud.evs.delete_volume(volume_id)
        return str(volume.status)

    _wait_until_gone(poll, f"deletion of disk {volume_id}", VOLUME_TIMEOUT_S)


def _busy(volume: VolumeDetails) -> bool:
    return volume.status in ("in-use", "detaching", "deleting", "uploading", "attaching", "creating")


def _wait_until_gone(poll: Callable[[], str], subject: str, timeout_s: float) -> Any:
    return wait_until(
        poll,
        done=lambda state: state == GONE,
        subject=subject,
        timeout_s=timeout_s,
        cancelled=process.cancelled,
        poll_at_once=True,
        progress=progress.reporter(),
    )
