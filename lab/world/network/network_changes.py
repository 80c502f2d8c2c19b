"""Changes of VPCs, subnets and their tags."""

import ipaddress
import re

from lab.world.network.networks import Network, NetworkTags, Subnet, Vpc, checked_dns, is_private
from lab.world.refusal import Refused

MAX_TAGS = 10
TAG_CODE = "VPC.1801"
"""Code of every problem of a tag (VPC error codes)."""
_TAG_FORBIDDEN = re.compile(r"[\x00-\x1f=*<>\\,|/]")


def update_vpc(network: Network, vpc: Vpc, name: str | None, description: str | None, cidr: str | None) -> Vpc:
    """Change a VPC; None leaves a value as it is (VPC PUT /v1/{project_id}/vpcs/{vpc_id})."""
    if cidr is not None:
        if not is_private(cidr):
            raise Refused("VPC.0101", "The CIDR block is invalid.")
        block = ipaddress.IPv4Network(cidr)
        if not all(ipaddress.IPv4Network(subnet.cidr).subnet_of(block) for subnet in network.subnets_in(vpc)):
            # Not documented: the code of a block that does not contain the subnets of the VPC.
            raise Refused("VPC.0101", "The CIDR block does not contain all subnets of the VPC.")
        vpc.cidr = cidr
    vpc.name = vpc.name if name is None else name
    vpc.description = vpc.description if description is None else _checked_description(description, "VPC.0101")
    network.save_vpc(vpc)
    return vpc


def update_subnet(
    network: Network,
    subnet: Subnet,
    name: str,
    description: str | None,
    dhcp_enable: bool | None,
    dns_list: list[str] | None,
) -> Subnet:
    """Change a subnet; None leaves a value as it is (VPC PUT /v1/{project_id}/vpcs/{vpc_id}/subnets/{subnet_id})."""
    subnet.name = name
    subnet.description = subnet.description if description is None else _checked_description(description, "VPC.0201")
    subnet.dhcp_enable = subnet.dhcp_enable if dhcp_enable is None else dhcp_enable
    subnet.dns_list = subnet.dns_list if dns_list is None else checked_dns(dns_list)
    network.save_subnet(subnet)
    return subnet


def _checked_description(text: str, code: str) -> str:
    if len(text) > 255 or re.search(r"[<>]", text):
        raise Refused(code, "The description is longer than 255 characters or contains < or >.")
    return text


def add_network_tags(network: Network, resource_id: str, pairs: list[tuple[str, str]]) -> None:
    """Add tags to a VPC or a subnet, or change them."""
    tags = {**network.tags_of(resource_id), **dict(pairs)}
    if len(tags) > MAX_TAGS:
        raise Refused(TAG_CODE, f"number of tags exceeds max num of {MAX_TAGS}.")
    for key, value in pairs:
        if not 1 <= len(key) <= 36 or len(value) > 43 or _TAG_FORBIDDEN.search(key + value):
            raise Refused(TAG_CODE, "Tag length is invalid, or the tag contains invalid characters.")
    network.tags.save(NetworkTags(id=resource_id, tags=tags))


def remove_network_tags(network: Network, resource_id: str, keys: list[str]) -> None:
    """Remove tags from a VPC or a subnet; a missing one is fine."""
    kept = {key: value for key, value in network.tags_of(resource_id).items() if key not in keys}
    network.tags.save(NetworkTags(id=resource_id, tags=kept))
