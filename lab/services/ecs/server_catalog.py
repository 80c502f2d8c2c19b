"""Routes for flavors, zones and quotas."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from starlette.responses import JSONResponse

from lab.services.ecs.server_project import ProjectCaller
from lab.services.ecs.server_responses import (
    ERRORS,
    FlavorsResponse,
    LimitsResponse,
    SellPoliciesResponse,
    ZoneListResponse,
    ZonesResponse,
)
from lab.services.ecs.server_views import show_flavor
from lab.services.service_app import as_json
from lab.world.identity.accounts import ZONES
from lab.world.refusal import Refused
from lab.world.servers.flavors import FLAVORS, Flavor, offered
from lab.world.state import World

UNLIMITED = -1


def add_routes(app: FastAPI, world: World) -> None:
    @app.get("/v1/{project_id}/cloudservers/flavors", responses={200: {"model": FlavorsResponse}, **ERRORS})
    async def list_flavors(
        request: Request,
        caller: ProjectCaller,
        availability_zone: str | None = None,
        flavor_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
        marker: str | None = None,
    ) -> JSONResponse:
        flavors = offered(world.settings.sold_out_flavors)
        found = [f for f in flavors.values() if _is_listed(f, availability_zone, flavor_id)]
        if marker is not None:
            ids = [f.id for f in found]
            if marker not in ids:
                raise Refused("Ecs.0005", "The marker is invalid.")
            found = found[ids.index(marker) + 1 :]
        base = request.app.state.endpoints["ecs"]
        return as_json({"flavors": [show_flavor(f, base, caller.project_id) for f in found[:limit]]})

    _add_sell_policies(app, world)
    _add_limits_and_zones(app, world)


def _add_sell_policies(app: FastAPI, world: World) -> None:
    @app.get(
        "/v1/{project_id}/cloudservers/flavor-sell-policies",
        responses={200: {"model": SellPoliciesResponse}, **ERRORS},
    )
    async def list_flavor_sell_policies(
        caller: ProjectCaller,
        flavor_id: str | None = None,
        sell_status: str | None = None,
        sell_mode: str | None = None,
        availability_zone_id: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
        marker: str | None = None,
    ) -> JSONResponse:
        wanted = (
            (flavor_id, "flavor_id"),
            (sell_status, "sell_status"),
            (sell_mode, "sell_mode"),
            (availability_zone_id, "availability_zone_id"),
        )
        found = [p for p in _sell_policies(world) if all(v is None or p[name] == v for v, name in wanted)]
        if marker is not None:
            if not any(policy["flavor_id"] == marker for policy in found):
                raise Refused("Ecs.0005", "The marker is invalid.")
            last = max(place for place, policy in enumerate(found) if policy["flavor_id"] == marker)
            found = found[last + 1 :]
        return as_json({"sell_policies": found[:limit], "count": len(found)})


def _sell_policies(world: World) -> list[dict[str, Any]]:
    """Return a policy for each flavor and zone; the lab sells servers by use only, so it has no other modes."""
    sold = {"normal": "available", "obt": "available", "promotion": "available"}
    sold |= {"sellout": "sellout", "obt_sellout": "sellout"}
    pairs = [(f, z) for f in offered(world.settings.sold_out_flavors).values() for z in ZONES]
    return [
        {
            "id": number,
            "flavor_id": flavor.id,
            "availability_zone_id": zone,
            "sell_status": sold[flavor.operation_status(zone)],
            "sell_mode": "postPaid",
            "spot_options": None,
        }
        for number, (flavor, zone) in enumerate(pairs, 1)
        if flavor.operation_status(zone) in sold
    ]


def _add_limits_and_zones(app: FastAPI, world: World) -> None:
    @app.get("/v1/{project_id}/cloudservers/limits", responses={200: {"model": LimitsResponse}, **ERRORS})
    async def show_server_limits(caller: ProjectCaller) -> JSONResponse:
        return as_json({"absolute": _limits(world, caller.project_id)})

    @app.get("/v2.1/{project_id}/os-availability-zone", responses={200: {"model": ZonesResponse}, **ERRORS})
    async def nova_list_availability_zones(caller: ProjectCaller) -> JSONResponse:
        zones = [{"zoneName": z, "zoneState": {"available": True}, "hosts": None} for z in ZONES]
        return as_json({"availabilityZoneInfo": zones})

    @app.get("/v1/{project_id}/availability-zones", responses={200: {"model": ZoneListResponse}, **ERRORS})
    async def list_server_az_info(caller: ProjectCaller) -> JSONResponse:
        zones = [
            {
                "availability_zone_id": zone,
                "type": "Core",
                "mode": "shared",
                "public_border_group": "center",
                "alias": f"Zone {number}",
                "az_group_ids": [],
                "category": 0,
            }
            for number, zone in enumerate(ZONES, 1)
        ]
        return as_json({"availability_zones": zones})


def _is_listed(flavor: Flavor, zone: str | None, flavor_id: str | None) -> bool:
    if flavor_id is not None and flavor.id != flavor_id:
        return False
    if zone:
        return flavor.operation_status(zone) in ("normal", "obt", "promotion")
    # Documented: abandoned flavors are hidden, unless a zone still has them.
    return flavor.status != "abandon" or bool(flavor.zones)


LIMITS = {
    "maxTotalKeypairs": 100,
    "maxServerMeta": 128,
    "maxPersonality": 5,
    "maxPersonalitySize": 10240,
    "maxServerGroups": 10,
    "maxServerGroupMembers": 16,
    "maxSecurityGroupRules": UNLIMITED,
    "maxImageMeta": 128,
    "maxTotalSpotInstances": UNLIMITED,
    "maxTotalSpotCores": UNLIMITED,
    "maxTotalSpotRAMSize": UNLIMITED,
    "maxTotalFloatingIps": UNLIMITED,
    "maxSecurityGroups": UNLIMITED,
    "totalSpotInstancesUsed": 0,
    "totalSpotCoresUsed": 0,
    "totalSpotRAMUsed": 0,
    "totalServerGroupsUsed": 0,
    "totalFloatingIpsUsed": 0,
}
"""Limits that are the same in every project, and uses of what the lab does not have."""


def _limits(world: World, project_id: str) -> dict[str, Any]:
    servers = [s for s in world.servers.where("project_id", project_id) if s.vm_state != "deleted"]
    quotas = world.settings.quotas
    return {
        "maxTotalInstances": quotas.servers,
        "maxTotalCores": quotas.cores,
        "maxTotalRAMSize": quotas.ram_mib,
        "totalInstancesUsed": len(servers),
        "totalCoresUsed": sum(FLAVORS[s.flavor_id].vcpus for s in servers),
        "totalRAMUsed": sum(FLAVORS[s.flavor_id].ram_mib for s in servers),
        "totalSecurityGroupsUsed": len(world.network.security_groups_of(project_id)),
        "limit_by_flavor": [],
        **LIMITS,
    }
