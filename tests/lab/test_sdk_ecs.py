"""Servers with the official SDK: creation, wrong orders, lists, limits and quotas."""

import base64
import uuid
from functools import partial
from typing import Any

import huaweicloudsdkecs.v2 as ecs
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials

from tests.lab.clients import Clients, refused
from tests.labs import RunningLab, wait_for

pytestmark = pytest.mark.filterwarnings("ignore:Method .* of EcsClient is deprecated")


def order(cloud: Clients, image_id: str, token: str | None = None, dry_run: bool | None = None, **more: Any) -> Any:
    body = ecs.CreatePostPaidServersRequestBody(server=cloud.server_body(image_id, **more), dry_run=dry_run)
    return cloud.ecs.create_post_paid_servers(ecs.CreatePostPaidServersRequest(x_client_token=token, body=body))


def nic(cloud: Clients, **fields: Any) -> list[Any]:
    return [ecs.PostPaidServerNic(**{"subnet_id": cloud.env["HW_SUBNET_ID"], **fields})]


def root(volumetype: str = "SAS", size: int = 40) -> Any:
    return ecs.PostPaidServerRootVolume(volumetype=volumetype, size=size)


def disk(volumetype: str = "SAS", size: int = 40, **fields: Any) -> Any:
    return ecs.PostPaidServerDataVolume(volumetype=volumetype, size=size, **fields)


def test_a_server_carries_what_was_asked_for(cloud: Clients, iso: str) -> None:
    server_id = cloud.create_server(
        iso,
        name="build_1",
        description="a builder",
        nics=nic(cloud, ip_address="192.168.0.77"),
        data_volumes=[disk(size=60, delete_on_termination=True)],
        server_tags=[ecs.PostPaidServerTag(key="k", value="v"), ecs.PostPaidServerTag(key="empty", value="")],
        metadata={"virtual_env_type": "IsoImage", "mine": "yes"},
        user_data=base64.b64encode(b"#cloud-config").decode(),
        key_name="KeyPair-lab",
        extendparam=ecs.PostPaidServerExtendParam(charging_mode=0, enterprise_project_id="0"),
    )
    server = cloud.server(server_id)
    assert (server.name, server.description, server.key_name) == ("build_1", "a builder", "KeyPair-lab")
    assert (server.flavor.id, server.flavor.vcpus, server.flavor.ram) == ("s6.large.2", "2", "4096")
    assert server.metadata["virtual_env_type"] == "IsoImage"
    assert server.metadata["mine"] == "yes"
    assert sorted(server.tags) == ["empty=", "k=v"]
    (addresses,) = server.addresses.values()
    assert addresses[0].addr == "192.168.0.77"
    disks = server.os_extended_volumesvolumes_attached
    assert [(d.device, d.boot_index, d.delete_on_termination) for d in disks] == [
        ("/dev/vda", "0", "true"),
        ("/dev/vdb", "1", "true"),
    ]
    assert server.image.id == iso
    assert server.os_ext_a_zavailability_zone == "lab-1a"


BAD_ORDERS: list[tuple[dict[str, Any], int, str]] = [
    ({"image_ref": "nothing"}, 400, "Ecs.0031"),
    ({"flavor_ref": "s6.huge"}, 400, "Ecs.0029"),
    ({"flavor_ref": "t6.large.2"}, 400, "Ecs.0018"),
    ({"flavor_ref": "s2.large.2"}, 400, "Ecs.0019"),
    ({"flavor_ref": "s6.small.1"}, 400, "Ecs.0005"),
    ({"flavor_ref": "s6.xlarge.2"}, 400, "Ecs.0005"),
    ({"flavor_ref": "s6.large.1"}, 400, "Ecs.0005"),
    ({"flavor_ref": "s1.large"}, 400, "Ecs.0005"),
    ({"flavor_ref": "c6.large.2"}, 400, "Ecs.0005"),
    ({"flavor_ref": "kc1.large.2"}, 400, "Ecs.0005"),
    ({"name": ""}, 400, "Ecs.0915"),
    ({"name": "a b"}, 400, "Ecs.0915"),
    ({"name": "n" * 129}, 400, "Ecs.0914"),
    ({"vpcid": "nothing"}, 400, "Ecs.0014"),
    ({"nics": []}, 400, "Ecs.0005"),
    ({"data_volumes": None}, 400, "Ecs.0005"),
    ({"data_volumes": [disk(), disk()]}, 400, "Ecs.0005"),
    ({"data_volumes": [disk(size=9)]}, 400, "Ecs.0005"),
    ({"root_volume": root(size=39)}, 400, "Ecs.0005"),
    ({"root_volume": root(size=1025)}, 400, "Ecs.0005"),
    ({"root_volume": root("SATA")}, 400, "Ecs.0044"),
    ({"root_volume": root("TAPE")}, 400, "Ecs.0043"),
    ({"root_volume": root("ESSD")}, 400, "Ecs.0044"),
    ({"root_volume": root("GPSSD2")}, 400, "Ecs.0005"),
    ({"availability_zone": "mars-1a"}, 400, "Ecs.0005"),
    ({"security_groups": [ecs.PostPaidServerSecurityGroup(id="nothing")]}, 400, "Ecs.0014"),
    ({"description": "d" * 86}, 400, "Ecs.0041"),
    ({"admin_pass": "weak"}, 400, "Ecs.0011"),
    ({"key_name": "nobody"}, 400, "Ecs.0314"),
    ({"user_data": "not base64!"}, 400, "Ecs.0005"),
    ({"user_data": base64.b64encode(b"x" * 32769).decode()}, 400, "Ecs.0005"),
    ({"count": 501}, 400, "Ecs.0913"),
    ({"count": 2, "name": "n" * 60}, 400, "Ecs.0914"),
    ({"server_tags": [ecs.PostPaidServerTag(key=f"k{n}", value="") for n in range(11)]}, 400, "Ecs.0905"),
    ({"server_tags": [ecs.PostPaidServerTag(key="a=b", value="")]}, 400, "Ecs.0906"),
    ({"server_tags": [ecs.PostPaidServerTag(key="a", value="v" * 44)]}, 400, "Ecs.0907"),
    ({"server_tags": [ecs.PostPaidServerTag(key="a", value="")] * 2}, 400, "Ecs.0908"),
    ({"metadata": {f"k{n}": "v" for n in range(11)}}, 400, "Ecs.0005"),
    ({"auto_terminate_time": "yesterday"}, 400, "Ecs.0081"),
    ({"auto_terminate_time": "2001-01-01T00:00:00Z"}, 403, "Ecs.0083"),
]


def test_every_bad_order_gets_its_documented_code_and_makes_nothing(cloud: Clients, iso: str) -> None:
    found = [refused(partial(order, cloud, iso, **changes)) for changes, _, _ in BAD_ORDERS]
    assert found == [(status, code) for _, status, code in BAD_ORDERS]
    assert cloud.ecs.list_servers_details(ecs.ListServersDetailsRequest()).count == 0


def test_addresses_must_be_free_and_in_the_subnet(cloud: Clients, iso: str) -> None:
    cloud.create_server(iso, nics=nic(cloud, ip_address="192.168.0.9"))
    assert refused(lambda: order(cloud, iso, nics=nic(cloud, ip_address="192.168.0.9"))) == (400, "Ecs.0010")
    assert refused(lambda: order(cloud, iso, nics=nic(cloud, ip_address="10.0.0.1"))) == (400, "Ecs.0005")
    assert refused(lambda: order(cloud, iso, nics=nic(cloud, subnet_id="nothing"))) == (400, "Ecs.0005")


def test_a_dry_run_makes_nothing(cloud: Clients, iso: str) -> None:
    order(cloud, iso, dry_run=True)
    assert refused(lambda: order(cloud, iso, dry_run=True, flavor_ref="s6.huge")) == (400, "Ecs.0029")
    assert cloud.ecs.list_servers_details(ecs.ListServersDetailsRequest()).count == 0


def test_a_client_token_makes_a_repeat_the_same_request(cloud: Clients, iso: str, lab: RunningLab) -> None:
    token = str(uuid.uuid4())
    first, second = order(cloud, iso, token=token), order(cloud, iso, token=token)
    assert (first.job_id, first.server_ids) == (second.job_id, second.server_ids)
    assert refused(lambda: order(cloud, iso, token=token, name="other")) == (400, "Ecs.0122")
    assert refused(lambda: order(cloud, iso, token="no-token")) == (400, "Ecs.0123")
    assert cloud.server_job(first.job_id).status == "SUCCESS"
    assert cloud.ecs.list_servers_details(ecs.ListServersDetailsRequest()).count == 1


def test_several_servers_share_one_job(cloud: Clients) -> None:
    image = cloud.images(imagetype="gold", architecture="x86")[0].id
    response = order(cloud, image, count=3, name="many", data_volumes=None, metadata=None)
    job = cloud.server_job(response.job_id)
    assert (job.job_type, job.entities.sub_jobs_total) == ("createServer", 3)
    assert {s.entities.server_id for s in job.entities.sub_jobs} == set(response.server_ids)
    assert [cloud.server(i).name for i in response.server_ids] == ["many-0001", "many-0002", "many-0003"]


def test_the_newer_call_makes_servers_too(cloud: Clients, iso: str) -> None:
    extend = ecs.PrePaidServerExtendParam(charging_mode="postPaid")
    server = ecs.PrePaidServer(
        image_ref=iso,
        flavor_ref="s6.large.2",
        name="newer",
        vpcid=cloud.env["HW_VPC_ID"],
        nics=[ecs.PrePaidServerNic(subnet_id=cloud.env["HW_SUBNET_ID"])],
        root_volume=ecs.PrePaidServerRootVolume(volumetype="SSD", size=40),
        data_volumes=[ecs.PrePaidServerDataVolume(volumetype="SSD", size=40)],
        extendparam=extend,
    )
    request = ecs.CreateServersRequest(body=ecs.CreateServersRequestBody(server=server))
    response = cloud.ecs.create_servers(request)
    assert cloud.server_job(response.job_id).status == "SUCCESS"
    extend.charging_mode = "prePaid"
    assert refused(lambda: cloud.ecs.create_servers(request)) == (400, "Ecs.0005")


def test_lists_filter_and_page(cloud: Clients, iso: str) -> None:
    tag = [ecs.PostPaidServerTag(key="k", value="v")]
    first = cloud.create_server(iso, name="alpha", server_tags=tag)
    second = cloud.create_server(iso, name="beta")

    def ids(**query: Any) -> list[str]:
        found = cloud.ecs.list_servers_details(ecs.ListServersDetailsRequest(**query))
        return [server.id for server in found.servers]

    assert ids() == [second, first]
    assert ids(limit=1, offset=2) == [first]
    assert ids(limit=1, marker=second) == [first]
    assert ids(name="alp") == [first]
    assert ids(tags="k=v") == [first]
    assert ids(not_tags="k=v") == [second]
    assert ids(flavor="c6.large.2") == []
    assert ids(status="ACTIVE") == [second, first] or ids(status="SHUTOFF")
    assert ids(server_id=f"{first},nothing") == [first, "nothing"]

    def newer(**query: Any) -> list[str]:
        found = cloud.ecs.list_cloud_servers(ecs.ListCloudServersRequest(**query))
        return [server.id for server in found.servers]

    assert newer() == [second, first]
    assert newer(id=first) == [first]
    assert newer(image_id=iso, limit=1, marker=second) == [first]
    assert refused(lambda: ids(limit=0)) == (400, "Ecs.0005")


def test_flavors_zones_and_limits(cloud: Clients, iso: str) -> None:
    def flavors(**query: Any) -> dict[str, Any]:
        return {f.id: f for f in cloud.ecs.list_flavors(ecs.ListFlavorsRequest(**query)).flavors}

    everywhere, zone_a = flavors(), flavors(availability_zone="lab-1a")
    usable = everywhere["s6.large.2"]
    assert (usable.vcpus, usable.ram) == ("2", 4096)
    specs = usable.os_extra_specs
    assert (specs.ecsperformancetype, specs.ecsvirtualization_env_types) == ("normal", "CloudCompute")
    assert "t6.large.2" in everywhere
    assert {"t6.large.2", "s8.large.2", "s2.large.2"} & set(zone_a) == set()
    assert "s8.large.2" in flavors(availability_zone="lab-1b")
    zones = cloud.ecs.nova_list_availability_zones(ecs.NovaListAvailabilityZonesRequest()).availability_zone_info
    assert [zone.zone_name for zone in zones] == ["lab-1a", "lab-1b"]

    cloud.create_server(iso)
    limits = cloud.ecs.show_server_limits(ecs.ShowServerLimitsRequest()).absolute
    assert (limits.total_instances_used, limits.total_cores_used, limits.total_ram_used) == (1, 2, 4096)


def test_quotas_hold(cloud: Clients, iso: str, lab: RunningLab) -> None:
    lab.change_settings(quotas={"servers": 1})
    cloud.create_server(iso)
    assert refused(lambda: order(cloud, iso)) == (400, "Ecs.0001")
    lab.change_settings(quotas={"servers": 9, "volumes": 3})
    assert refused(lambda: order(cloud, iso)) == (400, "Ecs.0021")


def test_a_running_job_shows_its_sub_job(cloud: Clients, iso: str, lab: RunningLab) -> None:
    lab.change_settings(durations={"create_server": 2000})
    response = order(cloud, iso)

    def running() -> Any:
        job = cloud.ecs.show_job(ecs.ShowJobRequest(job_id=response.job_id))
        return job if job.status == "RUNNING" else None

    job = wait_for(running, "the job's start")
    assert (job.end_time, job.error_code) == ("", None)
    (sub_job,) = job.entities.sub_jobs
    assert (sub_job.job_type, sub_job.entities.server_id) == ("createSingleServer", response.server_ids[0])
    assert cloud.server(response.server_ids[0]).status == "BUILD"
    assert refused(lambda: cloud.delete_server(response.server_ids[0])) == (400, "Ecs.0100")
    assert cloud.server_job(response.job_id).status == "SUCCESS"
    unknown = ecs.ShowJobRequest(job_id="f" * 32)
    assert refused(lambda: cloud.ecs.show_job(unknown)) == (400, "Common.0011")


def test_somebody_elses_project_is_refused(cloud: Clients, lab: RunningLab) -> None:
    keys = BasicCredentials(lab.env["HW_ACCESS_KEY"], lab.env["HW_SECRET_KEY"], "f" * 32)
    other = Clients(lab, basic=keys)
    request = ecs.ListServersDetailsRequest()
    assert refused(lambda: other.ecs.list_servers_details(request)) == (403, "APIGW.0302")
