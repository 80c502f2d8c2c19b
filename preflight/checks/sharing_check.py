"""
Checks of sharing: with projects other than the own one, and of the same region.

Source: IMS POST /v2/images/{image_id}/members; IAM: a project is named `<region>` or `<region>_<name>`.
"""

import re
from collections.abc import Iterator

from config.problems import Finding
from preflight.checked_stack import Check, Stack


def checks(stack: Stack) -> list[Check]:
    """Return one check of the own project and one of the list of projects, if an image is to be shared."""
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
            reason = "is the project that the image is built in, which always has access"
            yield Finding("error", key, project_id, reason, "remove it from share_with")


def _regions(stack: Stack) -> Iterator[Finding]:
    """Check the regions of the projects, except those of other accounts, which the service checks later."""
    names = stack.catalog.projects()
    for key, project_id in _shared_with(stack):
        region = _region_of(names.get(project_id, ""))
        if region not in ("", stack.region):
            project = f"is a project of region {region} ({names[project_id]})"
            reason = f"{project}, but an image can be shared within its region only"
            remedy = f"name a project of {stack.region}, or build the image in {region} as well"
            yield Finding("error", key, project_id, reason, remedy)


def _shared_with(stack: Stack) -> Iterator[tuple[str, str]]:
    for build in stack.builds:
        for number, project_id in enumerate(build.share_with or []):
            yield build.key(f"share_with[{number}]"), project_id


def _region_of(name: str) -> str:
    """Return the region in a project's name; "" if there is none, as for the project of the object store."""
    region = name.partition("_")[0]
    return region if re.fullmatch(r"[a-z]+(-[a-z]+)*-\d+", region) else ""
