"""Lists of the servers that a project sees."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from lab.world.records import Server
from lab.world.servers.server_status import find_server, status_of, visible_tags
from lab.world.state import World

STATUSES = frozenset(
    [
        "BUILD",
        "REBOOT",
        "HARD_REBOOT",
        "REBUILD",
        "MIGRATING",
        "RESIZE",
        "ACTIVE",
        "SHUTOFF",
        "REVERT_RESIZE",
        "VERIFY_RESIZE",
        "ERROR",
        "DELETED",
        "SHELVED",
        "SHELVED_OFFLOADED",
        "UNKNOWN",
    ]
)
_ALSO = {
    "ACTIVE": {"ACTIVE", "REBOOT", "HARD_REBOOT", "REBUILD", "MIGRATING", "RESIZE"},
    "SHUTOFF": {"SHUTOFF", "RESIZE", "REBUILD"},
    "ERROR": {"ERROR", "REBUILD"},
    "VERIFY_RESIZE": {"VERIFY_RESIZE", "REVERT_RESIZE"},
}


@dataclass(frozen=True)
class ServerQuery:
    """Query of a listing; absent filters are None."""

    project_id: str
    name: str | None = None
    status: str | None = None
    flavor: str | None = None
    tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    ip: str | None = None
    ip_eq: str | None = None
    enterprise_project_id: str | None = None
    image_id: str | None = None
    server_id: str | None = None
    metadata: tuple[str, ...] = ()
    metadata_key: str | None = None
    availability_zone: str | None = None
    key_name: str | None = None
    charging_mode: str | None = None


def list_servers(world: World, query: ServerQuery) -> list[Server]:
    """Return all servers that match, newest first; paging is the caller's."""
    now = world.now()
    known = world.servers.where("project_id", query.project_id)
    shown = [s for s in known if s.visible_at <= now and s.vm_state != "deleted"]
    outliving = [s for s in known if s.vm_state == "deleted" and s.deleted_at and s.deleted_at > now]
    matching = [s for s in shown + outliving if all(test(s) for test in _tests(world, query))]
    return sorted(matching, key=lambda s: (s.created_at, s.number, s.id), reverse=True)


def named_servers(world: World, project_id: str, server_ids: list[str]) -> list[tuple[str, Server | None]]:
    """Return servers by id, None for unknown ones."""
    return [(server_id, find_server(world, project_id, server_id)) for server_id in server_ids]


def _tests(world: World, query: ServerQuery) -> list[Callable[[Server], bool]]:
    tests: list[Callable[[Server], bool]] = []
    if query.name:
        pattern = _fuzzy(query.name)
        tests.append(lambda s: bool(pattern.search(s.name)))
    if query.status:
        statuses = _ALSO.get(query.status, {query.status})
        tests.append(lambda s: status_of(world, s) in statuses)
    if query.tags:
        tests.append(lambda s: all(_has_tag(world, s, tag) for tag in query.tags))
    if query.not_tags:
        tests.append(lambda s: not any(_has_tag(world, s, tag) for tag in query.not_tags))
    if query.ip:
        ip = _fuzzy(query.ip)
        tests.append(lambda s: any(ip.search(nic.address) for nic in s.nics))
    if query.ip_eq:
        tests.append(lambda s: any(nic.address == query.ip_eq for nic in s.nics))
    return tests + _exact_tests(query)


def _exact_tests(query: ServerQuery) -> list[Callable[[Server], bool]]:
    exact: list[tuple[str | None, Callable[[Server], str | None]]] = [
        (query.flavor, lambda s: s.flavor_id),
        (query.image_id, lambda s: s.image_id),
        (query.server_id, lambda s: s.id),
        (query.availability_zone, lambda s: s.availability_zone),
        (query.key_name, lambda s: s.key_name),
        (query.charging_mode, lambda s: "0"),
    ]
    tests = [_equals(read, value) for value, read in exact if value]
    if query.enterprise_project_id not in (None, "all_granted_eps"):
        tests.append(_equals(lambda s: s.enterprise_project_id, query.enterprise_project_id))
    tests.extend(_has_metadata(pair) for pair in query.metadata)
    if query.metadata_key:
        key = query.metadata_key
        tests.append(lambda s: key in s.metadata)
    return tests


def _equals(read: Callable[[Server], str | None], value: str | None) -> Callable[[Server], bool]:
    return lambda server: read(server) == value


def _has_metadata(pair: str) -> Callable[[Server], bool]:
    key, _, value = pair.partition("=")
    return lambda server: server.metadata.get(key) == value


def _fuzzy(text: str) -> re.Pattern[str]:
    """Return the pattern for a part of a name, in which `.` stands for any character, as in the service."""
    return re.compile(re.escape(text).replace(r"\.", ".").replace(r"\*", ".*"))


def _has_tag(world: World, server: Server, tag: str) -> bool:
    tags = visible_tags(world, server)
    key, separator, value = tag.partition("=")
    if separator:
        return tags.get(key) == value
    return any(tag in f"{k}={v}" for k, v in tags.items())
