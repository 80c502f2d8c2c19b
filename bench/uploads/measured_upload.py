"""Uploads by the resource IsoObject in processes of their own, which are killed or end by themselves."""

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from config.iso_file.iso_upload import upload_location
from config.sign_in import connection
from tests.labs import RunningLab

MIB = 1 << 20
BUCKET = "lab-images"
KILLED_AT = (0.2, 0.45, 0.7)
"""Shares of the parts after which the process is killed."""
PART_BYTES = 5 * MIB
CHUNK = 16 * MIB


def killed_and_continued(lab: RunningLab, path: Path, sha256: str) -> dict[str, Any]:
    """Upload a file with three kills, and return the figures."""
    parts = -(-path.stat().st_size // PART_BYTES)
    began, kills = time.monotonic(), []
    for share in KILLED_AT:
        child = _child(lab, path, sha256)
        while _accepted(lab) < share * parts and child.poll() is None:
            time.sleep(0.5)
        if child.poll() is not None:
            raise RuntimeError(f"the upload ended before it was killed: {child.communicate()[0]}")
        child.kill()
        child.communicate()
        kills.append(_accepted(lab))
        print(f"killed after {kills[-1]} of {parts} parts", file=sys.stderr)
    figures = _end_of(_child(lab, path, sha256))
    return {
        "size_mib": path.stat().st_size // MIB,
        "parts": parts,
        "killed_after_parts": kills,
        "accepted_parts": _accepted(lab),
        "seconds": round(time.monotonic() - began, 1),
        "peak_rss_mib": figures["peak_rss_mib"],
        "rss_before_mib": figures["rss_before_mib"],
    }


def uninterrupted(lab: RunningLab, path: Path, sha256: str) -> float:
    """Upload a file, and return the seconds of the upload alone."""
    return float(_end_of(_child(lab, path, sha256))["seconds"])


def stored_sha256(lab: RunningLab, sha256: str) -> str:
    """Return the digest of an uploaded object, which is read back."""
    store = connection.connect(lab.env["HW_REGION_NAME"], {}, lab.env).obs
    bucket, _, key = upload_location(BUCKET, sha256).partition(":")
    found = store.head_object(bucket, key)
    digest = hashlib.sha256()
    for start in range(0, found.size_bytes if found else 0, CHUNK):
        digest.update(store.read_range(bucket, key, start, CHUNK))
    return digest.hexdigest()


def _accepted(lab: RunningLab) -> int:
    return sum("partNumber" in entry["query"] and entry["status"] == 200 for entry in lab.journal(service="obs"))


def _child(lab: RunningLab, path: Path, sha256: str) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-m", "bench.uploads.uploading_process", str(path), sha256, BUCKET]
    environment = {**os.environ, **lab.env, "XDG_CACHE_HOME": str(path.parent / "cache")}
    return subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)


def _end_of(child: "subprocess.Popen[str]") -> dict[str, Any]:
    output, _ = child.communicate()
    if child.returncode:
        raise RuntimeError(f"the upload failed: {output}")
    figures: dict[str, Any] = json.loads(output.splitlines()[-1])
    return figures
