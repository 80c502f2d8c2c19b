"""Deleting what a build has made, until the cloud itself says that it is gone."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from huaweicloud.cloud import Cloud
from huaweicloud.errors import JobFailed, NotFound
from huaweicloud.evs import VolumeDetails
from huaweicloud.waiting import wait_for_job, wait_until
from providers import engine, progress
from providers.marks import may_delete

IMAGE_TIMEOUT_S = 600.0
SERVER_TIMEOUT_S = 1800.0
VOLUME_TIMEOUT_S = 600.0

T = TypeVar("T")


def remove_image(cloud: Cloud, image_id: str, owner: str) -> None:
    """Delete an image if `owner` still owns it, and wait until it is gone; one that is gone already is fine.

    Source: IMS DELETE /v2/images/{image_id}, which answers before the image is gone.
    """
    image = cloud.ims.get_image(image_id)
    if image is None:
        return
    if not may_delete(image.tags, owner):
        engine.log(f"image {image_id} stays: a newer resource owns it")
        return
    delete_image(cloud, image_id, image.name)


def delete_image(cloud: Cloud, image_id: str, name: str) -> None:
    """Delete an image whoever owns it, and wait until it is gone."""
    what = f"deletion of image {name}"
    _when_allowed(lambda: cloud.ims.delete_image(image_id), what, IMAGE_TIMEOUT_S)
    wait_until(
        lambda: cloud.ims.get_image(image_id),
        done=lambda image: image is None or image.status == "deleted",
        what=what,
        timeout_s=IMAGE_TIMEOUT_S,
        cancelled=engine.cancelled,
        look_first=True,
        describe=lambda image: "gone" if image is None else str(image.status),
        progress=progress.reporter(),
    )


def remove_server(cloud: Cloud, server_id: str, volume_ids: Iterable[str]) -> None:
    """Delete a server with its disks, and wait until all of them are gone.

    Source: ECS POST /v1/{project_id}/cloudservers/delete. SUCCESS of its job does not mean that the server is gone
    from the look-ups, and whether a disk goes with it depends on more than one setting: so each is looked at.
    """
    server = cloud.ecs.get_server(server_id)
    volumes = list(dict.fromkeys([*volume_ids, *(v.id for v in server.volumes)] if server else volume_ids))
    if server is not None:
        _delete_server(cloud, server_id, server.name)
    for volume_id in volumes:
        remove_volume(cloud, volume_id)


def _delete_server(cloud: Cloud, server_id: str, name: str) -> None:
    what = f"deletion of server {name}"
    try:
        job_id = _when_allowed(
            lambda: cloud.ecs.delete_servers([server_id], delete_volumes=True), what, SERVER_TIMEOUT_S
        )
        wait_for_job(
            cloud.ecs.get_job,
            job_id,
            what=what,
            timeout_s=SERVER_TIMEOUT_S,
            cancelled=engine.cancelled,
            progress=progress.reporter(),
        )
    except NotFound:  # the server, or its job: what counts is whether the server is there
        pass
    except JobFailed:
        if cloud.ecs.get_server(server_id) is not None:
            raise
    wait_until(
        lambda: cloud.ecs.get_server(server_id),
        done=lambda server: server is None,
        what=what,
        timeout_s=SERVER_TIMEOUT_S,
        cancelled=engine.cancelled,
        look_first=True,
        describe=lambda server: "gone" if server is None else str(server.status),
        progress=progress.reporter(),
    )


def _when_allowed(ask: Callable[[], T], what: str, timeout_s: float) -> T:
    """Ask for a deletion until the thing's state allows it: it may still be being made, or an image be made from it."""
    return wait_until(
        ask,
        done=lambda _: True,
        what=what,
        timeout_s=timeout_s,
        cancelled=engine.cancelled,
        look_first=True,
        describe=lambda _: "accepted",
        progress=progress.reporter(),
    )


def remove_volume(cloud: Cloud, volume_id: str) -> None:
    """Delete a disk once nothing uses it, and wait until it is gone.

    Source: EVS DELETE /v2/{project_id}/cloudvolumes/{volume_id}; refused while it is in use (EVS.1046).
    """
    if _wait_for_volume(cloud, volume_id, lambda volume: volume is None or not _busy(volume)) is None:
        return
    _when_allowed(lambda: cloud.evs.delete_volume(volume_id), f"deletion of disk {volume_id}", VOLUME_TIMEOUT_S)
    _wait_for_volume(cloud, volume_id, lambda volume: volume is None)


def _busy(volume: VolumeDetails) -> bool:
    return volume.status in ("in-use", "detaching", "deleting", "uploading", "attaching", "creating")


def _wait_for_volume(cloud: Cloud, volume_id: str, done):  # type: ignore[no-untyped-def]
    return wait_until(
        lambda: cloud.evs.get_volume(volume_id),
        done=done,
        what=f"deletion of disk {volume_id}",
        timeout_s=VOLUME_TIMEOUT_S,
        cancelled=engine.cancelled,
        look_first=True,
        describe=lambda volume: "gone" if volume is None else str(volume.status),
        progress=progress.reporter(),
    )
