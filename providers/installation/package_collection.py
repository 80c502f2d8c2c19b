"""Bill of materials of an installed system, from the list of packages that its guest has printed on the console."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from huaweicloud.errors import Cancelled, CloudError
from providers.installation import diagnostic_files
from providers.provenance.bill_of_materials import bill_of_materials
from providers.provenance.package_list import IncompleteList, package_list
from providers.provenance.statement import in_utc
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import Server

ALL_LINES = -1


def collect(cloud: Cloud, server: Server, build_id: str) -> dict[str, Any] | None:
    """
    Write the bill of materials of a server's system next to the diagnostics.

    A console is read once, when the guest is off: whole, because the list may be longer than the lines that are read
    otherwise. Source: ECS GET /v1/{project_id}/cloudservers/{server_id}/console-output, `length` of -1 for all lines.
    Not documented: if the console of a stopped server can be read, and how much text it keeps.

    Returns:
        Name and digest of the file, and the number of packages; None if the list is not complete, which is reported.
    """
    try:
        found = package_list(cloud.ecs.get_console_output(server.id, ALL_LINES))
        text = bill_of_materials(found, build_id, in_utc(server.created))
        name = diagnostic_files.write_lasting(f"packages-{build_id}.cdx.json", text.encode())
    except Cancelled:
        raise
    except (CloudError, IncompleteList, OSError) as error:
        process.log(f"server {server.name}: {error}; the build has no bill of materials", "warning")
        return None
    return {"name": name, "sha256": hashlib.sha256(text.encode()).hexdigest(), "packages": len(found.packages)}
