"""Sharing: with other projects than the own one, and of the same region.

Source: IMS POST /v2/images/{image_id}/members; IAM: a project is named `<region>` or `<region>_<name>`.
"""

import re
from collections.abc import Iterator

from config.problems import Finding
from preflight.checked_stack import Check, Stack


def checks(stack: Stack) -> list[Check]:
    """One look at the own project, and one list of projects, only where an image is to be shared."""
    if not any(build.share_with for build in stack.builds):
        return []
    return [
        Check("sharing with the own project", "iam:projects:list", lambda: _own(stack), build_needs_it=True),
        Check("regions of projects to share with", "iam:projects:list", lambda: _regions(stack)),
    ]


def _own(stack: Stack) -> Iterator[Finding]:
    own = stack.catalog.project_id()
    for key, project_id in _shared_with(stack):
        if project_id == own:
            reason = "is the project that the image is built in, which has it anyway"
            yield Finding("error", key, project_id, reason, "remove it from share_with")


def _regions(stack: Stack) -> Iterator[Finding]:
    """A project of another account is not in the list: the service judges it when the image is shared."""
    names = stack.catalog.projects()
    for key, project_id in _shared_with(stack):
        region = _region_of(names.get(project_id, ""))
        if region not in ("", stack.region):
            reason = f"is a project of region {region} ({names[project_id]}); an image is shared within its region only"
            remedy = f"name a project of {stack.region}, or build the image in {region} as well"
            yield Finding("error", key, project_id, reason, remedy)


def _shared_with(stack: Stack) -> Iterator[tuple[str, str]]:
    for build in stack.builds:
        for number, project_id in enumerate(build.share_with or []):
            yield build.key(f"share_with[{number}]"), project_id


def _region_of(name: str) -> str:
    """Return the region of a project's name; "" for a name that shows none, such as that of the object store."""
    region = name.partition("_")[0]
    return region if re.fullmatch(r"[a-z]+(-[a-z]+)*-\d+", region) else ""
