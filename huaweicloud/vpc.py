"""Virtual Private Cloud: the networks that inputs name."""

from collections.abc import Mapping

from huaweicloud.errors import NotFound
from huaweicloud.exchange import path
from huaweicloud.loose import Text
from huaweicloud.sender import Authenticator, Sender
from huaweicloud.service import ItemT, ProjectId, ResponseModel, Service, T, all_pages, parse

PAGE = 1000


class Network(ResponseModel):
    """A VPC."""

    id: str
    name: Text = ""
    cidr: Text = ""
    status: Text = ""


class Subnet(ResponseModel):
    """A subnet; its `id` is what a server's network card wants."""

    id: str
    name: Text = ""
    cidr: Text = ""
    vpc_id: Text = ""
    status: Text = ""
    availability_zone: Text = ""


class SecurityGroup(ResponseModel):
    """A security group; not tied to a VPC."""

    id: str
    name: Text = ""
    description: Text = ""


class Vpc(Service):
    """
    Client of VPC.

    Args:
        base_url: Base URL.
        sender: Sends.
        authenticator: Signs.
        project_id: Gives the id of the project.
    """

    def __init__(self, base_url: str, sender: Sender, authenticator: Authenticator, project_id: ProjectId) -> None:
        super().__init__("vpc", base_url, sender, authenticator)
        self._project_id = project_id

    def list_vpcs(self) -> list[Network]:
        """
        List VPCs (GET /v1/{project_id}/vpcs), all pages.

        Returns:
            The VPCs.
        """
        return self._list(list[Network], "vpcs", "vpcs", "list VPCs", {})

    def get_vpc(self, vpc_id: str) -> Network | None:
        """
        Look at a VPC (GET /v1/{project_id}/vpcs/{vpc_id}).

        Args:
            vpc_id: Id of the VPC.

        Returns:
            The VPC, or None if there is none.
        """
        return self._get(Network, "vpcs", vpc_id, "vpc", f"look at VPC {vpc_id}")

    def list_subnets(self, vpc_id: str | None = None) -> list[Subnet]:
        """
        List subnets (GET /v1/{project_id}/subnets), all pages.

        Args:
            vpc_id: Only those of this VPC.

        Returns:
            The subnets.
        """
        return self._list(list[Subnet], "subnets", "subnets", "list subnets", {"vpc_id": vpc_id})

    def get_subnet(self, subnet_id: str) -> Subnet | None:
        """
        Look at a subnet (GET /v1/{project_id}/subnets/{subnet_id}).

        Args:
            subnet_id: Id of the subnet.

        Returns:
            The subnet, or None if there is none.
        """
        return self._get(Subnet, "subnets", subnet_id, "subnet", f"look at subnet {subnet_id}")

    def list_security_groups(self) -> list[SecurityGroup]:
        """
        List security groups (GET /v1/{project_id}/security-groups), all pages.

        Returns:
            The groups.
        """
        return self._list(list[SecurityGroup], "security-groups", "security_groups", "list security groups", {})

    def _get(self, kind: type[T], collection: str, resource_id: str, key: str, operation: str) -> T | None:
        try:
            answer = self._send("GET", path("v1", self._project_id(), collection, resource_id), operation=operation)
        except NotFound:
            return None
        return parse(kind, answer, key, operation=operation)

    def _list(
        self, kind: type[list[ItemT]], collection: str, key: str, operation: str, query: Mapping[str, str | None]
    ) -> list[ItemT]:
        url_path = path("v1", self._project_id(), collection)

        def fetch(read: list[ItemT]) -> list[ItemT]:
            paged = {**query, "limit": PAGE, "marker": read[-1].id if read else None}
            answer = self._send("GET", url_path, operation=operation, query=paged)
            return parse(kind, answer, key, operation=operation)

        return all_pages(fetch, PAGE)
