"""Virtual Private Cloud: client for the networks that inputs name."""

from collections.abc import Callable, Mapping

from huaweicloud.errors import NotFound, PermissionDenied
from huaweicloud.models.vpc import Network, SecurityGroup, Subnet
from huaweicloud.service import EnterpriseProjects, ItemT, ProjectService, Query, T, all_pages, parse
from huaweicloud.transport.messages import path

__all__ = ["Network", "SecurityGroup", "Subnet", "Vpc"]

PAGE = 1000


class _Unscoped(EnterpriseProjects):
    """Scope of a list that supports none."""

    def read(self, send: Callable[[Query], T]) -> T:
        """Send the request without a scope."""
        return send({})


class Vpc(ProjectService):
    """Client of VPC."""

    name = "vpc"

    def list_vpcs(self) -> list[Network]:
        """
        List VPCs (GET /v1/{project_id}/vpcs), all pages.

        Returns:
            The VPCs.
        """
        return self._list(list[Network], "vpcs", "vpcs", "list VPCs", {})

    def get_vpc(self, vpc_id: str) -> Network | None:
        """
        Get a VPC (GET /v1/{project_id}/vpcs/{vpc_id}).

        Args:
            vpc_id: Id of the VPC.

        Returns:
            The VPC, or None if there is none.
        """
        return self._get(Network, "vpcs", vpc_id, "vpc", f"get VPC {vpc_id}")

    def list_subnets(self, vpc_id: str | None = None) -> list[Subnet]:
        """
        List subnets (GET /v1/{project_id}/subnets), all pages.

        Args:
            vpc_id: Id of a VPC, to list only its subnets.

        Returns:
            The subnets.
        """
        if vpc_id is None and self._scope.are_used:
            return self._subnets_of_each_vpc()
        try:
            return self._subnets(vpc_id)
        except PermissionDenied:
            if vpc_id is not None:
                raise
            return self._subnets_of_each_vpc()

    def _subnets(self, vpc_id: str | None) -> list[Subnet]:
        """List subnets without a scope: this list does not support enterprise projects."""
        query = {"vpc_id": vpc_id}
        return self._list(list[Subnet], "subnets", "subnets", "list subnets", query, _Unscoped())

    def _subnets_of_each_vpc(self) -> list[Subnet]:
        """
        List the subnets of each VPC.

        With rights that come only from enterprise projects, vpc_id is required. Source: VPC "Querying subnets".
        """
        return [subnet for vpc in self.list_vpcs() for subnet in self._subnets(vpc.id)]

    def get_subnet(self, subnet_id: str) -> Subnet | None:
        """
        Get a subnet (GET /v1/{project_id}/subnets/{subnet_id}).

        Args:
            subnet_id: Id of the subnet.

        Returns:
            The subnet, or None if there is none.
        """
        return self._get(Subnet, "subnets", subnet_id, "subnet", f"get subnet {subnet_id}")

    def list_security_groups(self) -> list[SecurityGroup]:
        """
        List security groups (GET /v1/{project_id}/security-groups), all pages.

        Returns:
            The groups.
        """
        return self._list(list[SecurityGroup], "security-groups", "security_groups", "list security groups", {})

    def _get(self, kind: type[T], collection: str, resource_id: str, key: str, operation: str) -> T | None:
        try:
            response = self._send("GET", path("v1", self._project_id(), collection, resource_id), operation=operation)
        except NotFound:
            return None
        return parse(kind, response, key, operation=operation)

    def _list(
        self,
        kind: type[list[ItemT]],
        collection: str,
        key: str,
        operation: str,
        query: Mapping[str, str | None],
        scope: EnterpriseProjects | None = None,
    ) -> list[ItemT]:
        scoped = scope or self._scope
        url_path = path("v1", self._project_id(), collection)

        def fetch(read: list[ItemT]) -> list[ItemT]:
            paged = {**query, "limit": PAGE, "marker": read[-1].id if read else None}
            response = scoped.read(
                lambda scope: self._send("GET", url_path, operation=operation, query={**paged, **scope})
            )
            return parse(kind, response, key, operation=operation)

        return all_pages(fetch, PAGE)
