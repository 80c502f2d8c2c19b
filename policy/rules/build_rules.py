"""Rules for the procedure as a whole, which no single resource can check."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from config import wording
from policy.rule import (
    CapturedImage,
    ImageVerification,
    IsoImage,
    Limit,
    Limits,
    OsInstallation,
    Preflight,
    StackResource,
    StackRule,
    StackViolation,
    TempServer,
    TempServerTeardown,
    VerificationTeardown,
    of_kind,
    plain,
)

GUIDE = "IMS user guide, creating an image from an ISO file"
RENTED = (TempServer, TempServerTeardown, Preflight, ImageVerification, VerificationTeardown)
"""Types of the resources that `servers_to_rent` and `servers_at_once` read."""


def _torn_down(resources: Sequence[StackResource], _limits: Limits) -> Iterator[StackViolation]:
    ended = {
        urn
        for teardown in of_kind(resources, TempServerTeardown)
        for urn in teardown.property_dependencies.get("server_id", ())
    }
    for server in of_kind(resources, TempServer):
        if server.urn not in ended:
            yield StackViolation(f"temporary server {server.name!r} has no TempServerTeardown", server.urn)


def _captured_after_installation(resources: Sequence[StackResource], _limits: Limits) -> Iterator[StackViolation]:
    gates = {
        (installation.urn, urn)
        for installation in of_kind(resources, OsInstallation)
        for urn in installation.property_dependencies.get("server_id", ())
    }
    for image in of_kind(resources, CapturedImage):
        servers = set(image.property_dependencies.get("volume_id", ()))
        waited_for = {server for gate, server in gates if gate in image.dependencies}
        for _server in servers - waited_for:
            yield StackViolation(f"image {image.name!r} does not depend on the OsInstallation of its server", image.urn)


def _teardown_after_capture(resources: Sequence[StackResource], _limits: Limits) -> Iterator[StackViolation]:
    images = {image.urn for image in of_kind(resources, CapturedImage)}
    for teardown in of_kind(resources, TempServerTeardown):
        if not images & {*teardown.property_dependencies.get("image_id", ()), *teardown.dependencies}:
            yield StackViolation(f"teardown {teardown.name!r} does not depend on a CapturedImage", teardown.urn)


def _one_name_each(resources: Sequence[StackResource], _limits: Limits) -> Iterator[StackViolation]:
    named: dict[tuple[Any, str], list[StackResource]] = defaultdict(list)
    for image in of_kind(resources, CapturedImage):
        if isinstance(image.properties.get("name"), str):
            named[image.properties.get("region"), image.properties["name"]].append(image)
    for (_region, name), images in named.items():
        if len(images) > 1:
            builds = ", ".join(sorted(repr(image.name) for image in images))
            yield StackViolation(f"builds {builds} have the same image_name {name!r}", images[1].urn)


def _architectures(resources: Sequence[StackResource], _limits: Limits) -> Iterator[StackViolation]:
    images = {image.urn: image for image in of_kind(resources, IsoImage)}
    for server in of_kind(resources, TempServer):
        has = (server.properties.get("flavor_details") or {}).get("architecture")
        for urn in server.property_dependencies.get("iso_image_id", ()):
            wanted = images[urn].properties.get("architecture", "x86") if urn in images else None
            if has and wanted and has != wanted:
                flavor = server.properties.get("flavor")
                text = f"server {server.name!r} has the {has} flavor {flavor!r}, but its ISO image is for {wanted}"
                yield StackViolation(text, server.urn)


def _server_quota(resources: Sequence[StackResource], limits: Limits) -> Iterator[StackViolation]:
    rented = servers_to_rent(resources)
    for region, left in _servers_left(resources).items():
        count = len(rented.get(region, ()))
        # If the quota leaves room for one, the servers take turns.
        if count and left < 1:
            yield StackViolation(
                f"the stack has {wording.count(count, 'temporary server')} in {region}, but the quota leaves none"
            )
    alive, most = (
        sum(len(servers[: servers_at_once(resources, region)]) for region, servers in rented.items()),
        limits["max_servers"],
    )
    if most is not None and alive > most:
        yield StackViolation(
            f"the stack has {wording.count(alive, 'temporary server')} at once (max_servers: {plain(most)})"
        )


def _servers_left(resources: Sequence[StackResource]) -> dict[Any, float]:
    """Return the free servers of the quota by region; a region has one preflight, or one for each build."""
    left: dict[Any, float] = {}
    for preflight in of_kind(resources, Preflight):
        region, quota = preflight.properties.get("region"), preflight.properties.get("quotas") or {}
        if "servers_left" in quota:
            left[region] = min(quota["servers_left"], left.get(region, quota["servers_left"]))
    return left


def servers_to_rent(resources: Sequence[StackResource]) -> dict[Any, list[StackResource]]:
    """
    Return the servers that are or will be paid for, by region: those without a completed teardown, one for each build.

    A build whose temporary server is gone may still rent one that tests its image.
    """
    ended, found = _ended(resources, TempServerTeardown), defaultdict[Any, list[StackResource]](list)
    for server in of_kind(resources, TempServer):
        if server.urn not in ended:
            found[server.properties.get("region")].append(server)
    for (region, name), test in tests_to_rent(resources).items():
        if name not in {server.name for server in found[region]}:
            found[region].append(test)
    return {region: servers for region, servers in found.items() if servers}


def tests_to_rent(resources: Sequence[StackResource]) -> dict[tuple[Any, str], StackResource]:
    """Return the servers that test an image and are or will be paid for, by region and name of the build."""
    ended = _ended(resources, VerificationTeardown)
    tests = [test for test in of_kind(resources, ImageVerification) if test.urn not in ended]
    return {(test.properties.get("region"), test.name): test for test in tests}


def _ended(resources: Sequence[StackResource], kind: str) -> set[str]:
    """Return the URNs of the servers that a teardown of a kind has deleted."""
    return {
        urn
        for teardown in of_kind(resources, kind)
        if teardown.properties.get("server_status") == "deleted"
        for urn in teardown.property_dependencies.get("server_id", ())
    }


def servers_at_once(resources: Sequence[StackResource], region: Any) -> int | None:
    """Return the number of servers that may run at the same time in a region; None if its preflight has no limit."""
    checks = [check.properties for check in of_kind(resources, Preflight)]
    limits = [
        check["servers_at_once"] for check in checks if check.get("region") == region and "servers_at_once" in check
    ]
    return int(limits[0]) if limits else None


RULES = (
    StackRule(
        id="stack-teardown",
        kinds=(TempServer, TempServerTeardown),
        description="Every temporary server must have a teardown.",
        rationale="Nothing else deletes the server and its disks, which cost money until then.",
        source=GUIDE,
        remedy="declare a TempServerTeardown with its server_id, volume_ids and image_id, or use IsoImageBuild",
        evaluate=_torn_down,
    ),
    StackRule(
        id="stack-capture-waits-for-installation",
        kinds=(TempServer, OsInstallation, CapturedImage),
        description="An image must be captured after the installation on its disk.",
        rationale="The service accepts an empty disk, and its image becomes active all the same.",
        source="IMS API, creating an image from a data disk",
        remedy="let the CapturedImage depend on the OsInstallation of its server, or use IsoImageBuild",
        evaluate=_captured_after_installation,
    ),
    StackRule(
        id="stack-teardown-waits-for-capture",
        kinds=(CapturedImage, TempServerTeardown),
        description="A temporary server must be deleted after its image has been created.",
        rationale="The disk is deleted with the server, and the service creates images of attached disks only.",
        source="IMS API, creating an image from a data disk",
        remedy="give the TempServerTeardown the image_id of the CapturedImage, or use IsoImageBuild",
        evaluate=_teardown_after_capture,
    ),
    StackRule(
        id="stack-image-names",
        kinds=(CapturedImage,),
        description="Builds of a region must have different image names.",
        rationale="People tell images apart by name. Not documented: whether a name may exist twice (IMG.0009).",
        source="IMS API, error codes",
        remedy="give each build an image_name of its own",
        evaluate=_one_name_each,
        level="advisory",
    ),
    StackRule(
        id="stack-architectures",
        kinds=(IsoImage, TempServer),
        description="The architecture of a temporary server must be that of its ISO image.",
        rationale="A server cannot boot an installer for another architecture.",
        source="IMS API, image attributes (architecture)",
        remedy="choose a flavor of that architecture, or correct the build's architecture",
        evaluate=_architectures,
    ),
    StackRule(
        id="stack-server-quota",
        kinds=RENTED,
        description="The temporary servers of a stack must fit into the quota and into max_servers.",
        rationale="If the quota leaves some servers, builds take turns. If it leaves none, all builds fail (Ecs.0001).",
        source="ECS API, querying quotas",
        remedy="lower servers_at_once, or request a higher quota",
        evaluate=_server_quota,
        limits=(Limit("max_servers", {"type": "integer", "minimum": 0}, None),),
    ),
)
