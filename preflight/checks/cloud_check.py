"""Check of the cloud itself: settings that its documentation does not describe. It sends no request."""

from collections.abc import Iterator

from config.builds.checked_build import Build
from config.problems import Finding
from huaweicloud.endpoints.clouds import Area, Part
from preflight.checked_stack import Check, Stack


def checks(stack: Stack) -> list[Check]:
    """Return the check of a cloud whose documentation has gaps."""
    cloud = stack.catalog.cloud.endpoints.cloud
    area = cloud.area(stack.region) if cloud else None
    if cloud is None or area is None or not area.gaps:
        return []
    return [Check("the cloud's documentation", "", lambda: _gaps(stack, cloud.title, area))]


def _gaps(stack: Stack, title: str, area: Area) -> Iterator[Finding]:
    parts: set[Part] = {gap.part for gap in area.gaps}
    undescribed = f"is not described in the documentation of {title} for {stack.region}"
    if "iso-images" in parts:
        reason = f"is a region of {title} whose documentation does not describe images from ISO files"
        yield Finding("warning", "region", stack.region, reason, "ask the operator before the first build")
    for build in stack.builds:
        for part, setting in _used(build):
            if part in parts:
                yield Finding("warning", build.key(setting), getattr(build, setting), undescribed, f"remove {setting}")


def _used(build: Build) -> Iterator[tuple[Part, str]]:
    if build.enterprise_project_id:
        yield "enterprise-projects", "enterprise_project_id"
