"""The whole procedure, driven by the official SDK."""

from huaweicloudsdkecs.v2 import (
    BatchStartServersOption,
    BatchStartServersRequest,
    BatchStartServersRequestBody,
    ServerId,
)
from huaweicloudsdkevs.v2 import ListVolumesRequest
from huaweicloudsdkims.v2 import TagKeyValue

from tests.lab.clients import Clients
from tests.lab.plain import DEBIAN
from tests.labs import RunningLab, run_lab


def test_an_iso_becomes_an_image_and_nothing_else_is_left(cloud: Clients, lab: RunningLab) -> None:
    server = cloud.installed_server()
    disks = {volume.boot_index: volume for volume in server.os_extended_volumesvolumes_attached}
    written = lab.call("GET", f"/servers/{server.id}")["written_bytes"]
    assert written[disks["0"].id] == 0 < written[disks["1"].id]

    job = cloud.capture(disks["1"].id, name="golden", image_tags=[TagKeyValue("owner", "ci")])
    assert (job.status, job.job_type) == ("SUCCESS", "imsVolumeCreateImageJob")
    assert cloud.delete_server(server.id).status == "SUCCESS"

    (image,) = cloud.images(id=job.entities.image_id)
    assert image.status == "active"
    assert (image.name, image.tags, image.min_disk) == ("golden", ["owner=ci"], 40)
    assert (image.virtual_env_type, image.disk_format) == ("FusionCompute", "zvhd2")
    assert image.data_origin == f"volume,{disks['1'].id}"
    assert image.os_version == DEBIAN
    file = lab.call("GET", f"/images/{image.id}")
    assert len(file["sha256"]) == 64

    missing = cloud.wait_until_gone(server.id)
    assert (missing.status_code, missing.error_code) == (404, "Ecs.0114")
    assert cloud.evs.list_volumes(ListVolumesRequest()).count == 0


def test_a_server_of_the_image_boots_what_was_installed(cloud: Clients, lab: RunningLab) -> None:
    image_id = cloud.golden_image()
    server_id = cloud.create_server(image_id, data_volumes=None, metadata=None)
    assert cloud.server(server_id).status == "ACTIVE"
    assert any(line.startswith("booting: installed from") for line in lab.console(server_id))


def test_the_iso_boots_once_only(cloud: Clients, lab: RunningLab) -> None:
    """A platform start after the installation boots the disks."""
    server = cloud.installed_server()
    body = BatchStartServersRequestBody(os_start=BatchStartServersOption(servers=[ServerId(server.id)]))
    cloud.server_job(cloud.ecs.batch_start_servers(BatchStartServersRequest(body=body)).job_id)

    assert cloud.server(server.id).status == "ACTIVE"
    assert any(line.startswith("booting: installed from") for line in lab.console(server.id))


def test_an_image_boots_from_the_command_line(cloud: Clients, lab: RunningLab) -> None:
    image_id = cloud.golden_image()
    assert "booting: installed from" in run_lab(lab.state, "boot", image_id, "--until", "installed from")
    console = run_lab(lab.state, "console", cloud.create_server(image_id, data_volumes=None, metadata=None))
    assert console.startswith("booting: installed from")
