"""Rules for the two disks of a temporary server."""

from collections.abc import Iterator, Sequence
from typing import Any

from config import wording
from policy.rule import (
    Inputs,
    IsoImage,
    Limit,
    Limits,
    Rule,
    StackResource,
    StackRule,
    StackViolation,
    TempServer,
    of_kind,
    plain,
)
from preflight import volume_types

GUIDE = "IMS user guide, creating an image from an ISO file"
CREATE = "ECS API, creating an ECS"
SIZES = {"type": "integer", "minimum": 1, "maximum": 1024}


def _one_of_each(server: Inputs, _limits: Limits) -> Iterator[str]:
    disks = server.get("data_volumes") or []
    if len(disks) != 1:
        yield f"data_volumes lists {wording.count(len(disks), 'data disk')} (required: exactly 1)"
    if not server.get("root_volume"):
        yield "root_volume is missing (required: exactly 1 system disk)"


def _system_disk(server: Inputs, limits: Limits) -> Iterator[str]:
    size = (server.get("root_volume") or {}).get("size")
    yield from _out_of_bounds("root_volume.size", size, _min_disk(server), int(limits["max_gib"]))


def _data_disk(server: Inputs, limits: Limits) -> Iterator[str]:
    for number, disk in enumerate(server.get("data_volumes") or []):
        least = max(_min_disk(server), int(limits["min_gib"]))
        yield from _out_of_bounds(f"data_volumes[{number}].size", disk.get("size"), least, int(limits["max_gib"]))


def _min_disk(server: Inputs) -> int:
    return int((server.get("iso_image_details") or {}).get("min_disk", 1))


def _out_of_bounds(key: str, size: Any, least: int, most: int) -> Iterator[str]:
    if size is not None and not least <= size <= most:
        yield f"{key} is {plain(size)} GiB (allowed: {least} to {most} GiB)"


def _types(server: Inputs, limits: Limits) -> Iterator[str]:
    facts = server.get("volume_types")
    allowed: Sequence[str] = limits["allowed"]
    disks = {"root_volume": server.get("root_volume") or {}}
    disks |= {f"data_volumes[{number}]": disk for number, disk in enumerate(server.get("data_volumes") or [])}
    for key, disk in disks.items():
        kind = str(disk.get("volumetype", ""))
        if allowed and kind not in allowed:
            yield f"{key}.volumetype is {kind!r} (allowed: {', '.join(allowed)})"
        elif facts is not None or kind in volume_types.NEEDS_IOPS:
            reason = volume_types.mismatch(kind, facts or {})
            if reason:
                usable = ", ".join(volume_types.usable(facts or {})) or "others"
                yield f"{key}.volumetype {kind!r} {reason} in {server.get('availability_zone')} (on sale: {usable})"


def _fit_the_iso_image(resources: Sequence[StackResource], _limits: Limits) -> Iterator[StackViolation]:
    """Compare both disks with min_disk of the ISO image, which is known before the ISO image exists."""
    images = {image.urn: image for image in of_kind(resources, IsoImage)}
    for server in of_kind(resources, TempServer):
        for urn in server.property_dependencies.get("iso_image_id", ()):
            if urn in images:
                yield from _smaller(server, images[urn])


def _smaller(server: StackResource, image: StackResource) -> Iterator[StackViolation]:
    least = image.properties.get("min_disk", 0)
    disks = {"root_volume": server.properties.get("root_volume") or {}}
    disks |= {f"data_volumes[{n}]": disk for n, disk in enumerate(server.properties.get("data_volumes") or [])}
    for key, disk in disks.items():
        if disk.get("size") is not None and disk["size"] < least:
            size, required = plain(disk["size"]), plain(least)
            text = f"{key}.size of {server.name!r} is {size} GiB, but min_disk of its ISO image is {required} GiB"
            yield StackViolation(text, server.urn)


RULES = (
    Rule(
        id="server-one-system-one-data-disk",
        kinds=(TempServer,),
        description="A temporary server must have exactly one system disk and one data disk.",
        rationale="The installer writes to the data disk, which becomes the image.",
        source=GUIDE,
        remedy="list exactly one disk under data_volumes",
        evaluate=_one_of_each,
    ),
    Rule(
        id="server-system-disk-size",
        kinds=(TempServer,),
        description="The system disk must be at least as large as min_disk of the ISO image.",
        rationale="The service rejects a smaller system disk.",
        source=CREATE,
        remedy="set root_volume.size to a value in that range",
        evaluate=_system_disk,
        limits=(Limit("max_gib", SIZES, 1024),),
    ),
    Rule(
        id="server-data-disk-size",
        kinds=(TempServer,),
        description="The data disk must hold min_disk of the ISO image and be within the configured bounds.",
        rationale="It becomes the image, so that every server from the image has at least its size.",
        source=f"{CREATE}; IMS API, creating an image from a data disk (system images up to 1 TB)",
        remedy="set data_volumes[0].size to a value in that range",
        evaluate=_data_disk,
        limits=(Limit("min_gib", SIZES, 10), Limit("max_gib", SIZES, 1024)),
    ),
    Rule(
        id="server-volume-types",
        kinds=(TempServer,),
        description="The disk types of a temporary server must be on sale in its zone.",
        rationale="A type that is absent, sold out or requires `iops` fails the build after the ISO image was created.",
        source=f"EVS API, querying disk types; {CREATE}",
        remedy="choose another volumetype",
        evaluate=_types,
        limits=(Limit("allowed", {"type": "array", "items": {"type": "string"}}, []),),
    ),
    StackRule(
        id="stack-disks-fit-iso-image",
        kinds=(IsoImage, TempServer),
        description="Both disks of a temporary server must be at least as large as min_disk of its ISO image.",
        rationale="The service rejects a smaller system disk, and the image is created from the data disk.",
        source=CREATE,
        remedy="enlarge the disk, or lower min_disk",
        evaluate=_fit_the_iso_image,
    ),
)
