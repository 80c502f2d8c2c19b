"""Stacks that publish their image, and the images that a channel points to."""

from typing import Any

from config.builds.channel_tag import Channel
from providers.channels import published_images
from providers.runtime import clients
from tests.providers.stack import Stack

FAMILY = "debian-12"


def published(stack: Stack, channel: str = "stable", family: str = FAMILY, **settings: Any) -> Stack:
    stack.settings = {**stack.settings, "publish": {"family": family, "channel": channel}, **settings}
    return stack


def reader(stack: Stack, channel: str = "stable", family: str = FAMILY) -> str:
    """Return the id of the image that a reader finds."""
    return published_images.find(clients.cloud(stack.env["HW_REGION_NAME"]), family, channel).id


def pointing(stack: Stack, channel: str = "stable", family: str = FAMILY) -> list[str]:
    """Return the ids of all images that carry a channel."""
    cloud = clients.cloud(stack.env["HW_REGION_NAME"])
    return [image.id for image in published_images.holders(cloud, Channel(family, channel))]


def tags(stack: Stack, image_id: str) -> dict[str, str]:
    image = clients.cloud(stack.env["HW_REGION_NAME"]).ims.get_image(image_id)
    assert image is not None
    return dict(image.tags)
