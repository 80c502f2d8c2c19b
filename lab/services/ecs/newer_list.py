"""Servers in the form of the newer list (ECS GET /v1.1/{project_id}/cloudservers/detail)."""

from collections.abc import Callable, Collection
from typing import Any

from lab.services.ecs.server_views import addresses, boot_index, metadata, security_groups, tag_texts
from lab.services.service_app import microseconds, seconds
from lab.world.records import Server
from lab.world.servers.flavors import FLAVORS
from lab.world.servers.server_status import power_state, status_of, vm_state
from lab.world.state import World
from lab.world.volumes.volume_operations import listed_disks


def show_cloud_server(world: World, server: Server, expected: Collection[str] = ()) -> dict[str, Any]:
    """
    Return a server in the form of the newer list: no OS-EXT names, numbers where the older list has text.

    Args:
        world: The lab's state.
        server: Server to show.
        expected: Optional fields that were requested (`expect-fields`); other words are ignored.
    """
    flavor, (state, task) = FLAVORS[server.flavor_id], vm_state(world, server)
    shown: dict[str, Any] = {
        "id": server.id,
        "name": server.name,
        "status": status_of(world, server),
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "availability_zone": server.availability_zone,
        "vm_state": state,
        "task_state": task,
        "created": seconds(server.created_at),
        "updated": seconds(server.updated_at),
        "in_recycle_bin": False,
        "description": server.description,
        "flavor": {"id": flavor.id, "name": flavor.id, "vcpus": flavor.vcpus, "ram": flavor.ram_mib, "disk": 0},
        "fault": server.fault,
    }
    optional = _optional_fields(world, server)
    return shown | {name: optional[name]() for name in optional if name in expected}


def _optional_fields(world: World, server: Server) -> dict[str, Callable[[], Any]]:
    """
    Return the fields that the newer list shows only on request.

    Source: ECS GET /v1.1/{project_id}/cloudservers/detail, parameter expect-fields.
    """
    return {
        "launched_at": lambda: microseconds(server.launched_at),
        "key_name": lambda: server.key_name,
        "locked": lambda: server.locked,
        "root_device_name": lambda: server.root_device,
        "tenancy": lambda: _hint(server, "tenancy") or "shared",
        "dedicated_host_id": lambda: _hint(server, "dedicated_host_id"),
        "enterprise_project_id": lambda: server.enterprise_project_id,
        "tags": lambda: tag_texts(world, server),
        "metadata": lambda: metadata(server),
        "addresses": lambda: _numbered(addresses(world, server)),
        "security_groups": lambda: security_groups(world, server),
        "volumes_attached": lambda: _attached(world, server),
        "image": lambda: {"id": server.image_id},
        "power_state": lambda: power_state(world, server),
        "cpu_options": dict,
        "market_info": lambda: {"charge_mode": "postPaid"},
    }


def _hint(server: Server, name: str) -> str | None:
    return next(iter(server.scheduler_hints.get(name, ())), None)


def _numbered(by_network: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {name: [{**a, "version": int(a["version"])} for a in found] for name, found in by_network.items()}


def _attached(world: World, server: Server) -> list[dict[str, Any]]:
    return [
        {
            "id": volume.id,
            "device": volume.device or "",
            "bootIndex": boot_index(world, volume),
            "delete_on_termination": volume.is_system_disk or volume.delete_on_termination,
            "size": volume.size_gib,
        }
        for volume in listed_disks(world, server.id)
    ]
