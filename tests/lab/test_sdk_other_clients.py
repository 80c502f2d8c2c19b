"""Operations that other clients need beside those of this project, with the official SDK: servers, key pairs, disks."""

import subprocess
from pathlib import Path
from typing import Any

import huaweicloudsdkecs.v2 as ecs
import huaweicloudsdkevs.v2 as evs
import pytest

from tests.lab.clients import Clients, refused
from tests.lab.plain import Raw
from tests.lab.sdk_models import mismatches
from tests.labs import RunningLab

pytestmark = pytest.mark.filterwarnings("ignore:Method .* is deprecated")


@pytest.fixture
def server_id(cloud: Clients, iso: str) -> str:
    return cloud.create_server(iso)


def update(cloud: Clients, server_id: str, **fields: Any) -> Any:
    body = ecs.UpdateServerRequestBody(server=ecs.UpdateServerOption(**fields))
    return cloud.ecs.update_server(ecs.UpdateServerRequest(server_id=server_id, body=body)).server


def test_a_server_is_changed(cloud: Clients, server_id: str) -> None:
    changed = update(cloud, server_id, name="new", description="d", hostname="host.example", user_data="aGk=")
    server = cloud.server(server_id)
    assert (changed.name, changed.os_ext_srv_att_rhostname) == ("new", "host.example")
    assert (server.name, server.description, server.os_ext_srv_att_ruser_data) == ("new", "d", "aGk=")
    assert update(cloud, server_id, description="").description == ""
    assert refused(lambda: update(cloud, server_id, name="a b")) == (400, "Ecs.0915")
    assert refused(lambda: update(cloud, server_id, hostname="-a")) == (400, "Ecs.0005")
    assert refused(lambda: update(cloud, server_id, user_data="?")) == (400, "Ecs.0005")
    assert refused(lambda: update(cloud, "0" * 8, name="x")) == (404, "Ecs.0114")


def test_the_response_to_a_change_has_the_fields_of_the_sdk(cloud: Clients, server_id: str, raw: Raw) -> None:
    path = f"/v1/{{project}}/cloudservers/{server_id}"
    changed = raw.send("ecs", "PUT", path, json={"server": {"name": "x"}}).json()
    assert list(mismatches(ecs, "UpdateServerResponse", changed)) == []


def test_attached_disks_are_listed(cloud: Clients, server_id: str) -> None:
    request = ecs.ListServerVolumeAttachmentsRequest(server_id=server_id)
    found = cloud.ecs.list_server_volume_attachments(request).volume_attachments
    attached = cloud.server(server_id).os_extended_volumesvolumes_attached
    assert [(a.volume_id, a.id, a.server_id) for a in found] == [(v.id, v.id, server_id) for v in attached]
    assert [a.device for a in found] == ["/dev/vda", "/dev/vdb"]


def test_a_disk_is_kept_or_deleted_with_its_server(cloud: Clients, server_id: str) -> None:
    data = cloud.server(server_id).os_extended_volumesvolumes_attached[1]
    assert data.delete_on_termination == "false"
    option = ecs.UpdateServerBlockDeviceOption(delete_on_termination=True)
    body = ecs.UpdateServerBlockDeviceReq(block_device=option)
    request = ecs.UpdateServerBlockDeviceRequest(server_id=server_id, volume_id=data.id, body=body)
    cloud.ecs.update_server_block_device(request)
    assert cloud.server(server_id).os_extended_volumesvolumes_attached[1].delete_on_termination == "true"
    missing = ecs.UpdateServerBlockDeviceRequest(server_id=server_id, volume_id="0" * 8, body=body)
    assert refused(lambda: cloud.ecs.update_server_block_device(missing)) == (400, "Ecs.0111")


def test_sale_policies_of_flavors(cloud: Clients, raw: Raw) -> None:
    def policies(**filters: Any) -> list[Any]:
        return list(cloud.ecs.list_flavor_sell_policies(ecs.ListFlavorSellPoliciesRequest(**filters)).sell_policies)

    sold_out = {(p.flavor_id, p.availability_zone_id) for p in policies(sell_status="sellout")}
    assert sold_out >= {("t6.large.2", "lab-1a"), ("t6.large.2", "lab-1b"), ("sn3.large.2", "lab-1a")}
    assert [p.availability_zone_id for p in policies(flavor_id="s8.large.2")] == ["lab-1b"]
    assert len(policies(limit=3)) == 3
    assert policies(sell_mode="spot") == []
    plain = raw.send("ecs", "GET", "/v1/{project}/cloudservers/flavor-sell-policies").json()
    assert list(mismatches(ecs, "ListFlavorSellPoliciesResponse", plain)) == []


def create_key(cloud: Clients, **fields: Any) -> Any:
    body = ecs.NovaCreateKeypairRequestBody(keypair=ecs.NovaCreateKeypairOption(**fields))
    return cloud.ecs.nova_create_keypair(ecs.NovaCreateKeypairRequest(body=body)).keypair


def delete_key(cloud: Clients, name: str) -> None:
    cloud.ecs.nova_delete_keypair(ecs.NovaDeleteKeypairRequest(keypair_name=name))


def test_a_generated_key_pair_is_one_that_ssh_reads(cloud: Clients, tmp_path: Path) -> None:
    pair = create_key(cloud, name="generated")
    private = tmp_path / "key"
    private.touch(mode=0o600)
    private.write_text(pair.private_key)
    read = subprocess.run(["ssh-keygen", "-y", "-f", private], capture_output=True, text=True, check=True).stdout
    assert read.split()[:2] == pair.public_key.split()[:2]
    shown = cloud.ecs.nova_show_keypair(ecs.NovaShowKeypairRequest(keypair_name="generated")).keypair
    assert (shown.fingerprint, shown.deleted) == (pair.fingerprint, False)
    listed = cloud.ecs.nova_list_keypairs(ecs.NovaListKeypairsRequest()).keypairs
    assert [each.keypair.name for each in listed] == ["KeyPair-lab", "generated"]
    delete_key(cloud, "generated")
    assert refused(lambda: delete_key(cloud, "generated"))[0] == 404


def test_the_private_key_is_nowhere_in_the_state_folder(cloud: Clients, lab: RunningLab) -> None:
    secret = create_key(cloud, name="secret").private_key.splitlines()[5]
    cloud.ecs.nova_delete_keypair(ecs.NovaDeleteKeypairRequest(keypair_name="secret"))
    lab.journal()
    files = [path for path in lab.state.rglob("*") if path.is_file()]
    assert [path.name for path in files if secret.encode() in path.read_bytes()] == []


def test_an_imported_key_pair_is_used_for_a_server(cloud: Clients, iso: str) -> None:
    create_key(cloud, name="mine", public_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA me")
    assert refused(lambda: create_key(cloud, name="mine"))[0] == 409
    assert refused(lambda: create_key(cloud, name="bad", public_key="text"))[0] == 400
    assert cloud.server(cloud.create_server(iso, key_name="mine")).key_name == "mine"
    assert refused(lambda: cloud.create_server(iso, key_name="nobody's")) == (400, "Ecs.0314")
    delete_key(cloud, "mine")


def test_an_empty_key_name_means_none(cloud: Clients, iso: str) -> None:
    assert cloud.server(cloud.create_server(iso, key_name="")).key_name is None


def test_the_native_interface_shows_servers(cloud: Clients, server_id: str, raw: Raw) -> None:
    shown = cloud.ecs.nova_show_server(ecs.NovaShowServerRequest(server_id=server_id)).server
    assert (shown.id, shown.name, shown.flavor.id) == (server_id, "builder", "s6.large.2")
    assert [s.id for s in cloud.ecs.nova_list_servers(ecs.NovaListServersRequest()).servers] == [server_id]
    assert cloud.ecs.nova_list_servers_details(ecs.NovaListServersDetailsRequest(name="none")).servers == []
    groups = cloud.ecs.nova_list_server_security_groups(ecs.NovaListServerSecurityGroupsRequest(server_id=server_id))
    assert [group.name for group in groups.security_groups] == ["default"]
    specs = cloud.ecs.nova_show_flavor_extra_specs(ecs.NovaShowFlavorExtraSpecsRequest(flavor_id="s6.large.2"))
    assert specs.extra_specs["ecs:generation"] == "s6"
    detail = raw.send("ecs", "GET", f"/v2.1/{{project}}/servers/{server_id}").json()
    assert list(mismatches(ecs, "NovaShowServerResponse", detail)) == []
    interfaces = raw.send("ecs", "GET", f"/v2.1/{{project}}/servers/{server_id}/os-interface").json()
    assert [each["port_state"] for each in interfaces["interfaceAttachments"]] == ["ACTIVE"]
    disks = raw.send("ecs", "GET", f"/v2.1/{{project}}/servers/{server_id}/os-volume_attachments").json()
    assert [each["device"] for each in disks["volumeAttachments"]] == ["/dev/vda", "/dev/vdb"]
    missing = raw.send("ecs", "GET", f"/v2.1/{{project}}/servers/{'0' * 8}")
    assert (missing.status_code, missing.json()["itemNotFound"]["code"]) == (404, 404)


def test_virtual_env_type_is_repeated_as_metadata_as_the_variant_says(
    cloud: Clients, server_id: str, lab: RunningLab
) -> None:
    def repeat(value: str = "IsoImage") -> Any:
        body = ecs.UpdateServerMetadataRequestBody(metadata={"virtual_env_type": value, "a": "b"})
        return cloud.ecs.update_server_metadata(ecs.UpdateServerMetadataRequest(server_id=server_id, body=body))

    assert refused(repeat) == (400, "Ecs.0005")
    lab.choose(environment_repeated="accepted")
    assert repeat().metadata["a"] == "b"
    assert refused(lambda: repeat("FusionCompute")) == (400, "Ecs.0005")
    assert cloud.server(server_id).metadata["virtual_env_type"] == "IsoImage"


def test_elastic_ips_of_servers(cloud: Clients, iso: str, raw: Raw) -> None:
    bandwidth = ecs.PostPaidServerEipBandwidth(size=5, sharetype="PER", chargemode="traffic")
    eip = ecs.PostPaidServerEip(iptype="5_bgp", bandwidth=bandwidth)
    server = cloud.server(cloud.create_server(iso, publicip=ecs.PostPaidServerPublicip(eip=eip)))
    fixed, floating = server.addresses[cloud.env["HW_VPC_ID"]]
    (address,) = raw.send("vpc", "GET", "/v1/{project}/publicips").json()["publicips"]
    assert (floating.os_ext_ip_stype, floating.addr) == ("floating", address["public_ip_address"])
    assert (address["status"], address["private_ip_address"]) == ("ACTIVE", fixed.addr)
    assert cloud.delete_server(server.id).status == "SUCCESS"
    assert raw.send("vpc", "GET", "/v1/{project}/publicips").json()["publicips"] == []


def volume(cloud: Clients, **fields: Any) -> str:
    known = {"availability_zone": "lab-1a", "volume_type": "SAS", "size": 10, "name": "disk"}
    body = evs.CreateVolumeRequestBody(volume=evs.CreateVolumeOption(**{**known, **fields}))
    job = cloud.volume_job(cloud.evs.create_volume(evs.CreateVolumeRequest(body=body)).job_id)
    return str(job.entities.volume_id)


def resize(cloud: Clients, volume_id: str, size: int) -> Any:
    body = evs.ResizeVolumeRequestBody(os_extend=evs.OsExtend(new_size=size))
    return cloud.evs.resize_volume(evs.ResizeVolumeRequest(volume_id=volume_id, body=body))


def shown(cloud: Clients, volume_id: str) -> Any:
    return cloud.evs.show_volume(evs.ShowVolumeRequest(volume_id=volume_id)).volume


def test_a_disk_is_renamed(cloud: Clients, raw: Raw) -> None:
    disk = volume(cloud)
    body = evs.UpdateVolumeRequestBody(volume=evs.UpdateVolumeOption(name="new", description="d"))
    changed = cloud.evs.update_volume(evs.UpdateVolumeRequest(volume_id=disk, body=body))
    assert (changed.name, shown(cloud, disk).description) == ("new", "d")
    plain = raw.send("evs", "PUT", f"/v2/{{project}}/cloudvolumes/{disk}", json={"volume": {"description": ""}}).json()
    assert (plain["description"], list(mismatches(evs, "UpdateVolumeResponse", plain))) == ("", [])
    empty = raw.send("evs", "PUT", f"/v2/{{project}}/cloudvolumes/{disk}", json={"volume": {}})
    assert (empty.status_code, empty.json()["error"]["code"]) == (400, "EVS.5400")


def test_a_disk_grows(cloud: Clients, server_id: str) -> None:
    disk = volume(cloud)
    job = cloud.volume_job(resize(cloud, disk, 20).job_id)
    assert (job.status, job.job_type) == ("SUCCESS", "extendVolume")
    assert (shown(cloud, disk).size, shown(cloud, disk).status) == (20, "available")
    assert refused(lambda: resize(cloud, disk, 20)) == (400, "EVS.1010")
    assert refused(lambda: resize(cloud, "0" * 8, 20)) == (404, "EVS.5404")
    system, data = (v.id for v in cloud.server(server_id).os_extended_volumesvolumes_attached)
    cloud.volume_job(resize(cloud, data, 50).job_id)
    assert (shown(cloud, data).size, shown(cloud, data).status) == (50, "in-use")
    assert refused(lambda: resize(cloud, system, 1025)) == (400, "EVS.1010")
    cloud.lab.change_settings(quotas={"gigabytes": 110})
    assert refused(lambda: resize(cloud, disk, 21)) == (400, "EVS.1042")


def test_a_failed_extension_shows_in_the_status(cloud: Clients, lab: RunningLab) -> None:
    disk = volume(cloud)
    lab.job_fault("extend_volume", "extend", "EVS.2024")
    assert cloud.volume_job(resize(cloud, disk, 20).job_id).status == "FAIL"
    assert (shown(cloud, disk).size, shown(cloud, disk).status) == (10, "error_extending")


def test_tags_of_disks(cloud: Clients) -> None:
    disk = volume(cloud)
    pairs = [evs.Tag(key="a", value="1"), evs.Tag(key="b", value="2")]
    body = evs.BatchCreateVolumeTagsRequestBody(action="create", tags=pairs)
    cloud.evs.batch_create_volume_tags(evs.BatchCreateVolumeTagsRequest(volume_id=disk, body=body))
    fewer = evs.BatchDeleteVolumeTagsRequestBody(action="delete", tags=[evs.DeleteTagsOption(key="a")])
    cloud.evs.batch_delete_volume_tags(evs.BatchDeleteVolumeTagsRequest(volume_id=disk, body=fewer))
    tags = cloud.evs.show_volume_tags(evs.ShowVolumeTagsRequest(volume_id=disk)).tags
    assert [(tag.key, tag.value) for tag in tags] == [("b", "2")]


def test_zones_of_disks(cloud: Clients) -> None:
    found = cloud.evs.cinder_list_availability_zones(evs.CinderListAvailabilityZonesRequest())
    zones = found.availability_zone_info
    assert [(zone.zone_name, zone.zone_state.available) for zone in zones] == [("lab-1a", True), ("lab-1b", True)]
