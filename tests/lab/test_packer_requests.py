"""
The requests that Packer's builder sends on its default path, against the lab.

Source: packer-plugin-huaweicloud (builder/ecs), for the steps, and the SDK that it calls, for paths and keys of bodies.
"""

import base64

import pytest

from tests.lab.clients import Clients
from tests.lab.peers import Peer
from tests.lab.plain import Raw
from tests.labs import wait_for


@pytest.fixture
def packer(cloud: Clients, raw: Raw) -> Peer:
    return Peer(raw)


@pytest.fixture
def image(cloud: Clients) -> str:
    return cloud.golden_image()


def wait_for_image(packer: Peer, job_id: str) -> str:
    return str(packer.job("ims", job_id)["entities"]["image_id"])


def test_an_image_is_built(packer: Peer, image: str) -> None:
    """A temporary key pair, network and elastic IP; a server; an image of it; then the clean-up in reverse."""
    zones = packer.read("ecs", "/v2.1/{project}/os-availability-zone")["availabilityZoneInfo"]
    zone = next(z["zoneName"] for z in zones if z["zoneState"]["available"])
    name = "packer_6123abcd"
    key = packer.call("ecs", "POST", "/v2.1/{project}/os-keypairs", {"keypair": {"name": name}}).json()["keypair"]
    assert key["private_key"].startswith("-----BEGIN")
    assert [i["id"] for i in packer.read("ims", f"/v2/cloudimages?id={image}")["images"]] == [image]
    vpc_id, subnet_id = create_network(packer)
    address = create_address(packer)

    server_id = create_server(packer, image, zone, vpc_id, subnet_id, name, address)
    interfaces = packer.read("ecs", f"/v1/{{project}}/cloudservers/{server_id}/os-interface")
    assert interfaces["interfaceAttachments"][0]["fixed_ips"][0]["ip_address"].startswith("172.16.")
    stop(packer, server_id)
    order = {"name": "built", "description": "", "instance_id": server_id, "image_tags": [{"key": "k", "value": "v"}]}
    built = wait_for_image(packer, packer.call("ims", "POST", "/v2/cloudimages/action", order).json()["job_id"])
    assert packer.read("ims", f"/v2/cloudimages?id={built}")["images"][0]["status"] == "active"

    body = {"servers": [{"id": server_id}], "delete_publicip": True, "delete_volume": True}
    accepted = packer.call("ecs", "POST", "/v1/{project}/cloudservers/delete", body).json()
    packer.job("ecs", accepted["job_id"])
    packer.call("vpc", "DELETE", f"/v1/{{project}}/publicips/{address}", ok=(204, 404))
    packer.call("vpc", "DELETE", f"/v1/{{project}}/vpcs/{vpc_id}/subnets/{subnet_id}", ok=(204,))
    packer.call("vpc", "GET", f"/v1/{{project}}/subnets/{subnet_id}", ok=(404,))
    packer.call("vpc", "DELETE", f"/v1/{{project}}/vpcs/{vpc_id}", ok=(204,))
    packer.call("ecs", "DELETE", f"/v2.1/{{project}}/os-keypairs/{name}", ok=(202,))


def create_network(packer: Peer) -> tuple[str, str]:
    order = {"vpc": {"name": "vpc-packer-abc123", "cidr": "172.16.0.0/16"}}
    vpc = packer.call("vpc", "POST", "/v1/{project}/vpcs", order).json()["vpc"]
    assert packer.read("vpc", f"/v1/{{project}}/vpcs/{vpc['id']}")["vpc"]["status"] == "OK"
    subnet = {"name": "subnet-packer-abc123", "cidr": "172.16.0.0/24", "gateway_ip": "172.16.0.1", "vpc_id": vpc["id"]}
    subnet |= {"dnsList": ["8.8.8.8", "114.114.114.114"]}
    created = packer.call("vpc", "POST", "/v1/{project}/subnets", {"subnet": subnet}).json()["subnet"]
    assert packer.read("vpc", f"/v1/{{project}}/subnets/{created['id']}")["subnet"]["status"] == "ACTIVE"
    return vpc["id"], created["id"]


def create_address(packer: Peer) -> str:
    bandwidth = {"name": "packer_eip_bandwidth_1", "size": 5, "charge_mode": "traffic", "share_type": "PER"}
    order = {"publicip": {"type": "5_bgp"}, "bandwidth": bandwidth}
    created = packer.call("vpc", "POST", "/v1/{project}/publicips", order).json()["publicip"]
    assert packer.read("vpc", f"/v1/{{project}}/publicips/{created['id']}")["publicip"]["status"] in ("DOWN", "ACTIVE")
    assert created["public_ip_address"]
    return str(created["id"])


def create_server(packer: Peer, image: str, zone: str, vpc_id: str, subnet_id: str, key_name: str, address: str) -> str:
    server = {
        "name": "built",
        "imageRef": image,
        "flavorRef": "s6.large.2",
        "key_name": key_name,
        "vpcid": vpc_id,
        "nics": [{"subnet_id": subnet_id}],
        "security_groups": [],
        "availability_zone": zone,
        "root_volume": {"volumetype": "SSD", "size": 40},
        "user_data": base64.b64encode(b"#!/bin/sh\n").decode(),
        "metadata": None,
        "publicip": {"id": address},
        "extendparam": {"chargingMode": 0},
    }
    accepted = packer.call("ecs", "POST", "/v1/{project}/cloudservers", {"server": server}).json()
    job = packer.job("ecs", accepted["job_id"])
    return str(job["entities"]["sub_jobs"][0]["entities"]["server_id"])


def stop(packer: Peer, server_id: str) -> None:
    body = {"os-stop": {"servers": [{"id": server_id}]}}
    packer.call("ecs", "POST", "/v1/{project}/cloudservers/action", body)

    def is_off() -> bool:
        server = packer.read("ecs", f"/v1/{{project}}/cloudservers/{server_id}")["server"]
        return server["status"] in ("SHUTOFF", "STOPPED")

    wait_for(is_off, "the stop of the server")


def test_a_free_elastic_ip_is_reused(packer: Peer) -> None:
    created = create_address(packer)
    listed = packer.read("vpc", "/v1/{project}/publicips?limit=50")["publicips"]
    assert [address["id"] for address in listed if not address.get("port_id")] == [created]
    packer.call("vpc", "DELETE", f"/v1/{{project}}/publicips/{created}", ok=(204,))
