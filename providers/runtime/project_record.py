"""
Record of the project that a resource was created in, compared before anything is read or deleted.

The ids of projects are unique in the cloud, so they decide. Names and accounts are recorded for messages. The same id
at another endpoint may be another cloud, so the project must also hold something of the build.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from config.resource_types import PREFLIGHT, kind_in
from huaweicloud.errors import AuthenticationFailed, CloudError, ConfigurationError, CredentialsExpired, UnexpectedState
from providers.runtime import clients, process, project_evidence
from providers.runtime.properties import Props

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

RECORD = ("project_id", "project_name", "domain_id", "endpoint")
CONFIRMATION = "IMAGE_FROM_ISO_CONFIRM_PROJECT"
REFUSED = (AuthenticationFailed, CredentialsExpired, ConfigurationError)
"""Errors with which every request with these credentials and settings fails."""

_lock = threading.Lock()
_reported: dict[str, str] = {}


class OtherProject(UnexpectedState):
    """Credentials for another project than the one that a resource was created in."""


class Repeated(CloudError):
    """Short reference to an error that another resource of the same run has reported in full."""


def present(region: str) -> Props:
    """
    Return the record of the project that the credentials lead to.

    Args:
        region: Region, by the name that the stack gives it.

    Raises:
        CloudError: The project is not known without a sign-in, and that failed.
    """
    cloud = clients.cloud(region)
    project = cloud.project
    found = (project.id, project.name, project.account_id, cloud.endpoints.ims)
    return {key: value for key, value in zip(RECORD, found, strict=True) if value}


def recorded(props: Props) -> Props:
    """Return the record among the properties of a resource; empty if an earlier version made it."""
    return {key: props[key] for key in RECORD if isinstance(props.get(key), str)} if props.get("project_id") else {}


def require_same(props: Props, *, holds: bool) -> bool:
    """
    Refuse to continue in another project than the one that a resource was created in.

    Args:
        props: Properties of the resource, from the state.
        holds: True if the resource cannot be in the state without something in the cloud.

    Returns:
        True if the project is known to be the right one: by the record, or by resources of the build in it.

    Raises:
        OtherProject: It is another one, or the state has no record and the project holds nothing of this tool.
        Repeated: Another resource has reported the same error.
    """
    region, record = props["region"], recorded(props)
    cloud, now = clients.cloud(region), present(region)
    if record:
        if record["project_id"] != now["project_id"]:
            raise once(
                _mismatch(cloud, region, props, record, now), f"{record['project_id']} {now['project_id']}", what(props)
            )
        same_place = record.get("endpoint", now["endpoint"]) == now["endpoint"]
        if same_place or not holds or _is_confirmed(now) or project_evidence.found(cloud, props) == "own":
            return True
        raise once(
            _other_endpoint(region, props, record, now), f"{record.get('endpoint')} {now['endpoint']}", what(props)
        )
    return _has_traces(props, now, holds=holds)


def _has_traces(props: Props, now: Props, *, holds: bool) -> bool:
    """Check for a resource of an earlier version, which recorded no project, what the present project holds."""
    region = props["region"]
    cloud = clients.cloud(region)
    seen = project_evidence.found(cloud, props)
    if seen == "own" or _is_confirmed(now):
        return True
    where = f"project {_shown(now, _names(cloud))}"
    if seen == "none" and holds:
        raise once(
            OtherProject(
                f"{what(props)} was made by an earlier version, which did not record the project, and nothing in "
                f"{where} carries this tool's tag; nothing was changed",
                hint=f"{_advice(region)}; if this is the project, and all was deleted there by other means, set "
                f"{CONFIRMATION}={now['project_id']}",
            ),
            f"no trace in {now['project_id']}",
            what(props),
        )
    if holds or props.get("build_id"):
        process.log(f"{where} holds nothing of {what(props)}; its state does not record its project", "warning")
    return False


def _is_confirmed(now: Props) -> bool:
    return os.environ.get(CONFIRMATION, "") == str(now["project_id"])


def _mismatch(cloud: Cloud, region: str, props: Props, record: Props, now: Props) -> OtherProject:
    names = _names(cloud)
    made, is_for = _shown(record, names), _shown(now, names)
    return OtherProject(
        f"{what(props)} {_was(props)} made in project {made}, the credentials are for {is_for}; nothing was changed",
        hint=_advice(region),
    )


def _other_endpoint(region: str, props: Props, record: Props, now: Props) -> OtherProject:
    return OtherProject(
        f"{what(props)} {_was(props)} made in project {_shown(record)} at {record['endpoint']}, the endpoint is now "
        f"{now['endpoint']}, and nothing of it is there; nothing was changed",
        hint=f"{_advice(region)}; if this is the same cloud, set {CONFIRMATION}={now['project_id']}",
    )


def _advice(region: str) -> str:
    return (
        "use the project and the credentials that built it, or give this project a stack, or an entry of `regions`, of "
        f"its own (this run {clients.sources(region)})"
    )


def describe(cloud: Cloud) -> str:
    """Return the name and the id of the project that the credentials lead to, as IAM names it; it costs a request."""
    project = cloud.project
    name = _names(cloud).get(project.id) or project.name
    return f"{name} ({project.id})" if name else project.id


def _names(cloud: Cloud) -> dict[str, str]:
    """Return the names of the projects that the credentials see, by id; empty if they may not list them."""
    try:
        return {project.id: project.name for project in cloud.list_projects()}
    except CloudError:
        return {}


def _shown(record: Props, names: Mapping[str, str] | None = None) -> str:
    name = (names or {}).get(record["project_id"]) or record.get("project_name", "")
    return f"{name} ({record['project_id']})" if name else str(record["project_id"])


def what(props: Props) -> str:
    """Return the name of the build or ISO image that a resource belongs to, as the user knows it: "build debian"."""
    urn = process.current_urn()
    names = [str(build.get("name")) for build in props.get("builds") or [] if isinstance(build, dict)]
    if names:
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        return f"build {shown}" if len(names) == 1 else f"builds {shown}"
    name = urn.rpartition("::")[2] or str(props.get("name") or props.get("build_id") or "")
    kind = "ISO image" if "IsoImageImport" in urn else "" if kind_in(urn) == PREFLIGHT else "build"
    return f"{kind} {name}".strip()


def _was(props: Props) -> str:
    return "were" if len(props.get("builds") or []) > 1 else "was"


def once(error: CloudError, cause: str, subject: str = "") -> CloudError:
    """
    Return an error in full the first time in a run, and a short reference to it for other resources.

    Args:
        error: The error.
        cause: Text that errors of one cause have in common.
        subject: Subject of the error; by default the name of the resource of this thread.
    """
    if not process.is_attached():
        return error
    name = subject or what({})
    key = f"{name.rpartition(' ')[0]} {cause}"  # builds share a sentence, and so do ISO images: it names one of them
    with _lock:
        if key in _reported:
            return Repeated(f"not done, for the reason that is reported for {_reported[key]}")
        _reported[key] = name
    return error
