"""
Operations of otcextensions, the SDK of Open Telekom Cloud, whose services have the same interfaces.

Its services are found by types of Open Telekom Cloud's catalog, so their addresses are given here.
"""

import os

from otcextensions.sdk.imsv2.v2 import _proxy as images
from otcextensions.sdk.vpc.v1 import _proxy as networks

from tests.clients.openstack_sdk import connection
from tests.clients.reporting import Report, require

ENV = os.environ


def main() -> None:
    report, cloud = Report(), connection()
    vpc = networks.Proxy(cloud.session, service_type="vpc", endpoint_override=ENV["HW_VPC_ENDPOINT"])
    vpc._connection = cloud
    network_operations(report, vpc)
    ims = images.Proxy(cloud.session, service_type="imsv2", endpoint_override=f"{ENV['HW_IMS_ENDPOINT']}/v2")
    ims._connection = cloud
    report.run("images: list", lambda: require(list(ims.images()), "no image"))
    report.write()


def network_operations(report: Report, vpc: networks.Proxy) -> None:
    vpcs = report.run("network: list VPCs", lambda: list(vpc.vpcs()))
    report.run("network: get a VPC", lambda: vpc.get_vpc(vpcs[0].id))
    created = report.run("network: create a VPC", lambda: vpc.create_vpc(name="otc", cidr="10.0.0.0/16"))

    def subnet() -> object:
        return vpc.create_subnet(name="otc", cidr="10.0.1.0/24", gateway_ip="10.0.1.1", vpc_id=created.id)

    made = report.run("network: create a subnet", subnet)
    report.run("network: list subnets", lambda: require(list(vpc.subnets()), "no subnet"))
    report.run("network: rename a VPC", lambda: vpc.update_vpc(created, name="renamed"))
    report.run("network: delete a subnet", lambda: vpc.delete_subnet(made, ignore_missing=False))
    report.run("network: delete a VPC", lambda: vpc.delete_vpc(created, ignore_missing=False))


if __name__ == "__main__":
    main()
