"""Clients of the lab, and the build of an image that several tests share."""

import threading
import uuid
from contextlib import ExitStack

from huaweicloud.auth.credentials import (
    Credentials,
)
from huaweicloud.cloud import Cloud
from huaweicloud.ecs import CreateServer, Server, Volume
from huaweicloud.endpoints import find_endpoints
from huaweicloud.ims import CreateImageFromIso, CreateImageFromVolume
from huaweicloud.polling import wait_for_job, wait_until
from tests.labs import RunningLab

DEBIAN = "Debian GNU/Linux 10.0.0 64bit"
CONTENT = b"\x00" * 32768 + b"\x01CD001\x01" + b"\x00" * 4096


class Region:
    """Factory of clients of the lab, which it closes."""

    def __init__(self, lab: RunningLab, stack: ExitStack) -> None:
        self.endpoints = find_endpoints("lab-1", {}, lab.env)
        self._stack = stack

    def __call__(self, credentials: Credentials, *, project_name: str | None = None) -> Cloud:
        cloud = Cloud("lab-1", credentials, self.endpoints, project_name=project_name)
        self._stack.callback(cloud.close)
        return cloud


def server_request(lab: RunningLab, image_id: str, name: str = "iso-1") -> CreateServer:
    return CreateServer(
        name=name,
        image_id=image_id,
        flavor_id="s6.large.2",
        vpc_id=lab.env["HW_VPC_ID"],
        subnet_ids=[lab.env["HW_SUBNET_ID"]],
        root_volume=Volume(volume_type="SAS", size=40),
        data_volumes=[Volume(volume_type="SAS", size=40, delete_on_termination=True)],
        availability_zone=lab.env["HW_AVAILABILITY_ZONE"],
        metadata={"virtual_env_type": "IsoImage"},
        disk_prior=True,
        server_tags={"build": "42"},
    )


class Waits:
    """Waits of a test, with short time limits."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.cancelled = threading.Event()

    def image(self, job_id: str) -> str:
        job = wait_for_job(self.cloud.ims.get_job, job_id, subject="image", timeout_s=60, cancelled=self.cancelled)
        assert job.image_id is not None
        return job.image_id

    def server(self, job_id: str) -> None:
        wait_for_job(self.cloud.ecs.get_job, job_id, subject="server", timeout_s=60, cancelled=self.cancelled)

    def power_off(self, server_id: str) -> Server:
        server = wait_until(
            lambda: self.cloud.ecs.get_server(server_id),
            done=lambda server: server is not None and (server.status == "SHUTOFF" or server.power_state == 4),
            subject="power-off",
            timeout_s=60,
            cancelled=self.cancelled,
        )
        assert server is not None
        return server

    def gone(self, server: Server) -> None:
        wait_until(
            lambda: (
                self.cloud.ecs.get_server(server.id),
                [self.cloud.evs.get_volume(volume.id) for volume in server.volumes],
            ),
            done=lambda seen: seen[0] is None and not any(seen[1]),
            subject="deletion",
            timeout_s=60,
            cancelled=self.cancelled,
        )


def build_an_image(cloud: Cloud, lab: RunningLab) -> None:
    """Run the whole procedure, and delete everything that it created."""
    waits = Waits(cloud)
    iso = CreateImageFromIso(
        name="iso",
        image_url="lab-images:small.iso",
        os_version=DEBIAN,
        min_disk=40,
        os_type="Linux",
        image_tags={"build": "42"},
    )
    iso_image_id = waits.image(cloud.ims.create_image_from_iso(iso))
    iso_image = cloud.ims.get_image(iso_image_id)
    assert iso_image is not None
    assert (iso_image.status, iso_image.virtual_env_type, iso_image.tags) == ("active", "IsoImage", {"build": "42"})
    assert iso_image.data_origin == "file,lab-images:small.iso"

    created = cloud.ecs.create_server(server_request(lab, iso_image_id), str(uuid.uuid4()))
    waits.server(created.job_id)
    server = waits.power_off(created.server_ids[0])
    assert server.tags == {"build": "42"}
    assert server.metadata["virtual_env_type"] == "IsoImage"
    (data_volume,) = server.data_volumes
    assert len(server.volumes) == 2

    request = CreateImageFromVolume(
        name="golden", volume_id=data_volume.id, os_version=DEBIAN, description="built", image_tags={"build": "42"}
    )
    image_id = waits.image(cloud.ims.create_image_from_volume(request))
    image = cloud.ims.get_image(image_id)
    assert image is not None
    assert (image.status, image.data_origin, image.description) == ("active", f"volume,{data_volume.id}", "built")
    assert (image.os_version, image.min_disk) == (DEBIAN, 40)

    waits.server(cloud.ecs.delete_servers([server.id]))
    waits.gone(server)
    for made in (image_id, iso_image_id):
        cloud.ims.delete_image(made)
        wait_until(
            lambda made=made: cloud.ims.get_image(made),  # type: ignore[misc]
            done=lambda seen: seen is None,
            subject="deletion",
            timeout_s=60,
            cancelled=waits.cancelled,
        )
