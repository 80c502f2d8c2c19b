"""A build without problems, and the problems of others as lines."""

from typing import Any

from config.builds import build_reading
from config.builds.build_settings import BuildSettings

BUILD = {
    "name": "debian",
    "image_name": "debian-12",
    "image_url": "images:debian-12.iso",
    "os_version": "Debian GNU/Linux 10.0.0 64bit",
    "min_disk": 10,
    "flavor": "s6.large.2",
    "availability_zone": "lab-1a",
    "vpc_id": "a-vpc",
    "subnet_id": "a-subnet",
    "root_volume": {"volumetype": "SSD", "size": 10},
    "data_volumes": [{"volumetype": "SSD", "size": 10}],
}


def read_builds(builds: list[Any], defaults: dict[str, Any] | None) -> tuple[list[BuildSettings], list[str]]:
    """Return the builds without problems, and the problems as lines."""
    good, problems = build_reading.read_builds(builds, defaults)
    return good, [str(problem) for problem in problems]


def faults_of(**changes):
    return read_builds([{**BUILD, **changes}], {})[1]
