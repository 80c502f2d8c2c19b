"""Publication of a finished image: the family and the channel by which readers find it."""

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from config.builds.distribution import CopyTarget, ExportTarget
from config.builds.settings_model import UPDATE, Settings
from config.constraints import MAX_TAGS, ProjectId
from config.constraints import OWN_TAGS as OWNERSHIP_TAGS
from config.documentation.settings_documentation import Setting

MAX_FAMILY = 43
MAX_CHANNEL = 20
FAMILY_KEY = "image-family"
"""Key of the tag that names the family of a published image."""
CHANNEL_KEY = "image-channel-"
"""Beginning of the keys of the tags that name the channels of a published image."""
OWN_TAGS = 4
"""Tags of a published image: provenance, family, channel, and a second channel while it is promoted."""


def _family(value: str) -> str:
    if not re.fullmatch(rf"[A-Za-z0-9._-]{{1,{MAX_FAMILY}}}", value):
        raise ValueError(f"must have 1 to {MAX_FAMILY} letters, digits, '-', '_' or '.': it is the value of a tag")
    return value


def _channel(value: str) -> str:
    if not re.fullmatch(rf"[a-z0-9-]{{1,{MAX_CHANNEL}}}", value):
        limits = f"must have 1 to {MAX_CHANNEL} lower-case letters, digits or '-'"
        raise ValueError(f"{limits}: it is a part of the key of a tag")
    return value


FamilyName = Annotated[str, AfterValidator(_family)]
"""Values of tags: IMS "image attributes", at most 43 letters, digits, `_`, `-`, `.`."""
ChannelName = Annotated[str, AfterValidator(_channel)]
"""Part of the key of a tag: IMS "image attributes", keys have at most 36 letters, digits, `_`, `-`."""


class Publication(Settings):
    """Publication of the finished image: its place among the images that others use."""

    family: Annotated[
        FamilyName,
        Setting(
            f"family of the image, such as `debian-12`: 1 to {MAX_FAMILY} letters, digits, `-`, `_`, `.`",
            default="required with `publish`",
            on_change=UPDATE,
        ),
    ]
    channel: Annotated[
        ChannelName,
        Setting(
            "channel of the family that has this image, such as `stable`; it has one image at a time: 1 to "
            f"{MAX_CHANNEL} lower-case letters, digits, `-`",
            default="required with `publish`",
            on_change=UPDATE,
        ),
    ]
    copies: Annotated[
        list[CopyTarget],
        Field(max_length=20),
        Setting(
            "copies of the image, one for each region or project",
            on_change="copies of the present image, before it is published",
        ),
    ] = []
    export: Annotated[
        ExportTarget | None,
        Setting("object that the image is exported to", default="none", on_change="an export of the present image"),
    ] = None
    share_with: Annotated[
        list[ProjectId],
        Field(max_length=128),
        Setting("another name of `share_with` of the build", on_change=UPDATE),
    ] = []

    @field_validator("copies")
    @classmethod
    def _each_region_once(cls, value: list[CopyTarget]) -> list[CopyTarget]:
        regions = [copy.region for copy in value]
        repeated = sorted({region for region in regions if regions.count(region) > 1})
        if repeated:
            raise ValueError(f"name region {repeated[0]!r} more than once")
        return value


def is_of_publication(key: str) -> bool:
    """Return True for every spelling of a key by which images are published."""
    plain = key.strip().casefold()
    return plain == FAMILY_KEY or plain.startswith(CHANNEL_KEY)


def problem_of_tags(tags: Mapping[str, str]) -> str:
    """Return the problem of the user's tags of an image that is published; "" if there is none."""
    reserved = [key for key in tags if is_of_publication(key)]
    if reserved:
        return f"key {reserved[0]!r} is reserved for publication, see `publish`: choose another key"
    most = MAX_TAGS - OWNERSHIP_TAGS - OWN_TAGS
    if len(tags) > most:
        own = f"the services allow {MAX_TAGS}, one is the ownership tag, and a published image needs {OWN_TAGS}"
        return f"at most {most} tags in a build with `publish`: {own}"
    return ""


def stack_digest(project: str, stack: str) -> str:
    """
    Return a digest of a stack, by which a channel shows who publishes to it.

    Args:
        project: Name of the project.
        stack: Name of the stack, without its organization.
    """
    return _digest(f"{project}/{stack}", 10)


def publisher_of(project: str, stack: str, build: str) -> str:
    """Return a digest of a stack, and one of a build or another publisher of the stack: `<stack>.<build>`."""
    return f"{stack_digest(project, stack)}.{_digest(build, 6)}"


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
