"""
The requests that the Terraform provider sends for servers, disks and networks, against the lab.

Source: terraform-provider-huaweicloud (services/ecs, services/evs, services/vpc) and its golangsdk, for paths, keys of
bodies and accepted statuses. A read must give what the configuration says; otherwise the next plan is not empty.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.lab.clients import Clients
from tests.lab.peers import Json, Peer
from tests.lab.plain import Raw
from tests.labs import wait_for


@pytest.fixture
def terraform(cloud: Clients, raw: Raw) -> Peer:
    return Peer(raw)


@pytest.fixture
def image(cloud: Clients) -> str:
    return cloud.golden_image()


def create_server(terraform: Peer, image: str, **fields: Any) -> str:
    """Create a server as huaweicloud_compute_instance does."""
    env = terraform.raw.env
    assert terraform.read("ims", f"/v2/cloudimages?id={image}")["images"][0]["id"] == image
    subnet = terraform.read("vpc", f"/v1/{{project}}/subnets/{env['HW_SUBNET_ID']}")["subnet"]
    groups = terraform.read("vpc", "/v1/{project}/security-groups?enterprise_project_id=all_granted_eps")
    order = {
        "name": "web",
        "imageRef": image,
        "flavorRef": "s6.large.2",
        "key_name": "",
        "vpcid": subnet["vpc_id"],
        "security_groups": [{"id": groups["security_groups"][0]["id"]}],
        "availability_zone": "lab-1a",
        "root_volume": {"volumetype": "SSD", "size": 40},
        "nics": [{"subnet_id": env["HW_SUBNET_ID"], "ip_address": "", "ipv6_enable": False}],
        "server_tags": [{"key": "k", "value": "v"}],
        "metadata": {"op_svc_userid": "0" * 32},
        "adminPass": "",
    }
    accepted = terraform.call("ecs", "POST", "/v1.1/{project}/cloudservers", {"server": {**order, **fields}}).json()
    job = terraform.job("ecs", accepted["job_id"])
    return str(job["entities"]["sub_jobs"][0]["entities"]["server_id"])


def read_server(terraform: Peer, server_id: str) -> Json:
    """Read a server as the provider does; return the attributes that a plan compares with the configuration."""
    server = terraform.read("ecs", f"/v1/{{project}}/cloudservers/{server_id}")["server"]
    image = terraform.read("ims", f"/v2/cloudimages?id={server['image']['id']}")["images"][0]
    networks, primary = [], ""
    for address in server["addresses"][server["metadata"]["vpc_id"]]:
        if address["OS-EXT-IPS:type"] != "fixed":
            continue
        port = terraform.read("vpc", f"/v1/{{project}}/ports/{address['OS-EXT-IPS:port_id']}")["port"]
        primary = port["id"] if address["primary"] else primary
        checked = len(port["allowed_address_pairs"]) == 0
        fixed = port["fixed_ips"][0]["ip_address"]
        networks.append({"uuid": port["network_id"], "fixed_ip_v4": fixed, "source_dest_check": checked})
    ports = terraform.read("vpc", f"/v1/{{project}}/ports?device_id={server_id}&limit=100")["ports"]
    (groups,) = (port["security_groups"] for port in ports if port["id"] == primary)
    disks = [_read_disk(terraform, server_id, attached["id"]) for attached in server[VOLUMES]]
    return {
        "name": server["name"],
        "description": server["description"],
        "flavor_id": server["flavor"]["id"],
        "image_id": image["id"],
        "key_pair": server["key_name"] or "",
        "network": networks,
        "security_group_ids": groups,
        "system_disk_size": next(size for index, size in disks if index == 0),
        "tags": dict(text.split("=", 1) for text in server["tags"]),
        "auto_terminate_time": server["auto_terminate_time"],
    }


VOLUMES = "os-extended-volumes:volumes_attached"


def _read_disk(terraform: Peer, server_id: str, volume_id: str) -> tuple[int, int]:
    volume = terraform.read("evs", f"/v2/{{project}}/cloudvolumes/{volume_id}")["volume"]
    path = f"/v1/{{project}}/cloudservers/{server_id}/block_device/{volume_id}"
    return terraform.read("ecs", path)["volumeAttachment"]["bootIndex"], volume["size"]


def test_a_server_is_created_and_its_plan_is_empty(terraform: Peer, image: str) -> None:
    state = read_server(terraform, create_server(terraform, image))

    (network,) = state.pop("network")
    assert network["uuid"] == terraform.raw.env["HW_SUBNET_ID"]
    assert network["source_dest_check"] is True
    assert len(state.pop("security_group_ids")) == 1
    expected = {"name": "web", "description": "", "flavor_id": "s6.large.2", "image_id": image, "key_pair": ""}
    assert state == {**expected, "system_disk_size": 40, "tags": {"k": "v"}, "auto_terminate_time": ""}


def test_a_server_is_updated_in_place(terraform: Peer, image: str) -> None:
    server_id = create_server(terraform, image)
    path = f"/v1/{{project}}/cloudservers/{server_id}"

    terraform.call("ecs", "PUT", path, {"server": {"name": "renamed", "description": "", "user_data": "aGk="}})
    terraform.call("ecs", "POST", f"{path}/metadata", {"metadata": {"foo": "bar"}}, (200, 201, 202))
    terraform.call("ecs", "DELETE", f"{path}/metadata/foo", ok=(200, 202, 204))
    tags = {"action": "delete", "tags": [{"key": "k", "value": "v"}]}
    terraform.call("ecs", "POST", f"{path}/tags/action", tags, (200, 204))
    port = terraform.read("vpc", f"/v1/{{project}}/ports?device_id={server_id}&limit=100")["ports"][0]
    unchecked = {"port": {"allowed_address_pairs": [{"ip_address": "1.1.1.1/0"}]}}
    terraform.call("vpc", "PUT", f"/v1/{{project}}/ports/{port['id']}", unchecked, (200, 201, 202))

    state = read_server(terraform, server_id)
    assert (state["name"], state["tags"]) == ("renamed", {})
    assert state["network"][0]["source_dest_check"] is False


def test_the_system_disk_of_a_server_grows(terraform: Peer, image: str) -> None:
    server_id = create_server(terraform, image)
    server = terraform.read("ecs", f"/v1/{{project}}/cloudservers/{server_id}")["server"]
    disk = server[VOLUMES][0]["id"]

    terraform.call("evs", "POST", f"/v2.1/{{project}}/cloudvolumes/{disk}/action", extension(60), (202,))

    def status() -> bool:
        volume = terraform.read("evs", f"/v2/{{project}}/cloudvolumes/{disk}")["volume"]
        assert volume["status"] in ("extending", "available", "in-use")
        return bool(volume["status"] != "extending")

    wait_for(status, "the end of the extension")
    assert read_server(terraform, server_id)["system_disk_size"] == 60


def test_the_time_of_deletion_is_set_where_the_cloud_answers_204(terraform: Peer, cloud: Clients, image: str) -> None:
    server_id = create_server(terraform, image)
    path = f"/v1/{{project}}/cloudservers/{server_id}/actions/update-auto-terminate-time"
    cloud.lab.choose(auto_terminate_status="204")
    now = datetime.fromisoformat(cloud.lab.call("GET", "/health")["time"])
    moment = f"{now + timedelta(days=100):%Y-%m-%dT%H:%M:00Z}"
    terraform.call("ecs", "POST", path, {"auto_terminate_time": moment}, (204,))
    assert read_server(terraform, server_id)["auto_terminate_time"] == moment


def test_a_server_is_destroyed(terraform: Peer, image: str) -> None:
    server_id = create_server(terraform, image)
    body = {"servers": [{"id": server_id}], "delete_volume": True, "delete_publicip": True}
    accepted = terraform.call("ecs", "POST", "/v1/{project}/cloudservers/delete", body).json()
    terraform.job("ecs", accepted["job_id"])

    def is_gone() -> bool:
        path = f"/v1/{{project}}/cloudservers/{server_id}"
        response = terraform.call("ecs", "GET", path, ok=(200, 404))
        return response.status_code == 404 or response.json()["server"]["status"] == "DELETED"

    wait_for(is_gone, "the end of the server")


def extension(size: int) -> Json:
    return {"os-extend": {"new_size": size}}


def test_a_disk_lives_as_huaweicloud_evs_volume(terraform: Peer) -> None:
    order = {"availability_zone": "lab-1a", "volume_type": "SAS", "name": "disk", "size": 10}
    order |= {"tags": {"k": "v"}, "metadata": {"create_for_volume_id": "true"}}
    accepted = terraform.call("evs", "POST", "/v2.1/{project}/cloudvolumes", {"volume": order}, (200, 201, 202)).json()
    volume_id = terraform.job("evs", accepted["job_id"])["entities"]["volume_id"]
    path = f"/v2/{{project}}/cloudvolumes/{volume_id}"

    terraform.call("evs", "PUT", path, {"volume": {"name": "renamed", "description": ""}}, (200, 201, 202))
    changed = {"action": "create", "tags": [{"key": "new", "value": ""}]}
    terraform.call("evs", "POST", f"{path}/tags/action", changed, (200, 204))
    action = f"/v2.1/{{project}}/cloudvolumes/{volume_id}/action"
    accepted = terraform.call("evs", "POST", action, extension(20), (200, 201, 202)).json()
    terraform.job("evs", accepted["job_id"])

    volume = terraform.read("evs", path)["volume"]
    assert (volume["name"], volume["size"], volume["tags"]) == ("renamed", 20, {"k": "v", "new": ""})
    accepted = terraform.call("evs", "DELETE", f"{path}?cascade=true", ok=(200, 202, 204)).json()
    terraform.job("evs", accepted["job_id"])
    terraform.call("evs", "GET", path, ok=(404,))


def test_a_network_lives_as_huaweicloud_vpc_and_subnet(terraform: Peer) -> None:
    order = {"name": "net", "cidr": "10.0.0.0/16", "description": "d"}
    vpc = terraform.call("vpc", "POST", "/v1/{project}/vpcs", {"vpc": order}).json()["vpc"]
    path = f"/v1/{{project}}/vpcs/{vpc['id']}"
    tags = f"/v2.0/{{project}}/vpcs/{vpc['id']}/tags"
    changed = {"action": "create", "tags": [{"key": "k", "value": "v"}]}
    terraform.call("vpc", "POST", f"{tags}/action", changed, (200, 204))
    body = {"vpc": {"name": "renamed", "cidr": "10.0.0.0/16", "description": ""}}
    terraform.call("vpc", "PUT", path, body)

    shown = terraform.read("vpc", path)["vpc"]
    assert (shown["name"], shown["description"], shown["cidr"], shown["status"]) == ("renamed", "", "10.0.0.0/16", "OK")
    assert terraform.read("vpc", tags)["tags"] == [{"key": "k", "value": "v"}]
    assert terraform.read("vpc", f"/v3/{{project}}/vpc/vpcs/{vpc['id']}")["vpc"]["extend_cidrs"] == []

    subnet_order = {"name": "s", "cidr": "10.0.1.0/24", "gateway_ip": "10.0.1.1", "vpc_id": vpc["id"]}
    subnet_order |= {"dhcp_enable": True, "dnsList": ["8.8.8.8", "8.8.4.4"]}
    subnet = terraform.call("vpc", "POST", "/v1/{project}/subnets", {"subnet": subnet_order}).json()["subnet"]
    under = f"{path}/subnets/{subnet['id']}"
    change: Json = {
        "subnet": {"name": "renamed", "dhcp_enable": True, "primary_dns": "8.8.8.8", "secondary_dns": "8.8.4.4"}
    }
    terraform.call("vpc", "PUT", under, change)
    shown = terraform.read("vpc", f"/v1/{{project}}/subnets/{subnet['id']}")["subnet"]
    assert (shown["name"], shown["status"], shown["dnsList"]) == ("renamed", "ACTIVE", ["8.8.8.8", "8.8.4.4"])
    assert terraform.read("vpc", f"/v2.0/{{project}}/subnets/{subnet['id']}/tags")["tags"] == []
    terraform.call("vpc", "DELETE", under, ok=(204,))
    terraform.call("vpc", "DELETE", path, ok=(204,))
    terraform.call("vpc", "GET", path, ok=(404,))


def test_an_elastic_ip_lives_as_huaweicloud_vpc_eip(terraform: Peer, image: str) -> None:
    order = {"publicip": {"type": "5_bgp"}, "bandwidth": {"name": "b", "size": 5, "share_type": "PER"}}
    order["bandwidth"]["charge_mode"] = "traffic"  # type: ignore[index]
    created = terraform.call("vpc", "POST", "/v1/{project}/publicips", order).json()["publicip"]
    path = f"/v1/{{project}}/publicips/{created['id']}"
    shown = terraform.read("vpc", path)["publicip"]
    assert shown["status"] in ("ACTIVE", "DOWN")
    bandwidth = terraform.read("vpc", f"/v1/{{project}}/bandwidths/{shown['bandwidth_id']}")["bandwidth"]
    assert (bandwidth["size"], bandwidth["charge_mode"], bandwidth["share_type"]) == (5, "traffic", "PER")

    server_id = create_server(terraform, image)
    port = terraform.read("vpc", f"/v1/{{project}}/ports?device_id={server_id}&limit=100")["ports"][0]
    terraform.call("vpc", "PUT", path, {"publicip": {"port_id": port["id"]}})
    listed = terraform.read("vpc", f"/v1/{{project}}/publicips?public_ip_address={shown['public_ip_address']}")
    assert [address["port_id"] for address in listed["publicips"]] == [port["id"]]
    terraform.call("vpc", "DELETE", path, ok=(409,))
    terraform.call("vpc", "PUT", path, {"publicip": {"port_id": ""}})
    terraform.call("vpc", "DELETE", path, ok=(200, 202, 204))
    terraform.call("vpc", "GET", path, ok=(404,))


def test_look_ups_of_data_sources(terraform: Peer, image: str) -> None:
    server_id = create_server(terraform, image)
    env = terraform.raw.env
    assert terraform.read("evs", "/v2/{project}/os-availability-zone")["availabilityZoneInfo"]
    assert terraform.read("ecs", "/v1/{project}/cloudservers/flavor-sell-policies")["count"]
    assert terraform.read("ecs", "/v1/{project}/availability-zones")["availability_zones"]
    assert terraform.read("ecs", "/v1/{project}/cloudservers/limits")["absolute"]["maxTotalInstances"]
    assert terraform.read("vpc", f"/v2.0/{{project}}/vpcs/{env['HW_VPC_ID']}/tags")["tags"] == []
    (server,) = terraform.read("ecs", "/v1/{project}/cloudservers/detail?name=web&limit=100&offset=1")["servers"]
    (address,) = server["addresses"][env["HW_VPC_ID"]]
    port = terraform.read("vpc", f"/v2.0/ports/{address['OS-EXT-IPS:port_id']}")["port"]
    assert (port["device_id"], port["network_id"]) == (server_id, env["HW_SUBNET_ID"])
    interfaces = terraform.read("ecs", f"/v1/{{project}}/cloudservers/{server_id}/os-interface")
    assert interfaces["interfaceAttachments"][0]["port_id"] == port["id"]
    assert terraform.read("ecs", f"/v1/{{project}}/cloudservers/{server_id}/block_device")["volumeAttachments"]
