"""Changes of servers with the official SDK: power, console, deletion, tags, metadata and disks."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import huaweicloudsdkecs.v2 as ecs
import pytest
from huaweicloudsdkevs.v2 import (
    CreateVolumeOption,
    CreateVolumeRequest,
    CreateVolumeRequestBody,
    DeleteVolumeRequest,
    ShowVolumeRequest,
)

from tests.lab.clients import Clients, refused
from tests.labs import RunningLab, wait_for

pytestmark = pytest.mark.filterwarnings("ignore:Method .* of EcsClient is deprecated")


def act(cloud: Clients, action: str, server_id: str, kind: str = "SOFT") -> str:
    servers = [ecs.ServerId(id=server_id)]
    if action == "start":
        start = ecs.BatchStartServersRequestBody(os_start=ecs.BatchStartServersOption(servers=servers))
        return str(cloud.ecs.batch_start_servers(ecs.BatchStartServersRequest(body=start)).job_id)
    if action == "stop":
        stop = ecs.BatchStopServersRequestBody(os_stop=ecs.BatchStopServersOption(servers=servers, type=kind))
        return str(cloud.ecs.batch_stop_servers(ecs.BatchStopServersRequest(body=stop)).job_id)
    reboot = ecs.BatchRebootServersRequestBody(reboot=ecs.BatchRebootSeversOption(servers=servers, type=kind))
    return str(cloud.ecs.batch_reboot_servers(ecs.BatchRebootServersRequest(body=reboot)).job_id)


def test_servers_stop_start_and_reboot(cloud: Clients, iso: str, lab: RunningLab) -> None:
    lab.change_settings(guest={"install_s": 100_000})
    server_id = cloud.create_server(iso)
    for action, kind, status in (
        ("stop", "HARD", "SHUTOFF"),
        ("start", "", "ACTIVE"),
        ("reboot", "SOFT", "ACTIVE"),
        ("reboot", "HARD", "ACTIVE"),
        ("stop", "SOFT", "SHUTOFF"),
        ("stop", "SOFT", "SHUTOFF"),
    ):
        assert cloud.server_job(act(cloud, action, server_id, kind)).status == "SUCCESS"
        assert cloud.server(server_id).status == status
    assert refused(lambda: act(cloud, "start", "nothing")) == (404, "Ecs.0114")


def test_a_guest_that_ignores_the_button_is_switched_off(cloud: Clients, iso: str, lab: RunningLab) -> None:
    lab.change_settings(guest={"reacts_to_power_button": False, "install_s": 100_000})
    server_id = cloud.create_server(iso)
    assert cloud.server_job(act(cloud, "stop", server_id)).status == "SUCCESS"
    assert lab.call("GET", f"/servers/{server_id}")["powered_on"] is False


def test_the_console_output_has_as_many_lines_as_asked_for(cloud: Clients, iso: str) -> None:
    server_id = cloud.create_server(iso)
    whole = cloud.ecs.show_server_console_output(ecs.ShowServerConsoleOutputRequest(server_id=server_id, length=-1))
    assert "booting from" in whole.output
    none = cloud.ecs.show_server_console_output(ecs.ShowServerConsoleOutputRequest(server_id=server_id, length=0))
    assert none.output == ""
    assert refused(
        lambda: cloud.ecs.show_server_console_output(ecs.ShowServerConsoleOutputRequest(server_id=str(uuid.uuid4())))
    ) == (404, "Ecs.0114")


def test_a_server_is_deleted_when_its_time_has_come(cloud: Clients, iso: str) -> None:
    def set_time(server_id: str, text: str) -> None:
        body = ecs.UpdateServerAutoTerminateTimeRequestBody(auto_terminate_time=text)
        cloud.ecs.update_server_auto_terminate_time(
            ecs.UpdateServerAutoTerminateTimeRequest(server_id=server_id, body=body)
        )

    server_id, other = cloud.create_server(iso), cloud.create_server(iso)
    now = datetime.fromisoformat(cloud.lab.call("GET", "/health")["time"])
    for text, code in (("soon", "Ecs.0081"), (moment(now, 5), "Ecs.0082"), ("2020-01-01T00:00:00Z", "Ecs.0083")):
        assert refused(lambda text=text: set_time(server_id, text))[1] == code  # type: ignore[misc]
    set_time(server_id, moment(now, 120))
    set_time(other, moment(now, 120))
    set_time(other, "")
    assert cloud.server(server_id).auto_terminate_time == f"{moment(now, 120)[:-3]}00Z"
    wait_for(lambda: cloud.lab.call("GET", "/health")["servers"] == 1, "the deletion of the server")
    assert cloud.server(other).id == other


def moment(now: datetime, minutes: int) -> str:
    return (now + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_remote_console_has_a_url_that_the_journal_hides(cloud: Clients, iso: str, lab: RunningLab) -> None:
    lab.change_settings(guest={"install_s": 100_000})
    server_id = cloud.create_server(iso)
    option = ecs.GetServerRemoteConsoleOption(protocol="vnc", type="novnc")
    body = ecs.ShowServerRemoteConsoleRequestBody(remote_console=option)
    request = ecs.ShowServerRemoteConsoleRequest(server_id=server_id, body=body)
    console = cloud.ecs.show_server_remote_console(request).remote_console
    assert (console.type, console.protocol) == ("novnc", "vnc")
    assert "token=" in console.url
    secret = console.url.partition("token=")[2][:10]
    assert all(secret not in str(entry) for entry in lab.journal())


def test_deletion_takes_disks_or_leaves_them(cloud: Clients, iso: str) -> None:
    first, second = cloud.create_server(iso), cloud.create_server(iso)
    disks = [d.id for d in cloud.server(second).os_extended_volumesvolumes_attached]
    assert cloud.delete_server(first).job_type == "deleteVMs"
    cloud.wait_until_gone(first)

    body = ecs.DeleteServersRequestBody(servers=[ecs.ServerId(id=second)])
    job = cloud.server_job(cloud.ecs.delete_servers(ecs.DeleteServersRequest(body=body)).job_id)
    assert job.status == "SUCCESS"
    assert refused(lambda: cloud.evs.show_volume(ShowVolumeRequest(volume_id=disks[0])))[0] == 404
    left = cloud.evs.show_volume(ShowVolumeRequest(volume_id=disks[1])).volume
    assert (left.status, left.attachments) == ("available", [])
    missing = ecs.DeleteServersRequestBody(servers=[ecs.ServerId(id="nothing")])
    request = ecs.DeleteServersRequest(body=missing)
    assert refused(lambda: cloud.ecs.delete_servers(request)) == (404, "Ecs.0114")
    cloud.volume_job(cloud.evs.delete_volume(DeleteVolumeRequest(volume_id=disks[1])).job_id)


def test_tags_are_added_changed_and_removed(cloud: Clients, iso: str) -> None:
    server_id = cloud.create_server(iso)

    def change(action: str, *tags: Any) -> None:
        body = ecs.BatchCreateServerTagsRequestBody(action=action, tags=list(tags))
        cloud.ecs.batch_create_server_tags(ecs.BatchCreateServerTagsRequest(server_id=server_id, body=body))

    def tags() -> dict[str, str]:
        found = cloud.ecs.show_server_tags(ecs.ShowServerTagsRequest(server_id=server_id)).tags
        return {tag.key: tag.value for tag in found}

    change("create", ecs.BatchAddServerTag(key="a", value="1"), ecs.BatchAddServerTag(key="b", value="2"))
    change("create", ecs.BatchAddServerTag(key="a", value="3"))
    assert tags() == {"a": "3", "b": "2"}
    everywhere = cloud.ecs.list_server_tags(ecs.ListServerTagsRequest()).tags
    assert {t.key: t._values for t in everywhere} == {"a": ["3"], "b": ["2"]}
    body = ecs.ListServersByTagRequestBody(action="filter", tags=[ecs.ServerTags(key="a", values=["3"])])
    found = cloud.ecs.list_servers_by_tag(ecs.ListServersByTagRequest(body=body))
    assert (found.total_count, found.resources[0].resource_id) == (1, server_id)
    change("delete", ecs.BatchAddServerTag(key="a"), ecs.BatchAddServerTag(key="missing"))
    assert tags() == {"b": "2"}
    missing = ecs.ShowServerTagsRequest(server_id="nothing")
    assert refused(lambda: cloud.ecs.show_server_tags(missing)) == (400, "Ecs.1000")


def test_metadata_changes_but_for_the_platforms_own(cloud: Clients, iso: str) -> None:
    server_id = cloud.create_server(iso)

    def write(**pairs: str) -> Any:
        body = ecs.UpdateServerMetadataRequestBody(metadata=pairs)
        return cloud.ecs.update_server_metadata(ecs.UpdateServerMetadataRequest(server_id=server_id, body=body))

    assert write(a="1").metadata == {"a": "1"}
    assert cloud.server(server_id).metadata["a"] == "1"
    assert refused(lambda: write(virtual_env_type="FusionCompute")) == (400, "Ecs.0005")
    request = ecs.DeleteServerMetadataRequest(server_id=server_id, key="a")
    cloud.ecs.delete_server_metadata(request)
    assert "a" not in cloud.server(server_id).metadata
    assert refused(lambda: cloud.ecs.delete_server_metadata(request)) == (400, "Ecs.1000")


def test_block_devices_are_listed_attached_and_detached(cloud: Clients) -> None:
    image = cloud.images(imagetype="gold", architecture="x86")[0].id
    server_id = cloud.create_server(image, data_volumes=None, metadata=None)
    option = CreateVolumeOption(availability_zone="lab-1a", volume_type="SAS", size=10, name="extra")
    response = cloud.evs.create_volume(CreateVolumeRequest(body=CreateVolumeRequestBody(volume=option)))
    volume_id = cloud.volume_job(response.job_id).entities.volume_id

    attach = ecs.AttachServerVolumeRequestBody(
        volume_attachment=ecs.AttachServerVolumeOption(volume_id=volume_id, device="/dev/sdb")
    )
    request = ecs.AttachServerVolumeRequest(server_id=server_id, body=attach)
    assert cloud.server_job(cloud.ecs.attach_server_volume(request).job_id).job_type == "attachVolume"
    devices = cloud.ecs.list_server_block_devices(ecs.ListServerBlockDevicesRequest(server_id=server_id))
    shown = [(d.device, d.boot_index, d.size) for d in devices.volume_attachments]
    assert shown == [("/dev/vda", 0, 40), ("/dev/vdb", 1, 10)]
    one = ecs.ShowServerBlockDeviceRequest(server_id=server_id, volume_id=volume_id)
    assert cloud.ecs.show_server_block_device(one).volume_attachment.volume_id == volume_id

    detach = ecs.DetachServerVolumeRequest(server_id=server_id, volume_id=volume_id)
    assert cloud.server_job(cloud.ecs.detach_server_volume(detach).job_id).status == "SUCCESS"
    assert refused(lambda: cloud.ecs.detach_server_volume(detach)) == (400, "Ecs.0111")
    cloud.volume_job(cloud.evs.delete_volume(DeleteVolumeRequest(volume_id=volume_id)).job_id)


def test_no_disk_can_be_attached_to_a_server_from_an_iso(cloud: Clients, iso: str) -> None:
    body = ecs.AttachServerVolumeRequestBody(volume_attachment=ecs.AttachServerVolumeOption(volume_id="v"))
    request = ecs.AttachServerVolumeRequest(server_id=cloud.create_server(iso), body=body)
    assert refused(lambda: cloud.ecs.attach_server_volume(request)) == (400, "Ecs.0100")
