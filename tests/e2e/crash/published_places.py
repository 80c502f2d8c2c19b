"""Places of a published image: copies in another region and another project, an export, a share, and the channels."""

from typing import Any

from tests.e2e import stored_uploads
from tests.e2e.cloud import CloudView
from tests.e2e.copy_places import SOUTH, TEAM, view
from tests.e2e.crash.cell import Command
from tests.labs import RunningLab

BUCKET, EXPORTS = "lab-images", "exports/"
SETTING = {
    "family": "debian",
    "channel": "stable",
    "copies": [{"region": "lab-2", "agency": "lab-copier"}, {"region": "team"}],
    "export": {"bucket": BUCKET, "format": "qcow2", "object": EXPORTS + "{build_id}.qcow2"},
}
CHANNEL = "image-channel-stable="
STATEMENT_ENDING = ".provenance.json"
"""End of the key of the statement next to an export, which the component writes."""


def clear(lab: RunningLab) -> None:
    """Delete all copies and exports behind the program's back."""
    for place in _copies(lab):
        place.empty()
    stored_uploads.clear(lab.env, BUCKET, EXPORTS)


def wrong(lab: RunningLab, then: Command) -> list[str]:
    """
    Return what is wrong in the places.

    Args:
        lab: The lab.
        then: Last command.
    """
    exports = stored_uploads.keys(lab.env, BUCKET, EXPORTS)
    copies = [place.images() for place in _copies(lab)]
    counts = [len(images) for images in copies]
    if then == "destroy":
        left = [f"exports are left: {exports}"] if exports else []
        return left + ([f"{counts} copies are left"] if any(counts) else [])
    own = [image for image in CloudView(lab.env).images() if image["virtual_env_type"] == "FusionCompute"]
    exported = [key for key in exports if not key.endswith(STATEMENT_ENDING)]
    found = [] if len(exported) == 1 and len(exports) <= 2 else [f"the exports are {exports}"]
    found += [] if counts == [1, 1] else [f"{counts} copies are there instead of one each"]
    channels = [[_channels(image) for image in images] for images in (own, *copies)]
    found += [] if channels == [[1], [1], [1]] else [f"the images have {channels} channels"]
    members = [CloudView(lab.env).members(image["id"]) for image in own]
    return found + ([] if members == [[TEAM.id]] else [f"the images are shared with {members}"])


def _copies(lab: RunningLab) -> list[CloudView]:
    return [view(lab, project.id) for project in (SOUTH, TEAM)]


def _channels(image: dict[str, Any]) -> int:
    return sum(tag.startswith(CHANNEL) for tag in image["tags"])
