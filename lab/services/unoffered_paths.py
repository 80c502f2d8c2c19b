"""
Documented paths that the lab does not offer, although they have the form of one that it offers with an id.

Without this list `GET /v1/{project}/cloudservers/resize_flavors` would show a server of that name.
Source: the paths of the official SDK; `tests/lab/test_unknown_routes.py` compares them.
"""

from collections.abc import Mapping

NAMES: Mapping[str, frozenset[str]] = {
    "ecs": frozenset(["os-server-groups", "resize_flavors", "os-reset-passwords", "server-name"]),
    "evs": frozenset(["tags"]),
}
"""Last parts of such paths, by service, none of which can be an id."""


def is_unoffered(service: str, parameters: Mapping[str, str]) -> bool:
    """Return True if a part of a path that would be an id is the name of an operation that the lab does not have."""
    return not NAMES.get(service, frozenset()).isdisjoint(parameters.values())
