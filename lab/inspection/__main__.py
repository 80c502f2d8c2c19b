"""Process that inspects one image file and prints the result as JSON: FILE, boot mode, seconds."""

import json
import sys
from pathlib import Path

from lab.inspection.disk.limits import Budget
from lab.inspection.image_inspection import Firmware, inspect_file
from lab.inspection.isolated_inspection import confine


def main(path: str, boot_mode: str, seconds: str) -> int:
    """Inspect an image file under the limits of this process."""
    firmware: Firmware = "uefi" if boot_mode == "uefi" else "bios"
    confine()
    print(json.dumps(inspect_file(Path(path), firmware, Budget(float(seconds))).as_json()))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
