"""Ports, tags, quotas and changes of networks, with the official SDK."""

from typing import Any

import huaweicloudsdkecs.v2 as ecs
import huaweicloudsdkvpc.v2 as vpc
import huaweicloudsdkvpc.v3 as vpc_v3
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials

from lab.world.identity.accounts import PROJECT
from tests.lab.clients import Clients, refused
from tests.lab.plain import Raw
from tests.lab.sdk_models import mismatches

pytestmark = pytest.mark.filterwarnings("ignore:Method .* is deprecated")


@pytest.fixture
def server(cloud: Clients, iso: str) -> Any:
    return cloud.server(cloud.create_server(iso))


def ports(cloud: Clients, **filters: Any) -> list[Any]:
    return list(cloud.vpc.list_ports(vpc.ListPortsRequest(**filters)).ports)


def test_the_port_of_a_server_is_found_and_shown(cloud: Clients, server: Any) -> None:
    (address,) = server.addresses[cloud.env["HW_VPC_ID"]]
    (port,) = ports(cloud, device_id=server.id)

    shown = cloud.vpc.show_port(vpc.ShowPortRequest(port_id=address.os_ext_ip_sport_id)).port

    assert (shown.id, shown.network_id, shown.device_id) == (port.id, cloud.env["HW_SUBNET_ID"], server.id)
    assert (shown.status, shown.admin_state_up, shown.mac_address) == ("ACTIVE", True, address.os_ext_ips_ma_cmac_addr)
    subnet = cloud.vpc.show_subnet(vpc.ShowSubnetRequest(subnet_id=cloud.env["HW_SUBNET_ID"])).subnet
    assert [(ip.subnet_id, ip.ip_address) for ip in shown.fixed_ips] == [(subnet.neutron_subnet_id, address.addr)]
    assert shown.security_groups == [group.id for group in server.security_groups]


def test_lists_of_ports_are_filtered_and_paged(cloud: Clients, iso: str) -> None:
    servers = [cloud.create_server(iso, name=f"s{number}") for number in range(2)]
    first, second = ports(cloud)

    assert {first.device_id, second.device_id} == set(servers)
    assert [port.id for port in ports(cloud, limit=1)] == [first.id]
    assert [port.id for port in ports(cloud, marker=first.id)] == [second.id]
    assert [port.id for port in ports(cloud, mac_address=second.mac_address)] == [second.id]
    assert [port.id for port in ports(cloud, id=[second.id])] == [second.id]
    assert [port.id for port in ports(cloud, fixed_ips=[f"ip_address={first.fixed_ips[0].ip_address}"])] == [first.id]
    assert ports(cloud, network_id="0" * 8) == []
    native = cloud.vpc.neutron_list_ports(vpc.NeutronListPortsRequest(device_id=servers[0])).ports
    assert [port.device_id for port in native] == [servers[0]]


def test_a_port_is_changed(cloud: Clients, server: Any) -> None:
    (port,) = ports(cloud, device_id=server.id)
    groups = cloud.vpc.list_security_groups(vpc.ListSecurityGroupsRequest()).security_groups

    def change(**fields: Any) -> Any:
        body = vpc.UpdatePortRequestBody(port=vpc.UpdatePortOption(**fields))
        return cloud.vpc.update_port(vpc.UpdatePortRequest(port_id=port.id, body=body)).port

    pair = vpc.AllowedAddressPair(ip_address="1.1.1.1/0")
    assert [p.ip_address for p in change(allowed_address_pairs=[pair]).allowed_address_pairs] == ["1.1.1.1/0"]
    assert change(name="renamed").allowed_address_pairs != []
    assert change(allowed_address_pairs=[]).allowed_address_pairs == []
    assert change(security_groups=[groups[0].id]).security_groups == [groups[0].id]
    assert refused(lambda: change(security_groups=["0" * 36])) == (400, "VPC.2500")
    assert refused(lambda: change(allowed_address_pairs=[vpc.AllowedAddressPair(ip_address="no")])) == (400, "VPC.2500")


def test_ports_end_with_their_server(cloud: Clients, server: Any) -> None:
    (port,) = ports(cloud, device_id=server.id)
    cloud.delete_server(server.id)
    assert ports(cloud) == []
    assert refused(lambda: cloud.vpc.show_port(vpc.ShowPortRequest(port_id=port.id)))[0] == 404


def test_native_errors_have_the_native_shape(raw: Raw) -> None:
    response = raw.send("vpc", "GET", f"/v2.0/ports/{'0' * 8}")
    assert (response.status_code, response.json()["NeutronError"]["type"]) == (404, "PortNotFound")


def test_fields_of_ports_are_those_of_the_sdk(cloud: Clients, server: Any, raw: Raw) -> None:
    listed = raw.send("vpc", "GET", f"/v1/{{project}}/ports?device_id={server.id}").json()
    native = raw.send("vpc", "GET", "/v2.0/ports").json()
    assert list(mismatches(vpc, "ListPortsResponse", listed)) == []
    assert list(mismatches(vpc, "NeutronListPortsResponse", native)) == []


def test_a_vpc_in_version_3(cloud: Clients, raw: Raw) -> None:
    keys = BasicCredentials(cloud.env["HW_ACCESS_KEY"], cloud.env["HW_SECRET_KEY"], cloud.env["HW_PROJECT_ID"])
    builder = vpc_v3.VpcClient.new_builder().with_credentials(keys).with_endpoint(cloud.env["HW_VPC_ENDPOINT"])
    shown = builder.build().show_vpc(vpc_v3.ShowVpcRequest(vpc_id=cloud.env["HW_VPC_ID"]))
    assert (shown.vpc.status, shown.vpc.project_id, shown.vpc.extend_cidrs) == ("ACTIVE", PROJECT.id, [])
    assert {r.resource_type: r.resource_count for r in shown.vpc.cloud_resources} == {"virsubnet": 1, "routetable": 1}
    plain = raw.send("vpc", "GET", f"/v3/{{project}}/vpc/vpcs/{cloud.env['HW_VPC_ID']}").json()
    assert list(mismatches(vpc_v3, "ShowVpcResponse", plain)) == []


@pytest.mark.parametrize("kind", ["vpc", "subnet"])
def test_tags_of_networks(cloud: Clients, kind: str) -> None:
    where = {f"{kind}_id": cloud.env[f"HW_{kind.upper()}_ID"]}

    def call(operation: str, **more: Any) -> Any:
        name = "".join(word.capitalize() for word in operation.split("_")) + "Request"
        return getattr(cloud.vpc, operation)(getattr(vpc, name)(**where, **more))

    def tags() -> dict[str, str]:
        return {tag.key: tag.value for tag in call(f"show_{kind}_tags").tags}

    pairs = [vpc.ResourceTag(key="a", value="1"), vpc.ResourceTag(key="b", value="")]
    create_body = getattr(vpc, f"BatchCreate{kind.capitalize()}TagsRequestBody")
    delete_body = getattr(vpc, f"BatchDelete{kind.capitalize()}TagsRequestBody")
    call(f"batch_create_{kind}_tags", body=create_body(action="create", tags=pairs))
    assert tags() == {"a": "1", "b": ""}
    call(f"batch_delete_{kind}_tags", body=delete_body(action="delete", tags=pairs[:1]))
    call(f"delete_{kind}_tag", key="b")
    assert tags() == {}
    bad = create_body(action="create", tags=[vpc.ResourceTag(key="k" * 37, value="")])
    assert refused(lambda: call(f"batch_create_{kind}_tags", body=bad)) == (400, "VPC.1801")


def test_quotas_of_networks(cloud: Clients) -> None:
    def quotas(**filters: Any) -> dict[str, tuple[int, int]]:
        found = cloud.vpc.show_quota(vpc.ShowQuotaRequest(**filters)).quotas.resources
        return {each.type: (each.used, each.quota) for each in found}

    assert quotas(type="vpc") == {"vpc": (2, 100)}
    assert set(quotas()) == {"vpc", "subnet", "securityGroup", "publicIp"}
    cloud.lab.change_settings(quotas={"vpcs": 2})
    body = vpc.CreateVpcRequestBody(vpc=vpc.CreateVpcOption(name="third"))
    assert refused(lambda: cloud.vpc.create_vpc(vpc.CreateVpcRequest(body=body))) == (409, "VPC.0114")


def test_networks_are_changed(cloud: Clients) -> None:
    order = vpc.CreateVpcRequestBody(vpc=vpc.CreateVpcOption(name="one", cidr="10.0.0.0/16", description="d"))
    created = cloud.vpc.create_vpc(vpc.CreateVpcRequest(body=order)).vpc
    option = vpc.CreateSubnetOption(name="s", cidr="10.0.1.0/24", gateway_ip="10.0.1.1", vpc_id=created.id)
    body = vpc.CreateSubnetRequestBody(subnet=option)
    subnet = cloud.vpc.create_subnet(vpc.CreateSubnetRequest(body=body)).subnet

    def change(**fields: Any) -> Any:
        body = vpc.UpdateVpcRequestBody(vpc=vpc.UpdateVpcOption(**fields))
        return cloud.vpc.update_vpc(vpc.UpdateVpcRequest(vpc_id=created.id, body=body)).vpc

    assert (created.description, change(description="").description, change(name="two").name) == ("d", "", "two")
    assert refused(lambda: change(cidr="10.1.0.0/16")) == (400, "VPC.0101")
    new = vpc.UpdateSubnetRequestBody(subnet=vpc.UpdateSubnetOption(name="t", primary_dns="8.8.8.8"))
    cloud.vpc.update_subnet(vpc.UpdateSubnetRequest(vpc_id=created.id, subnet_id=subnet.id, body=new))
    shown = cloud.vpc.show_subnet(vpc.ShowSubnetRequest(subnet_id=subnet.id)).subnet
    assert (shown.name, shown.dns_list) == ("t", ["8.8.8.8"])
    cloud.vpc.delete_subnet(vpc.DeleteSubnetRequest(vpc_id=created.id, subnet_id=subnet.id))
    cloud.vpc.delete_vpc(vpc.DeleteVpcRequest(vpc_id=created.id))


def test_the_interfaces_of_a_server(cloud: Clients, server: Any, raw: Raw) -> None:
    found = cloud.ecs.list_server_interfaces(ecs.ListServerInterfacesRequest(server_id=server.id))
    (interface,) = found.interface_attachments
    (port,) = ports(cloud, device_id=server.id)
    assert (interface.port_id, interface.net_id, interface.port_state) == (port.id, cloud.env["HW_SUBNET_ID"], "ACTIVE")
    assert interface.fixed_ips[0].ip_address == port.fixed_ips[0].ip_address
    plain = raw.send("ecs", "GET", f"/v1/{{project}}/cloudservers/{server.id}/os-interface").json()
    assert list(mismatches(ecs, "ListServerInterfacesResponse", plain)) == []
    missing = ecs.ListServerInterfacesRequest(server_id="0" * 8)
    assert refused(lambda: cloud.ecs.list_server_interfaces(missing)) == (400, "Ecs.0307")
