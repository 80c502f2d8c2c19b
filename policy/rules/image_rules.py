"""Rules for images: names, descriptions, operating system, memory and sharing."""

from collections.abc import Iterator

from config.constraints import Description, ImageName
from policy.rule import CapturedImage, Inputs, IsoImage, Limit, Limits, Rule, plain
from policy.values import violations_of

ATTRIBUTES = "IMS API, image attributes"
IMAGES = (IsoImage, CapturedImage)
RAM = {"type": "integer", "minimum": 0, "maximum": 1048576}


def _name(image: Inputs, _limits: Limits) -> Iterator[str]:
    yield from violations_of("name", ImageName, image["name"])


def _description(image: Inputs, _limits: Limits) -> Iterator[str]:
    yield from violations_of("description", Description, image.get("description", ""))


def _os_version(image: Inputs, _limits: Limits) -> Iterator[str]:
    details = image.get("os_version_details") or {}
    if details.get("known") is False:
        near = ", ".join(map(repr, details.get("nearest", [])))
        yield f"os_version {image['os_version']!r} is not in the service's list (closest: {near})"


def _min_ram(image: Inputs, limits: Limits) -> Iterator[str]:
    value, most = image.get("min_ram", 0), int(limits["max_mib"])
    if not 0 <= value <= most or value != int(value):
        yield f"min_ram is {plain(value)} MiB (allowed: whole numbers from 0 to {most})"


def _sharing(image: Inputs, limits: Limits) -> Iterator[str]:
    allowed = limits["projects"]
    for project in image.get("share_with") or []:
        if project not in allowed:
            yield f"share_with contains {project!r} (allowed: {', '.join(allowed) or 'none'})"


RULES = (
    Rule(
        id="image-name",
        kinds=IMAGES,
        description="The name of an image must comply with the service's rules.",
        rationale="The service rejects other names (IMG.0002, IMG.0003) after the installation has been paid for.",
        source=f"{ATTRIBUTES}, name",
        remedy="correct image_name",
        evaluate=_name,
    ),
    Rule(
        id="image-description",
        kinds=IMAGES,
        description="The description of an image must comply with the service's rules.",
        rationale="The service rejects others (IMG.0004, IMG.0054) after the installation has been paid for.",
        source=f"{ATTRIBUTES}, description",
        remedy="correct the description",
        evaluate=_description,
    ),
    Rule(
        id="image-os-version",
        kinds=IMAGES,
        description="The operating system of an image must be in the service's list.",
        rationale="Otherwise the import fails (IMG.0166), and servers from the image get the wrong drivers.",
        source="IMS API, querying operating systems that images can have",
        remedy="set os_version to an entry of the list",
        evaluate=_os_version,
    ),
    Rule(
        id="image-min-ram",
        kinds=(CapturedImage,),
        description="min_ram of an image must be in the service's range and within max_mib.",
        rationale="The service rejects others (IMG.0055), and the image is useless for servers with less memory.",
        source=f"{ATTRIBUTES}, min_ram",
        remedy="lower min_ram (MiB)",
        evaluate=_min_ram,
        limits=(Limit("max_mib", RAM, 1048576),),
    ),
    Rule(
        id="image-sharing",
        kinds=(CapturedImage,),
        description="An image must be shared with allowed projects only.",
        rationale="Whoever has access to an image can read everything in it.",
        source="IMS API, sharing an image",
        remedy="remove the project from share_with",
        evaluate=_sharing,
        limits=(Limit("projects", {"type": "array", "items": {"type": "string"}}, []),),
    ),
)
