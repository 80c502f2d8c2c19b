"""
Measurement of the upload of a large sparse file, killed three times, and of its throughput beside that of s3cmd.

`python -m bench.uploads`; the object store is the lab's on this machine. `make test-clients` installs s3cmd.
"""

import argparse
import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.uploads.measured_upload import MIB, killed_and_continued, stored_sha256, uninterrupted
from bench.uploads.other_client import put_by_s3cmd
from tests.labs import RunningLab

MOST_MIB = 100.0
"""Limit of the resident memory of the process that uploads."""


def main() -> int:
    """Run it and print the figures as JSON; return 1 if the content is wrong or the memory exceeds its limit."""
    parser = argparse.ArgumentParser(prog="python -m bench.uploads", description=__doc__)
    parser.add_argument("--gib", type=float, default=5.0, help="size of the file that is killed and continued (5)")
    parser.add_argument("--compared-gib", type=float, default=2.0, help="size of the file that s3cmd uploads, too (2)")
    parser.add_argument("--folder", type=Path, help="folder for the object store; default: a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="uploads-", dir=options.folder) as folder:
        lab = RunningLab.start(Path(folder) / "lab", time_scale=1)
        try:
            figures = measure(lab, Path(folder), int(options.gib * 1024) * MIB, int(options.compared_gib * 1024) * MIB)
        finally:
            lab.stop()
    print(json.dumps(figures, indent=2))
    return 0 if figures["digest_is_right"] and figures["peak_rss_mib"] <= MOST_MIB else 1


def measure(lab: RunningLab, folder: Path, size: int, compared: int) -> dict[str, Any]:
    """Return the figures of both parts."""
    large = sparse_file(folder / "large.iso", size)
    print(f"load average {os.getloadavg()[0]:.1f}; uploads {size // MIB} MiB, killed three times", file=sys.stderr)
    figures = killed_and_continued(lab, *large)
    figures["digest_is_right"] = stored_sha256(lab, large[1]) == large[1]
    large[0].unlink()
    small = sparse_file(folder / "compared.iso", compared)
    print(f"uploads {compared // MIB} MiB with both clients", file=sys.stderr)
    own_s = uninterrupted(lab, *small)
    other_s = put_by_s3cmd(lab, small[0])
    rates = {"own_mib_s": compared / MIB / own_s, "s3cmd_mib_s": compared / MIB / other_s}
    return {
        **figures,
        "compared_mib": compared // MIB,
        **{name: round(rate, 1) for name, rate in rates.items()},
        "own_over_s3cmd": round(other_s / own_s, 2),
        "load_average": round(os.getloadavg()[0], 1),
    }


def sparse_file(path: Path, size: int) -> tuple[Path, str]:
    """Write a sparse disc image, and return it with its digest."""
    from tests.isos import iso

    with path.open("wb") as file:
        file.write(iso(path.stem.upper()))
        file.truncate(size)
        file.seek(size - 7)
        file.write(b"the end")
    with path.open("rb") as file:
        return path, hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())
