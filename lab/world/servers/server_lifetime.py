"""Automatic deletion of servers by the cloud at a given time."""

from datetime import UTC, datetime

from lab.world.records import Server
from lab.world.refusal import Refused
from lab.world.servers.server_deletion import delete_servers
from lab.world.servers.server_status import find_server
from lab.world.servers.server_validation import TERMINATE_FORMAT, check_auto_terminate
from lab.world.state import World


def set_auto_terminate(world: World, project_id: str, server_id: str, text: str) -> None:
    """Set the time, or remove it with ""; its seconds do not count."""
    server = find_server(world, project_id, server_id)
    if server is None or server.vm_state == "deleted":
        raise Refused("Ecs.0114", "The server does not exist.")
    check_auto_terminate(world, text)
    server.auto_terminate_time = f"{text[:-3]}00Z" if text else ""
    world.servers.save(server)


def delete_expired(world: World) -> None:
    """
    Begin to delete the servers whose time is over, as far as their state allows it.

    Not documented: the deletion of data disks with such a server; here their own flag decides.
    """
    for server in world.servers:
        if _has_expired(world, server):
            try:
                delete_servers(world, server.project_id, [server.id], None)
            except Refused:
                continue  # busy: the next round tries again


def _has_expired(world: World, server: Server) -> bool:
    if not server.auto_terminate_time or server.vm_state == "deleted" or server.task_state == "deleting":
        return False
    return datetime.strptime(server.auto_terminate_time, TERMINATE_FORMAT).replace(tzinfo=UTC) <= world.now()
