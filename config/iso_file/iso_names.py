"""Names of ISO files for messages: the file on this machine that `make up ISO=file` has put into the object store."""

import json
import os

VARIABLE = "IMAGE_FROM_ISO_NAMES"
"""JSON object of file names by location, `{"lab-images:installer.iso": "~/debian.iso"}`. Set by `make`."""


def shown_location(image_url: str) -> str:
    """
    Return a location for a message, with the name of the user's file in front of it where that is known.

    Args:
        image_url: Location in the object store, `<bucket>:<object>`.
    """
    try:
        names = json.loads(os.environ.get(VARIABLE) or "{}")
        name = names.get(image_url)
    except (ValueError, AttributeError):
        name = None
    if not isinstance(name, str) or not name:
        return image_url
    return f"{name.encode('utf-8', 'backslashreplace').decode()} ({image_url})"
