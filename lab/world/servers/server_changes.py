"""Changes of a server's name, description, host name and user data, and of the time of its automatic deletion."""

import re
from dataclasses import dataclass

from lab.world.records import Server
from lab.world.refusal import Refused
from lab.world.servers.server_status import find_server
from lab.world.servers.server_validation import check_auto_terminate, check_user_data
from lab.world.state import World

_NAME = re.compile(r"[A-Za-z0-9_.\-\u4e00-\u9fff]{1,64}")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")


@dataclass(frozen=True)
class ServerChange:
    """New values of a server; None leaves a value as it is."""

    name: str | None = None
    description: str | None = None
    hostname: str | None = None
    user_data: str | None = None


def set_auto_terminate(world: World, project_id: str, server_id: str, text: str) -> None:
    """Set the time, or remove it with ""; its seconds do not count."""
    server = _existing(world, project_id, server_id)
    check_auto_terminate(world, text)
    server.auto_terminate_time = f"{text[:-3]}00Z" if text else ""
    world.servers.save(server)


def change_server(world: World, project_id: str, server_id: str, change: ServerChange) -> Server:
    """Change a server (ECS PUT /v1/{project_id}/cloudservers/{server_id})."""
    server = _existing(world, project_id, server_id)
    _check(change)
    for name in ("name", "description", "hostname", "user_data"):
        value = getattr(change, name)
        if value is not None:
            setattr(server, name, value)
    server.updated_at = world.now()
    return world.servers.save(server)


def _existing(world: World, project_id: str, server_id: str) -> Server:
    server = find_server(world, project_id, server_id)
    if server is None or server.vm_state == "deleted":
        raise Refused("Ecs.0114", "The server does not exist.")
    return server


def _check(change: ServerChange) -> None:
    if change.name is not None and not _NAME.fullmatch(change.name):
        raise Refused("Ecs.0915", "The server name contains invalid characters or is not 1 to 64 characters long.")
    if change.description is not None and (len(change.description) > 85 or re.search(r"[<>]", change.description)):
        raise Refused("Ecs.0041", "The description is longer than 85 characters or contains < or >.")
    if change.hostname is not None:
        labels = change.hostname.split(".")
        if len(change.hostname) > 64 or "--" in change.hostname or not all(map(_LABEL.fullmatch, labels)):
            raise Refused("Ecs.0005", "The host name is invalid.")
    if change.user_data:
        check_user_data(change.user_data)
