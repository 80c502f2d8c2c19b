"""Requests for images that several tests send."""

from typing import Any

import huaweicloudsdkims.v2 as ims

from tests.lab.clients import Clients
from tests.lab.plain import DEBIAN


def create(cloud: Clients, **body: Any) -> Any:
    return cloud.ims.create_image(ims.CreateImageRequest(body=ims.CreateImageRequestBody(**body)))


def iso_body(**changes: Any) -> dict[str, Any]:
    known = {"name": "iso", "type": "IsoImage", "image_url": "lab-images:installer.iso", "min_disk": 40}
    return {**known, "os_version": DEBIAN, **changes}


def delete(cloud: Clients, image_id: str) -> None:
    cloud.ims.glance_delete_image(ims.GlanceDeleteImageRequest(image_id=image_id))
