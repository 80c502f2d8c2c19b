"""Builds of stacks, read from the output of `pulumi stack export`."""

import json
from pathlib import Path
from typing import Any


class NoState(Exception):
    """A file is not the export of a stack; the message contains the reason."""


def builds(file: Path) -> dict[str, str]:
    """
    Return the builds of a stack.

    Args:
        file: File written by `pulumi stack export --file`.

    Returns:
        The stack and the name of the build, by build id.

    Raises:
        NoState: The file cannot be read, or is not an export.
    """
    return dict(found for resource in _resources(file) if (found := _build(resource)))


def _resources(file: Path) -> list[dict[str, Any]]:
    try:
        resources = json.loads(file.read_text())["deployment"].get("resources") or []
        return [resource for resource in resources if resource["type"] and resource["urn"]]
    except OSError as error:
        raise NoState(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NoState(f"{file} was not written by `pulumi stack export --file`") from None


def projects(file: Path, region: str) -> dict[str, str]:
    """
    Return the projects in which the builds of a stack were created.

    Args:
        file: File written by `pulumi stack export --file`.
        region: Region, by the name that the stack gives it.

    Returns:
        A phrase such as "prod/debian was created in project lab-1 (id)" for each project, by its id. Builds of an
        earlier version, which recorded no project, are omitted.

    Raises:
        NoState: The file cannot be read, or is not an export.
    """
    found: dict[str, str] = {}
    for resource in _resources(file):
        outputs, build = resource.get("outputs") or {}, _build(resource)
        if build and outputs.get("region") == region and outputs.get("project_id"):
            id_, name = str(outputs["project_id"]), outputs.get("project_name")
            found.setdefault(id_, f"{build[1]} was created in project {f'{name} ({id_})' if name else id_}")
    return found


def _build(resource: dict[str, Any]) -> tuple[str, str] | None:
    build_id = (resource.get("outputs") or {}).get("build_id")
    if not build_id or not resource["type"].endswith(":BuildIdentity"):
        return None
    # urn:pulumi:<stack>::<project>::<type>::<name>
    stack, *_, name = str(resource["urn"]).removeprefix("urn:pulumi:").split("::")
    return str(build_id), f"{stack}/{name}"
