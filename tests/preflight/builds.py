"""Settings of builds, which a test changes."""

from typing import Any

from config.builds.checked_build import Build
from tests.config.build_problems import BUILD


def build(index: int = 0, **changes: Any) -> Build:
    """Return a build, which works in the lab once its network is the lab's."""
    settings = {
        **BUILD,
        "index": index,
        "name": f"debian-{index}",
        "image_name": f"debian-golden-{index}",
        "image_url": "lab-images:installer.iso",
    }
    return Build.model_validate({**settings, **changes})
