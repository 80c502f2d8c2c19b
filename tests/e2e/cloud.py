"""Contents of the cloud as an outsider sees them: through the official SDK, not through our client."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkecs.v2 import (
    BatchCreateServerTagsRequest,
    BatchCreateServerTagsRequestBody,
    BatchDeleteServerTagsRequest,
    BatchDeleteServerTagsRequestBody,
    BatchStartServersOption,
    BatchStartServersRequest,
    BatchStartServersRequestBody,
    BatchStopServersOption,
    BatchStopServersRequest,
    BatchStopServersRequestBody,
    DeleteServersRequest,
    DeleteServersRequestBody,
    DetachServerVolumeRequest,
    EcsClient,
    ListServersDetailsRequest,
    ServerId,
    ServerTag,
)
from huaweicloudsdkevs.v2 import DeleteVolumeRequest, EvsClient, ListVolumesRequest
from huaweicloudsdkims.v2 import (
    BatchAddMembersRequest,
    BatchAddMembersRequestBody,
    BatchAddOrDeleteTagsRequest,
    BatchAddOrDeleteTagsRequestBody,
    GlanceDeleteImageRequest,
    GlanceListImageMembersRequest,
    ImsClient,
    ListImagesRequest,
    ResourceTag,
    UpdateImageRequest,
    UpdateImageRequestBody,
)
from huaweicloudsdkvpc.v2 import ListVpcsRequest, VpcClient

from config.constraints import PROVENANCE_KEY
from tests.labs import RunningLab, wait_for

CHANGES = {
    "create_iso_image": "ISO image",
    "create_post_paid_servers": "server",
    "create_image_from_volume": "image from disk",
    "delete_servers": "delete server",
    "glance_delete_image": "delete image",
}


class CloudView:
    """
    The images, servers and disks of a project, each as the API shows it.

    Args:
        environment: Variables that `lab env` prints.
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

    def images_of_type(self, imagetype: str) -> list[dict[str, Any]]:
        """Images of a type: private, shared, gold or market."""
        return [
            _plain(i) for i in self._client(ImsClient, "IMS").list_images(ListImagesRequest(imagetype=imagetype)).images
        ]

    def servers(self) -> list[dict[str, Any]]:
        """Servers that are not deleted."""
        found = self._client(EcsClient, "ECS").list_servers_details(ListServersDetailsRequest(limit=1000)).servers
        return [plain for plain in map(_plain, found) if plain["status"] != "DELETED"]

    def volumes(self) -> list[dict[str, Any]]:
        """Disks."""
        return [_plain(v) for v in self._client(EvsClient, "EVS").list_volumes(ListVolumesRequest()).volumes]

    def vpcs(self) -> list[str]:
        """Names of the VPCs, sorted."""
        return sorted(v.name for v in self._client(VpcClient, "VPC").list_vpcs(ListVpcsRequest()).vpcs)

    def delete_image(self, image_id: str) -> None:
        """Delete an image behind the program's back."""
        self._client(ImsClient, "IMS").glance_delete_image(GlanceDeleteImageRequest(image_id=image_id))

    def change_image(self, image_id: str, attribute: str, value: Any) -> None:
        """Change an attribute of an image behind the program's back."""
        change = UpdateImageRequestBody(op="replace", path=f"/{attribute}", value=value)
        try:
            self._client(ImsClient, "IMS").update_image(UpdateImageRequest(image_id=image_id, body=[change]))
        except ClientRequestException:  # an attribute that has no value yet cannot be replaced
            change = UpdateImageRequestBody(op="add", path=f"/{attribute}", value=value)
            self._client(ImsClient, "IMS").update_image(UpdateImageRequest(image_id=image_id, body=[change]))

    def set_tags(self, image_id: str, **tags: str) -> None:
        """Tag an image behind the program's back."""
        self._change_tags(image_id, "create", [ResourceTag(key=key, value=value) for key, value in tags.items()])

    def remove_tag(self, image_id: str, key: str) -> None:
        """Remove a tag of an image behind the program's back."""
        self._change_tags(image_id, "delete", [ResourceTag(key=key)])

    def share(self, image_id: str, project_id: str) -> None:
        """Share an image with a project behind the program's back."""
        body = BatchAddMembersRequestBody(images=[image_id], projects=[project_id])
        self._client(ImsClient, "IMS").batch_add_members(BatchAddMembersRequest(body=body))
        wait_for(lambda: project_id in self.members(image_id), f"the sharing of image {image_id}")

    def members(self, image_id: str) -> list[str]:
        """Return the projects that an image is shared with."""
        request = GlanceListImageMembersRequest(image_id=image_id)
        return [
            member.member_id for member in self._client(ImsClient, "IMS").glance_list_image_members(request).members
        ]

    def _change_tags(self, image_id: str, action: str, tags: list[ResourceTag]) -> None:
        body = BatchAddOrDeleteTagsRequestBody(action=action, tags=tags)
        request = BatchAddOrDeleteTagsRequest(image_id=image_id, body=body)
        self._client(ImsClient, "IMS").batch_add_or_delete_tags(request)

    def change_server_tag(self, server_id: str, key: str, value: str | None) -> None:
        """Set a tag of a server behind the program's back; None removes it."""
        tags = [ServerTag(key=key, value=value)]
        body: Any = BatchCreateServerTagsRequestBody(action="create", tags=tags)
        client = self._client(EcsClient, "ECS")
        if value is None:
            body = BatchDeleteServerTagsRequestBody(action="delete", tags=tags)
            client.batch_delete_server_tags(BatchDeleteServerTagsRequest(server_id=server_id, body=body))
        else:
            client.batch_create_server_tags(BatchCreateServerTagsRequest(server_id=server_id, body=body))

    def start_server(self, server_id: str) -> None:
        """Start a server, and wait until it runs."""
        option = BatchStartServersOption(servers=[ServerId(id=server_id)])
        body = BatchStartServersRequestBody(os_start=option)
        self._client(EcsClient, "ECS").batch_start_servers(BatchStartServersRequest(body=body))
        self._wait_for_server(server_id, "ACTIVE")

    def stop_server(self, server_id: str) -> None:
        """Stop a server, and wait until it is off."""
        option = BatchStopServersOption(servers=[ServerId(id=server_id)], type="HARD")
        body = BatchStopServersRequestBody(os_stop=option)
        self._client(EcsClient, "ECS").batch_stop_servers(BatchStopServersRequest(body=body))
        self._wait_for_server(server_id, "SHUTOFF")

    def _wait_for_server(self, server_id: str, status: str) -> None:
        wanted = (server_id, status)
        wait_for(lambda: wanted in [(s["id"], s["status"]) for s in self.servers()], f"status {status}")

    def delete_servers(self) -> None:
        """Delete all servers with their disks behind the program's back, and wait until they are gone."""
        wait_for(lambda: not [s for s in self.servers() if s["status"] == "BUILD"], "the start of all servers")
        servers = [ServerId(id=server["id"]) for server in self.servers()]
        if servers:
            body = DeleteServersRequestBody(servers=servers, delete_volume=True)
            self._client(EcsClient, "ECS").delete_servers(DeleteServersRequest(body=body))
        wait_for(lambda: not self.servers() and not self.volumes(), "the end of all servers and disks")

    def take_disk(self, server_id: str, volume_id: str) -> None:
        """Detach a server's disk and delete it behind the program's back, and wait until it is gone."""
        request = DetachServerVolumeRequest(server_id=server_id, volume_id=volume_id)
        self._client(EcsClient, "ECS").detach_server_volume(request)
        wait_for(lambda: (volume_id, "available") in [(v["id"], v["status"]) for v in self.volumes()], "the detachment")
        self._client(EvsClient, "EVS").delete_volume(DeleteVolumeRequest(volume_id=volume_id))
        wait_for(lambda: volume_id not in [v["id"] for v in self.volumes()], "the end of the disk")

    def empty(self) -> None:
        """Delete all servers and private images behind the program's back, and wait until nothing is left."""
        self.delete_servers()
        for image in self.images():
            if image["protected"]:
                self.change_image(image["id"], "protected", False)
            self.delete_image(image["id"])
        for volume in self.volumes():
            self._client(EvsClient, "EVS").delete_volume(DeleteVolumeRequest(volume_id=volume["id"]))
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
    """
    Return the requests of the lab's journal that change something, in their order.

    A token is not a change, nor is the tag with the digest of a provenance, which every finished image is given.
    """
    writes = [
        entry
        for entry in lab.journal()
        if entry["method"] != "GET" and entry["service"] in ("ims", "ecs", "evs") and not _gives_provenance(entry)
    ]
    return [
        Change(CHANGES.get(entry["operation"], entry["operation"]), json.loads(entry["request"] or "{}"))
        for entry in writes
    ]


def _gives_provenance(entry: Mapping[str, Any]) -> bool:
    if not entry["path"].endswith("/tags/action"):
        return False
    tags = json.loads(entry["request"] or "{}").get("tags") or []
    return bool(tags) and all(isinstance(tag, dict) and tag.get("key") == PROVENANCE_KEY for tag in tags)


def procedure(lab: RunningLab) -> list[str]:
    """Return the changes in words."""
    return [change.what for change in changes(lab)]
