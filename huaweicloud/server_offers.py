"""Offers of ECS to a project: flavors, availability zones and quotas."""

from huaweicloud.models.ecs import Flavor, Limits, Zone
from huaweicloud.service import TaggingService, parse
from huaweicloud.transport.messages import path


class ServerOffers(TaggingService):
    """Client of the ECS operations that list offers."""

    name = "ecs"
    tagged = "server"

    def list_flavors(self, availability_zone: str | None = None) -> list[Flavor]:
        """
        List flavors (GET /v1/{project_id}/cloudservers/flavors).

        Args:
            availability_zone: Name of a zone, to list only its flavors.

        Returns:
            The flavors.
        """
        operation = "list flavors"
        query = {"availability_zone": availability_zone}
        response = self._send("GET", self._path("flavors"), operation=operation, query=query)
        return parse(list[Flavor], response, "flavors", operation=operation)

    def list_availability_zones(self) -> list[str]:
        """
        List the availability zones that can be used (GET /v2.1/{project_id}/os-availability-zone).

        Returns:
            Names of the zones.
        """
        operation = "list availability zones"
        response = self._send("GET", path("v2.1", self._project_id(), "os-availability-zone"), operation=operation)
        zones = parse(list[Zone], response, "availabilityZoneInfo", operation=operation)
        return [zone.name for zone in zones if zone.is_available]

    def get_limits(self) -> Limits:
        """
        Get the quotas (GET /v1/{project_id}/cloudservers/limits).

        Returns:
            The quotas.
        """
        operation = "get the server quotas"
        response = self._send("GET", self._path("limits"), operation=operation)
        return parse(Limits, response, "absolute", operation=operation)

    def _path(self, *segments: str) -> str:
        return path("v1", self._project_id(), "cloudservers", *segments)
