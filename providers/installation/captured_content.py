"""Content of a captured image: something was installed on its disk, and the configured operating system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huaweicloud.errors import Cancelled, CloudError, UnexpectedState
from providers.installation import diagnostics
from providers.lifecycle import deletion
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

MIB = 1024 * 1024


def require_content(cloud: Cloud, image: Image, volume_id: str, min_image_size: float) -> None:
    """
    Refuse an image of a disk that nothing was installed on, which the service creates without a check.

    Source: IMS GET /v2/cloudimages, `__image_size` in bytes.

    Args:
        cloud: Client of the region.
        image: Image of the disk.
        volume_id: Id of the disk.
        min_image_size: Minimum size in MiB of the image of a disk that a system was installed on.

    Raises:
        UnexpectedState: The image is smaller; it has been deleted.
    """
    if image.size_bytes is None or image.size_bytes >= min_image_size * MIB:
        return
    deletion.delete_image(cloud, image.id, image.name)
    words = _last_words(cloud, volume_id)
    raise UnexpectedState(
        f"the image of disk {volume_id} has {image.size_bytes / MIB:.1f} MiB, less than min_image_size "
        f"({min_image_size:g} MiB): nothing was installed on the data disk, so it was not kept as an image; "
        f"the temporary server is kept{words}",
        hint="let the installer write to the second disk of the server (the first is its system disk), then change the "
        "build's `rebuild` value; or install over the remote console, shut the server down, and run `pulumi up`; or "
        "lower min_image_size",
    )


def compare_os(image: Image, os_version: str) -> None:
    """
    Warn if the service has detected another operating system on the disk than the configured one.

    Source: IMS POST /v2/cloudimages/action with volume_id: a detected version wins silently over `os_version`.
    """
    if image.os_version and image.os_version != os_version:
        process.log(
            f"image {image.id} is recorded as {image.os_version!r}, which the service has detected on the disk, not as "
            f"{os_version!r}; correct os_version, or install that system",
            "warning",
        )


def _last_words(cloud: Cloud, volume_id: str) -> str:
    """
    Return the last output of the installer as the end of a sentence; "" if the cloud does not offer it.

    Source: EVS GET /v2/{project_id}/cloudvolumes/{volume_id}, `attachments`.
    """
    try:
        volume = cloud.evs.get_volume(volume_id)
    except Cancelled:
        raise
    except CloudError:
        return ""
    server_id = next((each.server_id for each in volume.attachments if each.server_id), "") if volume else ""
    words = diagnostics.last_words(cloud, server_id) if server_id else ""
    return f" ({server_id}); {words}" if words else ""
