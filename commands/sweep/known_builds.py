"""Builds of stacks, among the resources that `pulumi stack export` has written."""

from collections.abc import Iterable, Iterator

from commands.state.exported_stack import Recorded
from commands.sweep import stored_isos
from config.resource_types import BUILD_IDENTITY, ISO_OBJECT


def builds(resources: Iterable[Recorded]) -> dict[str, str]:
    """Return the stack and the name of each build and each uploaded ISO file, by build id and by id of the upload."""
    recorded = list(resources)
    uploads = {
        stored_isos.upload_id(found.id): f"{found.stack}/{found.name}" for found in recorded if found.kind == ISO_OBJECT
    }
    identities = {str(found.outputs["build_id"]): f"{found.stack}/{found.name}" for found in _of(recorded)}
    return {**uploads, **identities}


def projects(resources: Iterable[Recorded], region: str) -> dict[str, str]:
    """
    Return the projects in which the builds of a stack were created.

    Args:
        resources: Resources of the stack.
        region: Region, by the name that the stack gives it.

    Returns:
        A phrase such as "prod/debian was created in project lab-1 (id)" for each project, by its id. Builds of an
        earlier version, which recorded no project, are omitted.
    """
    found: dict[str, str] = {}
    for identity in _of(resources):
        if identity.outputs.get("region") == region and identity.outputs.get("project_id"):
            id_, name = str(identity.outputs["project_id"]), identity.outputs.get("project_name")
            project = f"{name} ({id_})" if name else id_
            found.setdefault(id_, f"{identity.stack}/{identity.name} was created in project {project}")
    return found


def _of(resources: Iterable[Recorded]) -> Iterator[Recorded]:
    return (found for found in resources if found.kind == BUILD_IDENTITY and found.outputs.get("build_id"))
