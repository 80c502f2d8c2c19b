"""Settings of builds, which a test changes."""

from typing import Any

from config.builds.checked_build import Build


def build(index: int = 0, **changes: Any) -> Build:
    """Return a build, which works in the lab once its network is the lab's."""
    settings = {
        "index": index,
        "name": f"debian-{index}",
        "image_name": f"debian-golden-{index}",
        "image_url": "lab-images:installer.iso",
        "os_version": "Debian GNU/Linux 10.0.0 64bit",
        "min_disk": 10,
        "flavor": "s6.large.2",
        "availability_zone": "lab-1a",
        "vpc_id": "a-vpc",
        "subnet_id": "a-subnet",
        "root_volume": {"volumetype": "SSD", "size": 10},
        "data_volumes": [{"volumetype": "SSD", "size": 10}],
    }
    return Build.model_validate({**settings, **changes})
