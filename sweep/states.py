"""The builds that stacks know of, from what `pulumi stack export` writes."""

import json
from pathlib import Path
from typing import Any


class NoState(Exception):
    """A file is not the export of a stack; the message says why."""


def builds(file: Path) -> dict[str, str]:
    """
    Read which builds a stack has.

    Args:
        file: what `pulumi stack export --file` has written.

    Returns:
        The stack and the name of the build, by build id.

    Raises:
        NoState: It cannot be read, or is something else.
    """
    return dict(found for resource in _resources(file) if (found := _build(resource)))


def _resources(file: Path) -> list[dict[str, Any]]:
    try:
        resources = json.loads(file.read_text())["deployment"].get("resources") or []
        return [resource for resource in resources if resource["type"] and resource["urn"]]
    except OSError as error:
        raise NoState(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NoState(f"{file} is not what `pulumi stack export --file` writes") from None


def projects(file: Path, region: str) -> dict[str, str]:
    """
    Read in which projects the builds of a stack were made.

    Args:
        file: what `pulumi stack export --file` has written.
        region: Region, by the name that the stack gives it.

    Returns:
        The names of the builds in that region, by id of their project, which an earlier version did not record.

    Raises:
        NoState: It cannot be read, or is something else.
    """
    found: dict[str, str] = {}
    for resource in _resources(file):
        outputs = resource.get("outputs") or {}
        if _build(resource) and outputs.get("region") == region and outputs.get("project_id"):
            name = outputs.get("project_name")
            shown = f"{name} ({outputs['project_id']})" if name else str(outputs["project_id"])
            found.setdefault(str(outputs["project_id"]), f"{_build(resource)[1]} was made in project {shown}")  # type: ignore[index]
    return found


def _build(resource: dict[str, Any]) -> tuple[str, str] | None:
    build_id = (resource.get("outputs") or {}).get("build_id")
    if not build_id or not resource["type"].endswith(":BuildIdentity"):
        return None
    # urn:pulumi:<stack>::<project>::<type>::<name>
    stack, *_, name = str(resource["urn"]).removeprefix("urn:pulumi:").split("::")
    return str(build_id), f"{stack}/{name}"
