"""
Checks of the places that images are taken to: regions, projects and agencies of copies, and buckets of exports.

Source: IMS POST /v1/cloudimages/{image_id}/copy, /cross_region_copy and /file, with their constraints.
"""

from collections.abc import Iterator
from typing import NamedTuple

from config.builds.checked_build import Build
from config.builds.distribution import CopyTarget
from config.problems import Finding
from huaweicloud.errors import ConfigurationError
from preflight.checked_stack import Check, Stack
from preflight.region_catalog import RegionCatalog

LARGE_REGIONS = frozenset({"cn-south-1", "cn-east-3", "cn-east-2", "cn-north-4"})
"""Regions from which larger images can be copied."""
COPIED_GIB, COPIED_FROM_LARGE_GIB, EXPORTED_GIB = 128, 300, 128
QUICK = "zvhd2"
FEWER_COPIES = "delete unused images there, or request a higher quota from the cloud"


class _Copy(NamedTuple):
    """Copy of the image of a build, with its key in the configuration and read access to its region."""

    build: Build
    key: str
    target: CopyTarget
    catalog: RegionCatalog


def checks(stack: Stack) -> list[Check]:
    """Return the checks of copies and exports, if images are to be taken anywhere."""
    found = []
    if any(build.publish and build.publish.copies for build in stack.builds):
        found = [
            Check("regions of copies", "iam:projects:list", lambda: _copies(stack), build_needs_it=True),
            Check("image quotas for copies", "ims:quotas:get", lambda: _quotas(stack)),
        ]
    if any(build.publish and build.publish.export for build in stack.builds):
        found.append(Check("buckets of exports", "obs:bucket:GetBucketLocation", lambda: _exports(stack)))
    return found


def _copies(stack: Stack) -> Iterator[Finding]:
    for build in stack.builds:
        projects: dict[str, str] = {}
        for key, target in _targets(build):
            try:
                catalog = stack.other(target.region)
                project_id = catalog.project_id()
            except ConfigurationError as error:
                yield Finding("error", f"{key}.region", target.region, f"cannot be used: {error}", error.hint_clause)
                continue
            copy = _Copy(build, key, target, catalog)
            yield from _of_region(stack, copy)
            if project_id in projects:
                reason = f"has the same project as {projects[project_id]!r}, and a project gets one copy"
                yield Finding("error", f"{key}.region", target.region, reason, "remove one of the two copies")
            projects.setdefault(project_id, target.region)


def _of_region(stack: Stack, copy: _Copy) -> Iterator[Finding]:
    build, key, target = copy.build, copy.key, copy.target
    region, gib = copy.catalog.cloud.region, build.data_volumes[0].size
    is_own = region == stack.region and copy.catalog.project_id() == stack.catalog.project_id()
    if region != stack.region and not target.agency:
        reason = f"is missing: the image service of {stack.region} copies to {region} through an agency"
        remedy = "create one for IMS with the role IMS Administrator in that project, and name it"
        yield Finding("error", f"{key}.agency", None, reason, remedy)
    if is_own:
        reason = "is the project of the image itself, where a channel would point to both"
        yield Finding("error", f"{key}.region", target.region, reason, "name another region or project")
    most = COPIED_FROM_LARGE_GIB if region != stack.region and stack.region in LARGE_REGIONS else COPIED_GIB
    if gib > most:
        reason = f"of the data disk is {gib} GiB, but the image service copies images up to {most} GiB"
        yield Finding("warning", build.key("data_volumes[0].size"), gib, reason, "use a smaller disk, or no copies")


def _quotas(stack: Stack) -> Iterator[Finding]:
    needed: dict[str, list[_Copy]] = {}
    for build in stack.builds:
        for copy in _new(stack, build):
            needed.setdefault(copy.target.region, []).append(copy)
    for region, copies in needed.items():
        quota = copies[0].catalog.image_quota()
        left = max(quota.limit - quota.used, 0)
        if len(copies) > left:
            are = "is" if left == 1 else "are"
            required = f"{len(copies)} {'copy' if len(copies) == 1 else 'copies'}"
            reason = f"requires {required}, but {left} of {quota.limit} private images {are} left in {region}"
            yield Finding("error", f"{copies[0].key}.region", region, reason, FEWER_COPIES)


def _new(stack: Stack, build: Build) -> Iterator[_Copy]:
    """Yield the copies of a build that a run would create."""
    earlier = next((old for old in stack.earlier if old.name == build.name), None)
    kept = set() if build in stack.to_make or earlier is None else {target.region for _, target in _targets(earlier)}
    for key, target in _targets(build):
        if target.region not in kept:
            try:
                catalog = stack.other(target.region)
                catalog.project_id()
            except ConfigurationError:
                continue  # the check of the regions reports it
            yield _Copy(build, key, target, catalog)


def _targets(build: Build) -> Iterator[tuple[str, CopyTarget]]:
    """Yield the copies of a build with their keys."""
    for number, target in enumerate(build.publish.copies if build.publish else []):
        yield build.key(f"publish.copies[{number}]"), target


def _exports(stack: Stack) -> Iterator[Finding]:
    for build in stack.builds:
        export = build.publish.export if build.publish else None
        if export is None:
            continue
        key, gib = build.key("publish.export"), build.data_volumes[0].size
        region = stack.catalog.bucket_region(export.bucket)
        if region is None:
            reason, remedy = "does not exist", f"create a bucket of storage class Standard in {stack.region}"
            yield Finding("error", f"{key}.bucket", export.bucket, reason, remedy)
        elif region not in ("", stack.region):
            reason = f"is a bucket of region {region}, but an image is exported within its region, {stack.region}"
            yield Finding("error", f"{key}.bucket", export.bucket, reason, f"name a bucket in {stack.region}")
        if gib > EXPORTED_GIB and export.format != QUICK:
            reason = f"is not offered everywhere for images above {EXPORTED_GIB} GiB; the data disk has {gib} GiB"
            yield Finding("warning", f"{key}.format", export.format, reason, f"set {QUICK}, which is exported quickly")
