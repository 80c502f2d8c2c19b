"""Files with the evidence of a test, as a statement names them: by their names and digests, without folders."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MEDIA_TYPES = {".log": "text/plain", ".png": "image/png", ".json": "application/json"}


def described(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Return a descriptor of each file; one that cannot be read any more is left out."""
    found = []
    for file in files:
        try:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError:
            continue
        media_type = MEDIA_TYPES.get(file.suffix, "application/octet-stream")
        found.append({"name": file.name, "digest": {"sha256": digest}, "mediaType": media_type})
    return found
