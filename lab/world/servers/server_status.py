"""Status of servers: in details, in lists, and after their deletion."""

from datetime import timedelta

from lab.world.records import Server
from lab.world.refusal import Refused
from lab.world.state import World

_TASKS = {
    "rebooting": "REBOOT",
    "reboot_pending": "REBOOT",
    "reboot_started": "REBOOT",
    "rebooting_hard": "HARD_REBOOT",
    "reboot_pending_hard": "HARD_REBOOT",
    "reboot_started_hard": "HARD_REBOOT",
}
_STATES = {
    "building": "BUILD",
    "active": "ACTIVE",
    "stopped": "SHUTOFF",
    "error": "ERROR",
    "deleted": "DELETED",
}


def vm_state(world: World, server: Server) -> tuple[str, str | None]:
    """Return state and task as the service shows them; a deleted server may outlive its delete job."""
    if server.vm_state == "deleted" and server.deleted_at and world.now() < server.deleted_at:
        return ("stopped" if server.guest_is_off else "active"), "deleting"
    return server.vm_state, server.task_state


def status_of(world: World, server: Server) -> str:
    state, task = vm_state(world, server)
    return _TASKS.get(task or "", _STATES[state]) if state == "active" else _STATES[state]


def power_state(world: World, server: Server) -> int:
    """Return 0 for no state, 1 for running, 4 for shut down."""
    state, _ = vm_state(world, server)
    if state == "active":
        return 4 if server.guest_is_off else 1
    return 4 if state == "stopped" else 0


def forget_after(world: World, server: Server) -> bool:
    """Return True if a deleted server no longer shows at all."""
    if server.vm_state != "deleted" or server.deleted_at is None:
        return False
    shows = {"deleted_then_404": world.settings.deleted_server_shows_s, "404": 0.0, "deleted_long": 600.0}
    seconds = shows[world.variants.deleted_server]
    return world.now() >= server.deleted_at + timedelta(seconds=seconds)


def find_server(world: World, project_id: str, server_id: str) -> Server | None:
    """Return a server that exists for its project, a deleted one included while it shows."""
    server = world.servers.get(server_id)
    if server is None or server.project_id != project_id or forget_after(world, server):
        return None
    return server


def show_server(world: World, project_id: str, server_id: str) -> Server:
    """
    Return a server for its details page.

    Raises:
        Refused: Ecs.0114 or Ecs.0614 (a variant) if there is none.
    """
    server = find_server(world, project_id, server_id)
    hidden = world.variants.server_during_create == "not_found"
    if server is None or (hidden and server.vm_state == "building"):
        raise Refused(f"Ecs.{world.variants.show_missing_server}", "The server does not exist.")
    return server


def visible_tags(world: World, server: Server) -> dict[str, str]:
    return server.tags if server.tags_visible_at <= world.now() else {}
