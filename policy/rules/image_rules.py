"""Images: names, descriptions, operating system, memory, and whom they are shared with."""

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
        yield f"os_version {image['os_version']!r} is not in the service's list; the nearest are {near}"


def _min_ram(image: Inputs, limits: Limits) -> Iterator[str]:
    value, most = image.get("min_ram", 0), int(limits["max_mib"])
    if not 0 <= value <= most or value != int(value):
        yield f"min_ram is {plain(value)} MiB, allowed are whole numbers from 0 to {most}"


def _sharing(image: Inputs, limits: Limits) -> Iterator[str]:
    allowed = limits["projects"]
    for project in image.get("share_with") or []:
        if project not in allowed:
            yield f"share_with names {project!r}, allowed are {', '.join(allowed) or 'none'}"


RULES = (
    Rule(
        id="image-name",
        kinds=IMAGES,
        description="An image's name is within the service's rules.",
        rationale="The service refuses others (IMG.0002, IMG.0003), after the installation has been paid for.",
        source=f"{ATTRIBUTES}, name",
        remedy="correct image_name",
        judge=_name,
    ),
    Rule(
        id="image-description",
        kinds=IMAGES,
        description="An image's description is within the service's rules.",
        rationale="The service refuses others (IMG.0004, IMG.0054), after the installation has been paid for.",
        source=f"{ATTRIBUTES}, description",
        remedy="correct the description",
        judge=_description,
    ),
    Rule(
        id="image-os-version",
        kinds=IMAGES,
        description="An image's operating system is one that the service knows.",
        rationale="Without it no ISO image is made (IMG.0166), and servers from the image get the wrong drivers.",
        source="IMS API, querying operating systems that images can have",
        remedy="set os_version to an entry of the list",
        judge=_os_version,
    ),
    Rule(
        id="image-min-ram",
        kinds=(CapturedImage,),
        description="An image's min_ram is in the service's range, and not more than is allowed.",
        rationale="The service refuses others (IMG.0055), and no smaller server can be made from the image.",
        source=f"{ATTRIBUTES}, min_ram",
        remedy="lower min_ram (MiB)",
        judge=_min_ram,
        limits=(Limit("max_mib", RAM, 1048576),),
    ),
    Rule(
        id="image-sharing",
        kinds=(CapturedImage,),
        description="An image is shared with allowed accounts only.",
        rationale="Whoever has an image can read everything in it.",
        source="IMS API, sharing an image",
        remedy="remove the project from share_with",
        judge=_sharing,
        limits=(Limit("projects", {"type": "array", "items": {"type": "string"}}, []),),
    ),
)
