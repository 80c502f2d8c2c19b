"""Folder of files that all programs of a user share."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder of files that all programs of a user share."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "huaweicloud-image-from-iso"
