"""Functions of the package, which read the cloud for a program."""

from collections.abc import Callable, Mapping
from typing import Any

from config.suggestions import unknown_key
from huaweicloud.errors import UnexpectedState
from plugin.package.schema_types import token
from plugin.package.spelling import camel
from providers.channels import published_images
from providers.images import found_image
from providers.runtime import clients

GET_IMAGE = "getImage"
PUBLISHED = ("family", "channel")
NAMES = {camel(name): name for name in (*found_image.BY, *PUBLISHED, "region")}


def get_image(args: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return a finished image that this tool has built, in this stack or another one.

    Args:
        args: Region, by default that of the configuration; and `imageId`, `name`, `buildId`, or `family` and `channel`.

    Raises:
        UnexpectedState: The arguments are faulty, or there is no such image.
    """
    for name in args:
        if name not in NAMES:
            raise UnexpectedState(f"{GET_IMAGE}: {name} {unknown_key(name, NAMES)}")
    given = {NAMES[name]: str(value) for name, value in args.items() if value}
    chosen = [name for name in found_image.BY if name in given]
    places = [name for name in PUBLISHED if name in given]
    if (len(chosen), len(places)) not in ((1, 0), (0, len(PUBLISHED))):
        choices = f"{', '.join(map(camel, found_image.BY))}, or {' and '.join(PUBLISHED)}"
        raise UnexpectedState(f"{GET_IMAGE}: give one of {choices}")
    region = given.get("region") or clients.own_region()
    cloud = clients.cloud(region)
    if places:
        image = published_images.find(cloud, given["family"], given["channel"])
    else:
        image = found_image.find(cloud, chosen[0], given[chosen[0]])
    return {camel(key): value for key, value in found_image.described(image, region).items()}


FUNCTIONS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {token(GET_IMAGE): get_image}
"""Functions by token."""
