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
    try:
        resources = json.loads(file.read_text())["deployment"].get("resources") or []
        return dict(found for resource in resources if (found := _build(resource)))
    except OSError as error:
        raise NoState(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NoState(f"{file} is not what `pulumi stack export --file` writes") from None


def _build(resource: dict[str, Any]) -> tuple[str, str] | None:
    build_id = (resource.get("outputs") or {}).get("build_id")
    if not build_id or not resource["type"].endswith(":BuildIdentity"):
        return None
    # urn:pulumi:<stack>::<project>::<type>::<name>
    stack, *_, name = str(resource["urn"]).removeprefix("urn:pulumi:").split("::")
    return str(build_id), f"{stack}/{name}"
