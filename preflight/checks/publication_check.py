"""
Checks of publication: a channel belongs to one stack, and to one build of a region.

Source: IMS GET /v2/cloudimages; `config/builds/channel_tag.py` describes the tags.
"""

from collections.abc import Iterator

from config.builds.channel_tag import Channel, channel_tag
from config.builds.checked_build import Build
from config.problems import Finding
from preflight.checked_stack import Check, Stack


def checks(stack: Stack) -> list[Check]:
    """Return a check of the channels, if an image is to be published."""
    if not any(build.publish for build in stack.builds):
        return []
    return [
        Check("channels", "ims:images:list", lambda: [*_repeated(stack), *_foreign(stack)], build_needs_it=True),
    ]


def _repeated(stack: Stack) -> Iterator[Finding]:
    """Refuse a channel that two builds of the region publish to, whatever name each of them gives the region."""
    first: dict[Channel, Build] = {}
    for build in stack.builds:
        channel = _channel_of(build)
        if channel is not None and first.setdefault(channel, build) is not build:
            reason = f"is the channel of build {first[channel].name!r} too, but it has one image at a time"
            yield Finding("error", build.key("publish.channel"), channel.name, reason, "choose another channel")


def _foreign(stack: Stack) -> Iterator[Finding]:
    """Refuse a channel that another stack publishes to; without the name of the own stack nothing is known of it."""
    if not stack.digests:
        return
    images = stack.catalog.images()
    for build in stack.builds:
        if (channel := _channel_of(build)) is None:
            continue
        tags = [(image, tag) for image in images if (tag := channel_tag(image.tags, channel))]
        for image, _ in [pair for pair in tags if pair[1].stack not in stack.digests][:1]:
            owner = f"belongs to another stack, which has published image {image.name} ({image.id}) there"
            remedy = f"choose another channel, or delete the tag {channel.key} of that image if its stack is gone"
            key = build.key("publish.channel")
            yield Finding("error", key, channel.name, f"of family {channel.family} {owner}", remedy)


def _channel_of(build: Build) -> Channel | None:
    return Channel(build.publish.family, build.publish.channel) if build.publish else None
