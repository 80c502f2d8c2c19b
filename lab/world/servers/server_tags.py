"""Tags and metadata of servers."""

from lab.world.records import Server
from lab.world.refusal import Refused
from lab.world.servers.server_status import find_server, visible_tags
from lab.world.servers.server_validation import check_metadata, check_tags
from lab.world.state import World

ENVIRONMENT = "virtual_env_type"
NOVA_404 = '{"itemNotFound": {"message": "Instance could not be found.", "code": 404}}'


def tagged_server(world: World, project_id: str, server_id: str) -> Server:
    """
    Return a server whose tags or disks are requested.

    Raises:
        Refused: Ecs.1000 with the inner service's error as text, as seen in live traffic.
    """
    server = find_server(world, project_id, server_id)
    if server is None or server.vm_state == "deleted":
        raise Refused("Ecs.1000", NOVA_404)
    return server


def add_tags(world: World, project_id: str, server_id: str, pairs: list[tuple[str, str]]) -> None:
    server = tagged_server(world, project_id, server_id)
    if len({key for key, _ in pairs}) != len(pairs):
        raise Refused("Ecs.0908", "A tag key occurs twice.")
    merged = {**server.tags, **dict(pairs)}
    check_tags(merged)
    server.tags = merged
    world.servers.save(server)


def remove_tags(world: World, project_id: str, server_id: str, pairs: list[tuple[str, str | None]]) -> None:
    """Remove tags; a missing one is fine."""
    server = tagged_server(world, project_id, server_id)
    for key, value in pairs:
        if value is None or server.tags.get(key) == value or value == "":
            server.tags.pop(key, None)
    world.servers.save(server)


def project_tags(world: World, project_id: str) -> dict[str, list[str]]:
    """Return all tag keys of a project's servers with their values."""
    found: dict[str, set[str]] = {}
    for server in world.servers.where("project_id", project_id):
        if server.vm_state != "deleted":
            for key, value in visible_tags(world, server).items():
                found.setdefault(key, set()).add(value)
    return {key: sorted(values) for key, values in sorted(found.items())}


def set_metadata(world: World, project_id: str, server_id: str, pairs: dict[str, str]) -> None:
    """Add and change metadata; the platform's own keys cannot be set."""
    server = tagged_server(world, project_id, server_id)
    if _repeats_environment(world, server, pairs):
        pairs = {key: value for key, value in pairs.items() if key != ENVIRONMENT}
    _check_own_keys(pairs)
    check_metadata(pairs)
    server.metadata = {**server.metadata, **pairs}
    world.servers.save(server)


def delete_metadata(world: World, project_id: str, server_id: str, key: str) -> None:
    """Delete one metadata pair; a missing one is an error."""
    server = tagged_server(world, project_id, server_id)
    _check_own_keys({key: ""})
    if server.metadata.pop(key, None) is None:
        raise Refused("Ecs.1000", NOVA_404)
    world.servers.save(server)


def _repeats_environment(world: World, server: Server, pairs: dict[str, str]) -> bool:
    """Return True for the value of virtual_env_type that the server has already, if that is accepted."""
    accepted = world.variants.environment_repeated == "accepted" and server.from_iso
    return accepted and pairs.get(ENVIRONMENT) == "IsoImage"


def _check_own_keys(pairs: dict[str, str]) -> None:
    if ENVIRONMENT in pairs:
        raise Refused("Ecs.0005", "virtual_env_type cannot be added, changed or deleted.")
