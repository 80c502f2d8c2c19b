"""Clients of the official SDK, which this project did not write."""

from collections.abc import Callable
from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkecs.v2 import (
    CreatePostPaidServersRequest,
    CreatePostPaidServersRequestBody,
    DeleteServersRequest,
    DeleteServersRequestBody,
    EcsClient,
    ListServersDetailsRequest,
    PostPaidServer,
    PostPaidServerDataVolume,
    PostPaidServerNic,
    PostPaidServerRootVolume,
    ServerId,
    ShowServerRequest,
)
from huaweicloudsdkecs.v2 import ShowJobRequest as ShowEcsJobRequest
from huaweicloudsdkevs.v2 import DeleteVolumeRequest, EvsClient, ListVolumesRequest
from huaweicloudsdkevs.v2 import ShowJobRequest as ShowEvsJobRequest
from huaweicloudsdkiam.v3 import IamClient
from huaweicloudsdkims.v2 import (
    CreateImageRequest,
    CreateImageRequestBody,
    GlanceDeleteImageRequest,
    ImsClient,
    ListImagesRequest,
    ShowJobProgressRequest,
)
from huaweicloudsdkvpc.v2 import VpcClient

from lab.world.identity.accounts import DOMAIN
from tests.lab.plain import DEBIAN
from tests.labs import RunningLab, wait_for


class Clients:
    """SDK clients of all services, and the steps that many tests share."""

    def __init__(self, lab: RunningLab, **credentials: Any) -> None:
        self.lab, self.env = lab, lab.env
        env = lab.env
        basic = credentials.get("basic") or BasicCredentials(
            env["HW_ACCESS_KEY"], env["HW_SECRET_KEY"], env["HW_PROJECT_ID"]
        )
        account = GlobalCredentials(env["HW_ACCESS_KEY"], env["HW_SECRET_KEY"], DOMAIN.id)
        self.iam = _client(IamClient, account, env["HW_IAM_ENDPOINT"])
        self.ims = _client(ImsClient, basic, env["HW_IMS_ENDPOINT"])
        self.ecs = _client(EcsClient, basic, env["HW_ECS_ENDPOINT"])
        self.evs = _client(EvsClient, basic, env["HW_EVS_ENDPOINT"])
        self.vpc = _client(VpcClient, basic, env["HW_VPC_ENDPOINT"])

    def image_job(self, job_id: str) -> Any:
        """Wait for the end of an image job, and return it."""
        request = ShowJobProgressRequest(job_id=job_id)
        return wait_for(lambda: _ended(self.ims.show_job_progress(request)), "the image job's end")

    def server_job(self, job_id: str) -> Any:
        return wait_for(lambda: _ended(self.ecs.show_job(ShowEcsJobRequest(job_id=job_id))), "the job's end")

    def volume_job(self, job_id: str) -> Any:
        return wait_for(lambda: _ended(self.evs.show_job(ShowEvsJobRequest(job_id=job_id))), "the job's end")

    def iso_image(self, **body: Any) -> str:
        """Create an ISO image and return its id."""
        wanted = {"name": "iso", "image_url": "lab-images:installer.iso", "os_version": DEBIAN, "min_disk": 40}
        request = CreateImageRequest(body=CreateImageRequestBody(**{**wanted, "type": "IsoImage", **body}))
        job = self.image_job(self.ims.create_image(request).job_id)
        assert job.status == "SUCCESS", job
        return str(job.entities.image_id)

    def server_body(self, image_id: str, **more: Any) -> PostPaidServer:
        """Return the guide's body of a server from an ISO image."""
        fields: dict[str, Any] = {
            "image_ref": image_id,
            "flavor_ref": "s6.large.2",
            "name": "builder",
            "vpcid": self.env["HW_VPC_ID"],
            "nics": [PostPaidServerNic(subnet_id=self.env["HW_SUBNET_ID"])],
            "root_volume": PostPaidServerRootVolume(volumetype="SAS", size=40),
            "data_volumes": [PostPaidServerDataVolume(volumetype="SAS", size=40)],
            "availability_zone": "lab-1a",
            "metadata": {"virtual_env_type": "IsoImage"},
        }
        return PostPaidServer(**{**fields, **more})

    def create_server(self, image_id: str, **more: Any) -> str:
        """Create a server and return its id when its job has succeeded."""
        body = CreatePostPaidServersRequestBody(server=self.server_body(image_id, **more))
        response = self.ecs.create_post_paid_servers(CreatePostPaidServersRequest(body=body))
        job = self.server_job(response.job_id)
        assert job.status == "SUCCESS", job
        return str(response.server_ids[0])

    def server(self, server_id: str) -> Any:
        return self.ecs.show_server(ShowServerRequest(server_id=server_id)).server

    def wait_for_status(self, server_id: str, status: str) -> Any:
        def find() -> Any:
            server = self.server(server_id)
            return server if server.status == status else None

        return wait_for(find, f"status {status}")

    def installed_server(self) -> Any:
        """Return a server whose installer has finished and powered it off."""
        return self.wait_for_status(self.create_server(self.iso_image()), "SHUTOFF")

    def capture(self, volume_id: str, **body: Any) -> Any:
        """Create an image from a volume and return the ended job."""
        wanted = {"name": "golden", "volume_id": volume_id, "type": "ECS", "os_version": DEBIAN}
        request = CreateImageRequest(body=CreateImageRequestBody(**{**wanted, **body}))
        return self.image_job(self.ims.create_image(request).job_id)

    def golden_image(self) -> str:
        """Return an image of an installed system."""
        server = self.installed_server()
        job = self.capture(server.os_extended_volumesvolumes_attached[1].id)
        assert job.status == "SUCCESS", job
        return str(job.entities.image_id)

    def wait_until_gone(self, server_id: str) -> ClientRequestException:
        """Wait for the 404 of a deleted server, and return it."""

        def find() -> ClientRequestException | None:
            try:
                assert self.server(server_id).status == "DELETED"
            except ClientRequestException as error:
                return error
            return None

        return wait_for(find, "404 of a deleted server")

    def delete_server(self, server_id: str) -> Any:
        body = DeleteServersRequestBody(servers=[ServerId(id=server_id)], delete_volume=True, delete_publicip=True)
        return self.server_job(self.ecs.delete_servers(DeleteServersRequest(body=body)).job_id)

    def images(self, **filters: Any) -> list[Any]:
        return list(self.ims.list_images(ListImagesRequest(**filters)).images)

    def clean_up(self) -> None:
        """Delete every server, every disk and every private image, as a user would."""
        self.lab.wait_for_jobs()
        for server in self.ecs.list_servers_details(ListServersDetailsRequest(limit=1000)).servers:
            self.delete_server(server.id)
        for volume in self.evs.list_volumes(ListVolumesRequest(status="available")).volumes:
            self.volume_job(self.evs.delete_volume(DeleteVolumeRequest(volume_id=volume.id)).job_id)
        for image in self.images(imagetype="private"):
            self.ims.glance_delete_image(GlanceDeleteImageRequest(image_id=image.id))
        wait_for(lambda: not self.images(imagetype="private"), "the deletion of all images")


def refused(call: Callable[[], Any]) -> tuple[int, str]:
    """Return status and code of a call that must be refused."""
    with pytest.raises(ClientRequestException) as error:
        call()
    return error.value.status_code, error.value.error_code


def _client(kind: Any, credentials: Any, endpoint: str) -> Any:
    return kind.new_builder().with_credentials(credentials).with_endpoint(endpoint).build()


def _ended(job: Any) -> Any:
    return job if job.status in ("SUCCESS", "FAIL") else None
