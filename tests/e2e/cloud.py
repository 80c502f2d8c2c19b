"""What is in the cloud, as an outsider sees it: through the official SDK, not through our client."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkecs.v2 import (
    DeleteServersRequest,
    DeleteServersRequestBody,
    EcsClient,
    ListServersDetailsRequest,
    ServerId,
)
from huaweicloudsdkevs.v2 import EvsClient, ListVolumesRequest
from huaweicloudsdkims.v2 import GlanceDeleteImageRequest, ImsClient, ListImagesRequest

from tests.labs import RunningLab, wait_for

CHANGES = {
    "create_iso_image": "ISO image",
    "create_post_paid_servers": "server",
    "create_image_from_volume": "image from disk",
    "delete_servers": "delete server",
    "glance_delete_image": "delete image",
}


class CloudView:
    """The images, servers and disks of a project, each as the API shows it.

    Args:
        environment: what `lab env` prints.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def _client(self, kind: Any, service: str) -> Any:
        environment = self._environment
        credentials = BasicCredentials(
            environment["HW_ACCESS_KEY"], environment["HW_SECRET_KEY"], environment["HW_PROJECT_ID"]
        )
        endpoint = environment[f"HW_{service}_ENDPOINT"]
        return kind.new_builder().with_credentials(credentials).with_endpoints([endpoint]).build()

    def images(self, virtual_env_type: str | None = None) -> list[dict[str, Any]]:
        """Private images, in whatever state."""
        request = ListImagesRequest(imagetype="private", virtual_env_type=virtual_env_type)
        return [_plain(image) for image in self._client(ImsClient, "IMS").list_images(request).images]

    def servers(self) -> list[dict[str, Any]]:
        """Servers that are not deleted."""
        found = self._client(EcsClient, "ECS").list_servers_details(ListServersDetailsRequest(limit=1000)).servers
        return [plain for plain in map(_plain, found) if plain["status"] != "DELETED"]

    def volumes(self) -> list[dict[str, Any]]:
        """Disks."""
        return [_plain(v) for v in self._client(EvsClient, "EVS").list_volumes(ListVolumesRequest()).volumes]

    def delete_image(self, image_id: str) -> None:
        """Delete an image behind the program's back."""
        self._client(ImsClient, "IMS").glance_delete_image(GlanceDeleteImageRequest(image_id=image_id))

    def empty(self) -> None:
        """Delete all servers and private images behind the program's back, and wait until nothing is left."""
        servers = [ServerId(id=server["id"]) for server in self.servers()]
        if servers:
            body = DeleteServersRequestBody(servers=servers, delete_volume=True)
            self._client(EcsClient, "ECS").delete_servers(DeleteServersRequest(body=body))
        for image in self.images():
            self.delete_image(image["id"])
        wait_for(lambda: self.everything() == (0, 0, 0), "the end of all images, servers and disks")

    def everything(self) -> tuple[int, int, int]:
        """Numbers of images, servers and disks."""
        return len(self.images()), len(self.servers()), len(self.volumes())


def _plain(thing: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(str(thing))
    return plain


@dataclass(frozen=True)
class Change:
    """A request that changed something, and its body."""

    what: str
    body: dict[str, Any]


def changes(lab: RunningLab) -> list[Change]:
    """The requests of the lab's journal that change something, in their order; a token is not a change."""
    writes = [
        entry for entry in lab.journal() if entry["method"] != "GET" and entry["service"] in ("ims", "ecs", "evs")
    ]
    return [
        Change(CHANGES.get(entry["operation"], entry["operation"]), json.loads(entry["request"] or "{}"))
        for entry in writes
    ]


def procedure(lab: RunningLab) -> list[str]:
    """What was done, in words."""
    return [change.what for change in changes(lab)]
