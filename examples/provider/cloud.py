"""Networks and servers with the official SDK of Huawei Cloud, with credentials and endpoints from the environment."""

import os
import time
from typing import Any

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkecs import v2 as ecs
from huaweicloudsdkvpc import v2 as vpc

POLL_INTERVAL_S = 0.5


def _client(kind: Any, service: str) -> Any:
    credentials = BasicCredentials(
        os.environ["HW_ACCESS_KEY"], os.environ["HW_SECRET_KEY"], os.environ["HW_PROJECT_ID"]
    )
    return (
        kind.new_builder().with_credentials(credentials).with_endpoints([os.environ[f"HW_{service}_ENDPOINT"]]).build()
    )


def create_network(name: str, cidr: str, subnetCidr: str, gatewayIp: str) -> tuple[str, dict[str, str]]:
    """Create a VPC with a subnet, and return its id and its outputs."""
    client = _client(vpc.VpcClient, "VPC")
    order = vpc.CreateVpcOption(name=name, cidr=cidr)
    vpc_id = client.create_vpc(vpc.CreateVpcRequest(vpc.CreateVpcRequestBody(order))).vpc.id
    part = vpc.CreateSubnetOption(name=name, cidr=subnetCidr, gateway_ip=gatewayIp, vpc_id=vpc_id)
    subnet = client.create_subnet(vpc.CreateSubnetRequest(vpc.CreateSubnetRequestBody(part))).subnet
    return vpc_id, {"vpcId": vpc_id, "subnetId": subnet.id}


def delete_network(vpc_id: str, state: dict[str, str]) -> None:
    """Delete a VPC and its subnet."""
    client = _client(vpc.VpcClient, "VPC")
    client.delete_subnet(vpc.DeleteSubnetRequest(vpc_id=vpc_id, subnet_id=state["subnetId"]))
    client.delete_vpc(vpc.DeleteVpcRequest(vpc_id))


def network_exists(vpc_id: str) -> bool:
    """Return True if there is such a VPC."""
    client = _client(vpc.VpcClient, "VPC")
    return _found(lambda: client.show_vpc(vpc.ShowVpcRequest(vpc_id)))


def create_server(
    name: str, imageId: str, flavor: str, availabilityZone: str, vpcId: str, subnetId: str
) -> tuple[str, dict[str, str]]:
    """Create a server, and return its id and its outputs once it runs."""
    server = ecs.PostPaidServer(
        name=name,
        image_ref=imageId,
        flavor_ref=flavor,
        availability_zone=availabilityZone,
        vpcid=vpcId,
        nics=[ecs.PostPaidServerNic(subnet_id=subnetId)],
        root_volume=ecs.PostPaidServerRootVolume(volumetype="SSD", size=40),
    )
    body = ecs.CreatePostPaidServersRequestBody(server=server)
    client = _client(ecs.EcsClient, "ECS")
    started = client.create_post_paid_servers(ecs.CreatePostPaidServersRequest(body=body))
    _wait_for_job(client, started.job_id)
    return started.server_ids[0], {}


def delete_server(server_id: str, _state: dict[str, str]) -> None:
    """Delete a server with its disk, and wait until it is gone."""
    client = _client(ecs.EcsClient, "ECS")
    body = ecs.DeleteServersRequestBody(servers=[ecs.ServerId(server_id)], delete_volume=True)
    _wait_for_job(client, client.delete_servers(ecs.DeleteServersRequest(body=body)).job_id)


def server_exists(server_id: str) -> bool:
    """Return True if there is such a server."""
    client = _client(ecs.EcsClient, "ECS")
    return _found(lambda: client.show_server(ecs.ShowServerRequest(server_id)))


def _wait_for_job(client: Any, job_id: str) -> None:
    while (job := client.show_job(ecs.ShowJobRequest(job_id=job_id))).status in ("INIT", "RUNNING"):
        time.sleep(POLL_INTERVAL_S)
    if job.status != "SUCCESS":
        raise RuntimeError(f"job {job_id} failed ({job.error_code}): {job.fail_reason}")


def _found(get: Any) -> bool:
    try:
        get()
    except ClientRequestException as error:
        if error.status_code == 404:
            return False
        raise
    return True
