"""The command ``lab inspect``, which shows facts and findings on an image without booting it."""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from lab.commands.running_lab import control_of
from lab.control_client import Control, segment
from lab.daemon import LabError
from lab.inspection.inspection_table import rendered
from lab.inspection.isolated_inspection import inspect_image

HAS_ERRORS = 1
USUAL_SIZE = (100, 24)
SIMULATED_DISK = b'{"simulated_disk"'
SHOWN = ("id", "name", "type", "disk_format", "firmware", "size_bytes", "virtual_size_gib", "sha256")


def run(options: argparse.Namespace) -> int:
    """
    Inspect the image that the command line names.

    Returns:
        1 if a finding is an error, else 0.

    Raises:
        LabError: There is no such image, or no disk behind it.
    """
    image = _read_image(control_of(options.state), options.image)
    result = inspect_image(Path(image["path"]), image["firmware"])
    if options.json:
        print(json.dumps({"image": {name: image[name] for name in SHOWN}, **result}, indent=2))
    else:
        print(rendered(image, result, shutil.get_terminal_size(USUAL_SIZE).columns), end="")
    return HAS_ERRORS if result["counts"]["error"] else 0


def _read_image(control: Control, reference: str) -> dict[str, Any]:
    image: dict[str, Any] = control.call("GET", f"/images/{segment(reference)}")
    name = f"image {image['name']} ({image['id']})"
    if image["path"] is None:
        why = "it is not finished" if image["status"] != "active" else "it is a record without a disk"
        raise LabError(f"{name} cannot be inspected: {why}")
    if image["type"] == "DataImage":
        raise LabError(f"{name} is the image of a data disk; only images of systems are inspected")
    if image["type"] == "IsoImage":
        raise LabError(f"{name} is an ISO image; inspect the image of a disk that it was installed on")
    with Path(image["path"]).open("rb") as file:
        if file.read(len(SIMULATED_DISK)) == SIMULATED_DISK:
            raise LabError(f"{name} cannot be inspected: simulated servers write no disks; start the lab with QEMU")
    return image
