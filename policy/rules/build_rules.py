"""The procedure as a whole: what one resource cannot know of the others."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from policy.rule import (
    CapturedImage,
    IsoImage,
    Limit,
    Limits,
    OsInstallation,
    Preflight,
    StackRule,
    StackViolation,
    TempServer,
    TempServerTeardown,
    Thing,
    of_kind,
    plain,
)

GUIDE = "IMS user guide, creating an image from an ISO file"
RENTED = (TempServer, TempServerTeardown, Preflight)
"""What `to_rent` and `at_once` look at."""


def _torn_down(things: Sequence[Thing], _limits: Limits) -> Iterator[StackViolation]:
    ended = {
        urn for teardown in of_kind(things, TempServerTeardown) for urn in teardown.comes_from.get("server_id", ())
    }
    for server in of_kind(things, TempServer):
        if server.urn not in ended:
            yield StackViolation(f"temporary server {server.name!r} has no TempServerTeardown", server.urn)


def _captured_after_installation(things: Sequence[Thing], _limits: Limits) -> Iterator[StackViolation]:
    gates = {
        (installation.urn, urn)
        for installation in of_kind(things, OsInstallation)
        for urn in installation.comes_from.get("server_id", ())
    }
    for image in of_kind(things, CapturedImage):
        servers = set(image.comes_from.get("volume_id", ()))
        waited_for = {server for gate, server in gates if gate in image.waits_for}
        for _server in servers - waited_for:
            yield StackViolation(f"image {image.name!r} does not wait for the OsInstallation of its server", image.urn)


def _teardown_after_capture(things: Sequence[Thing], _limits: Limits) -> Iterator[StackViolation]:
    images = {image.urn for image in of_kind(things, CapturedImage)}
    for teardown in of_kind(things, TempServerTeardown):
        if not images & {*teardown.comes_from.get("image_id", ()), *teardown.waits_for}:
            yield StackViolation(f"teardown {teardown.name!r} does not wait for a CapturedImage", teardown.urn)


def _one_name_each(things: Sequence[Thing], _limits: Limits) -> Iterator[StackViolation]:
    named: dict[tuple[Any, str], list[Thing]] = defaultdict(list)
    for image in of_kind(things, CapturedImage):
        if isinstance(image.properties.get("name"), str):
            named[image.properties.get("region"), image.properties["name"]].append(image)
    for (_region, name), images in named.items():
        if len(images) > 1:
            builds = ", ".join(repr(image.name) for image in images)
            yield StackViolation(f"builds {builds} all write image_name {name!r}", images[1].urn)


def _architectures(things: Sequence[Thing], _limits: Limits) -> Iterator[StackViolation]:
    images = {image.urn: image for image in of_kind(things, IsoImage)}
    for server in of_kind(things, TempServer):
        has = (server.properties.get("flavor_details") or {}).get("architecture")
        for urn in server.comes_from.get("iso_image_id", ()):
            wanted = images[urn].properties.get("architecture", "x86") if urn in images else None
            if has and wanted and has != wanted:
                flavor = server.properties.get("flavor")
                says = f"server {server.name!r} has the {has} flavor {flavor!r}, its ISO image is for {wanted}"
                yield StackViolation(says, server.urn)


def _server_quota(things: Sequence[Thing], limits: Limits) -> Iterator[StackViolation]:
    rented = to_rent(things)
    for preflight in of_kind(things, Preflight):
        region, quota = preflight.properties.get("region"), preflight.properties.get("quotas") or {}
        count = len(rented.get(region, ()))
        # with room for one they take turns
        if count and quota.get("servers_left", 1) < 1:
            yield StackViolation(f"the stack has {count} temporary servers in {region}, where the quota leaves none")
    alive, most = (
        sum(len(servers[: at_once(things, region)]) for region, servers in rented.items()),
        limits["max_servers"],
    )
    if most is not None and alive > most:
        yield StackViolation(
            f"the stack has {alive} temporary servers at once, more than the {plain(most)} of max_servers"
        )


def to_rent(things: Sequence[Thing]) -> dict[Any, list[Thing]]:
    """By region, the temporary servers that are, or are going to be, paid for: whose teardown has not happened."""
    ended = {
        urn
        for teardown in of_kind(things, TempServerTeardown)
        if teardown.properties.get("server_status") == "deleted"
        for urn in teardown.comes_from.get("server_id", ())
    }
    found: dict[Any, list[Thing]] = defaultdict(list)
    for server in of_kind(things, TempServer):
        if server.urn not in ended:
            found[server.properties.get("region")].append(server)
    return found


def at_once(things: Sequence[Thing], region: Any) -> int | None:
    """How many of a region's servers may be alive together, as its preflight says; None where it says nothing."""
    checks = [check.properties for check in of_kind(things, Preflight)]
    limits = [
        check["servers_at_once"] for check in checks if check.get("region") == region and "servers_at_once" in check
    ]
    return int(limits[0]) if limits else None


RULES = (
    StackRule(
        id="stack-teardown",
        kinds=(TempServer, TempServerTeardown),
        description="Every temporary server has its teardown.",
        rationale="Nothing else ends the renting of the server and its disks, and the cloud does not.",
        source=GUIDE,
        remedy="declare a TempServerTeardown with its server_id, volume_ids and image_id, or use IsoImageBuild",
        judge=_torn_down,
    ),
    StackRule(
        id="stack-capture-waits-for-installation",
        kinds=(TempServer, OsInstallation, CapturedImage),
        description="An image is made of a disk only after the installation on it.",
        rationale="The service makes an image of an empty disk as readily, and calls it active.",
        source="IMS API, creating an image from a data disk",
        remedy="let the CapturedImage depend on the OsInstallation of its server, or use IsoImageBuild",
        judge=_captured_after_installation,
    ),
    StackRule(
        id="stack-teardown-waits-for-capture",
        kinds=(CapturedImage, TempServerTeardown),
        description="A temporary server is deleted only after its image has been made.",
        rationale="The disk is deleted with the server, and the service makes images of attached disks only.",
        source="IMS API, creating an image from a data disk",
        remedy="give the TempServerTeardown the image_id of the CapturedImage, or use IsoImageBuild",
        judge=_teardown_after_capture,
    ),
    StackRule(
        id="stack-image-names",
        kinds=(CapturedImage,),
        description="No two builds of a region write the same image name.",
        rationale="Whether the service takes an equal name is not documented (IMG.0009), and people tell images by name.",
        source="IMS API, error codes",
        remedy="give each build an image_name of its own",
        judge=_one_name_each,
        level="advisory",
    ),
    StackRule(
        id="stack-architectures",
        kinds=(IsoImage, TempServer),
        description="A temporary server's processor is the one that its ISO image is for.",
        rationale="A server cannot boot an installer for another architecture.",
        source="IMS API, image attributes (architecture)",
        remedy="choose a flavor of that architecture, or correct the build's architecture",
        judge=_architectures,
    ),
    StackRule(
        id="stack-server-quota",
        kinds=RENTED,
        description="The temporary servers of a stack find room in the quota, and are no more at once than is allowed.",
        rationale="Where there is room for some they take turns; where there is none (Ecs.0001) nothing can be built.",
        source="ECS API, querying quotas",
        remedy="build fewer at once (servers_at_once), or ask for a higher quota",
        judge=_server_quota,
        limits=(Limit("max_servers", {"type": "integer", "minimum": 0}, None),),
    ),
)
