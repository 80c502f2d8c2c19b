"""Inspection in a process of its own, which can neither write a file nor use more memory and time than it may."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

from lab.inspection.disk.limits import MAX_SECONDS, MIB
from lab.inspection.findings import BOOT_IT, Inspection

MEMORY_BYTES = 1024 * MIB
GRACE_S = 5.0
"""Time that the process has beyond its own limit, before it is killed."""
PROJECT = Path(__file__).resolve().parents[2]


def inspect_image(path: Path, firmware: Literal["bios", "uefi"], seconds: float = MAX_SECONDS) -> dict[str, Any]:
    """
    Inspect an image file in a process of its own, and return facts, findings and their numbers.

    A server of many clients calls this in a worker thread. A process that fails is a finding, too.

    Args:
        path: Image file, qcow2 or raw; it is only read.
        firmware: Boot mode of the image.
        seconds: Longest duration.
    """
    command = [sys.executable, "-P", "-m", "lab.inspection", str(path.absolute()), firmware, str(seconds)]
    try:
        done = subprocess.run(
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds + GRACE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _failed(f"it did not end within {seconds + GRACE_S:g} s")
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        return _failed(lines[-1] if lines else f"its process ended with status {done.returncode}")
    return found


def confine() -> None:
    """Take from this process and its children the right to write files, and memory and processor time beyond limits."""
    limits = (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, int(MAX_SECONDS + GRACE_S)),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, limit in limits:
        highest = resource.getrlimit(kind)[1]
        allowed = limit if highest == resource.RLIM_INFINITY else min(limit, highest)
        resource.setrlimit(kind, (allowed, allowed))


def _environment() -> dict[str, str]:
    """Return an environment without credentials, in which the process finds this package."""
    kept = {"PATH": os.environ.get("PATH", os.defpath)}
    folders = (str(PROJECT), os.environ.get("PYTHONPATH", ""))
    return {**kept, "PYTHONPATH": os.pathsep.join(folder for folder in folders if folder), "LC_ALL": "C.UTF-8"}


def _failed(reason: str) -> dict[str, Any]:
    inspection = Inspection()
    inspection.report("error", "inspection-failed", f"The inspection failed: {reason}.", BOOT_IT)
    return inspection.as_json()
