"""Every operation of the disk service and every network query of the lab, with the official SDK."""

from typing import Any

import huaweicloudsdkevs.v2 as evs
import huaweicloudsdkvpc.v2 as vpc
import pytest

from tests.lab.clients import Clients, refused
from tests.labs import RunningLab

pytestmark = pytest.mark.filterwarnings("ignore:Method .* is deprecated")


def create(cloud: Clients, **fields: Any) -> Any:
    known = {"availability_zone": "lab-1a", "volume_type": "SAS", "size": 10, "name": "disk"}
    option = evs.CreateVolumeOption(**{**known, **fields})
    body = evs.CreateVolumeRequestBody(volume=option)
    return cloud.evs.create_volume(evs.CreateVolumeRequest(body=body))


def show(cloud: Clients, volume_id: str) -> Any:
    return cloud.evs.show_volume(evs.ShowVolumeRequest(volume_id=volume_id)).volume


def delete(cloud: Clients, volume_id: str) -> Any:
    return cloud.volume_job(cloud.evs.delete_volume(evs.DeleteVolumeRequest(volume_id=volume_id)).job_id)


def test_a_disk_lives_and_dies(cloud: Clients) -> None:
    response = create(cloud, description="d", tags={"k": "v"}, metadata={"hw:passthrough": "true"})
    job = cloud.volume_job(response.job_id)
    assert (job.status, job.job_type, job.entities.volume_id) == ("SUCCESS", "createVolume", response.volume_ids[0])
    volume = show(cloud, job.entities.volume_id)
    assert (volume.name, volume.size, volume.volume_type, volume.status) == ("disk", 10, "SAS", "available")
    assert (volume.bootable, volume.multiattach, volume.tags) == ("false", False, {"k": "v"})
    assert volume.metadata["hw:passthrough"] == "true"
    assert delete(cloud, volume.id).job_type == "deleteVolume"
    assert refused(lambda: show(cloud, volume.id)) == (404, "EVS.5404")
    assert refused(lambda: delete(cloud, volume.id)) == (404, "EVS.5404")


def test_several_disks_share_one_job_and_are_listed(cloud: Clients) -> None:
    response = create(cloud, count=3, name="many")
    job = cloud.volume_job(response.job_id)
    assert job.job_type == "batchCreateVolume"
    assert [s.entities.volume_id for s in job.entities.sub_jobs] == response.volume_ids

    def ids(**query: Any) -> list[str]:
        found = cloud.evs.list_volumes(evs.ListVolumesRequest(**query))
        return [volume.id for volume in found.volumes]

    assert set(response.volume_ids) <= set(ids())
    assert ids(name="many-0001") == [response.volume_ids[0]]
    assert ids(status="error") == []
    assert len(ids(limit=1, offset=1)) == 1
    assert ids(ids=f"['{response.volume_ids[1]}','x']") == [response.volume_ids[1]]
    assert refused(lambda: ids(limit=0)) == (400, "EVS.1023")
    assert refused(lambda: ids(status="melting")) == (400, "EVS.1031")
    assert refused(lambda: ids(marker="nothing")) == (400, "EVS.2142")
    for volume_id in response.volume_ids:
        delete(cloud, volume_id)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"size": 9}, "EVS.1010"),
        ({"size": 32769}, "EVS.1010"),
        ({"volume_type": "TAPE"}, "EVS.1020"),
        ({"volume_type": "SATA"}, "EVS.2071"),
        ({"volume_type": "ESSD"}, "EVS.2071"),
        ({"volume_type": "GPSSD2"}, "EVS.1070"),
        ({"availability_zone": "mars"}, "EVS.1036"),
        ({"count": 101}, "EVS.1021"),
        ({"image_ref": "nothing"}, "EVS.2046"),
        ({"name": "n" * 65}, "EVS.5400"),
    ],
)
def test_a_bad_order_gets_its_documented_code(cloud: Clients, fields: dict[str, Any], code: str) -> None:
    assert refused(lambda: create(cloud, **fields)) == (400, code)


def test_a_disk_in_use_is_not_deleted(cloud: Clients) -> None:
    server = cloud.server(cloud.create_server(cloud.iso_image()))
    system, data = (show(cloud, d.id) for d in server.os_extended_volumesvolumes_attached)
    assert (system.status, system.bootable, system.attachments[0].device) == ("in-use", "true", "/dev/vda")
    assert (data.status, data.bootable, data.attachments[0].server_id) == ("in-use", "false", server.id)
    assert refused(lambda: delete(cloud, data.id)) == (400, "EVS.1046")
    found = cloud.evs.list_volumes(evs.ListVolumesRequest(server_id=server.id))
    assert {v.id for v in found.volumes} == {system.id, data.id}


def test_quotas_count_disks_and_gigabytes(cloud: Clients, lab: RunningLab) -> None:
    lab.change_settings(quotas={"volumes": 0})
    assert refused(lambda: create(cloud)) == (400, "EVS.1034")
    lab.change_settings(quotas={"volumes": 9, "gigabytes": 9})
    assert refused(lambda: create(cloud)) == (400, "EVS.1042")


def test_types_show_where_they_are_sold_out(cloud: Clients) -> None:
    types = cloud.evs.cinder_list_volume_types(evs.CinderListVolumeTypesRequest()).volume_types
    specs = {t.name: t.extra_specs for t in types}
    assert specs["SAS"].reske_yavailability_zones == "lab-1a,lab-1b"
    assert specs["SATA"].os_vendor_extendedsold_out_availability_zones == "lab-1a,lab-1b"
    assert specs["ESSD"].reske_yavailability_zones == "lab-1b"


def test_networks_are_looked_up(cloud: Clients) -> None:
    vpcs = cloud.vpc.list_vpcs(vpc.ListVpcsRequest()).vpcs
    assert cloud.env["HW_VPC_ID"] in {v.id for v in vpcs}
    one = cloud.vpc.show_vpc(vpc.ShowVpcRequest(vpc_id=cloud.env["HW_VPC_ID"])).vpc
    assert (one.status, one.name) == ("OK", "vpc-lab")
    subnets = cloud.vpc.list_subnets(vpc.ListSubnetsRequest(vpc_id=one.id)).subnets
    assert [s.id for s in subnets] == [cloud.env["HW_SUBNET_ID"]]
    assert subnets[0].neutron_network_id == subnets[0].id != subnets[0].neutron_subnet_id
    subnet = cloud.vpc.show_subnet(vpc.ShowSubnetRequest(subnet_id=subnets[0].id)).subnet
    assert (subnet.vpc_id, subnet.status) == (one.id, "ACTIVE")
    groups = cloud.vpc.list_security_groups(vpc.ListSecurityGroupsRequest()).security_groups
    assert [g.name for g in groups] == ["default"]
    shown = cloud.vpc.show_security_group(vpc.ShowSecurityGroupRequest(security_group_id=groups[0].id))
    assert shown.security_group.id == groups[0].id
    page = cloud.vpc.list_vpcs(vpc.ListVpcsRequest(limit=1, marker=vpcs[0].id)).vpcs
    assert [v.id for v in page] == [vpcs[1].id]


def test_unknown_networks_get_the_flat_error(cloud: Clients) -> None:
    other = "11111111-1111-4111-8111-111111111111"
    assert refused(lambda: cloud.vpc.show_vpc(vpc.ShowVpcRequest(vpc_id=other))) == (404, "VPC.0105")
    assert refused(lambda: cloud.vpc.show_vpc(vpc.ShowVpcRequest(vpc_id="x"))) == (400, "VPC.0101")
    assert refused(lambda: cloud.vpc.show_subnet(vpc.ShowSubnetRequest(subnet_id=other))) == (404, "VPC.0202")


def test_a_network_is_created_used_and_deleted(cloud: Clients) -> None:
    def subnet_of(vpc_id: str, cidr: str = "10.1.2.0/24", gateway: str = "10.1.2.1") -> Any:
        option = vpc.CreateSubnetOption(name="s", cidr=cidr, gateway_ip=gateway, vpc_id=vpc_id)
        return cloud.vpc.create_subnet(vpc.CreateSubnetRequest(body=vpc.CreateSubnetRequestBody(option))).subnet

    def create_vpc(cidr: str) -> Any:
        body = vpc.CreateVpcRequestBody(vpc=vpc.CreateVpcOption(name="v", cidr=cidr))
        return cloud.vpc.create_vpc(vpc.CreateVpcRequest(body=body)).vpc

    created = create_vpc("10.1.0.0/16")
    subnet = subnet_of(created.id)
    shown = cloud.vpc.show_subnet(vpc.ShowSubnetRequest(subnet_id=subnet.id)).subnet
    assert (shown.vpc_id, shown.cidr, shown.gateway_ip) == (created.id, "10.1.2.0/24", "10.1.2.1")
    assert refused(lambda: create_vpc("8.0.0.0/8")) == (400, "VPC.0101")
    assert refused(lambda: subnet_of(created.id, "10.2.0.0/24", "10.2.0.1")) == (400, "VPC.0201")
    assert refused(lambda: subnet_of(created.id, "10.1.2.0/25")) == (400, "VPC.0201")
    assert refused(lambda: subnet_of(created.id, "10.1.3.0/24", "10.1.4.1")) == (400, "VPC.0201")
    assert refused(lambda: cloud.vpc.delete_vpc(vpc.DeleteVpcRequest(created.id))) == (409, "VPC.0101")
    cloud.vpc.delete_subnet(vpc.DeleteSubnetRequest(vpc_id=created.id, subnet_id=subnet.id))
    cloud.vpc.delete_vpc(vpc.DeleteVpcRequest(created.id))
    assert refused(lambda: cloud.vpc.show_vpc(vpc.ShowVpcRequest(vpc_id=created.id))) == (404, "VPC.0105")
