"""The command ``lab inspect``, which shows facts and findings on an image without booting it."""

import argparse
import json
import shutil
from typing import Any

from lab.commands.running_lab import control_of
from lab.control_client import segment
from lab.inspection.inspection_table import rendered

HAS_ERRORS = 1
USUAL_SIZE = (100, 24)


def run(options: argparse.Namespace) -> int:
    """
    Inspect the image that the command line names.

    Returns:
        1 if a finding is an error, else 0.

    Raises:
        LabError: There is no such image, or no disk behind it.
    """
    result: dict[str, Any] = control_of(options.state).call("GET", f"/inspections/{segment(options.image)}")
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        print(rendered(result["image"], result, shutil.get_terminal_size(USUAL_SIZE).columns), end="")
    return HAS_ERRORS if result["counts"]["error"] else 0
