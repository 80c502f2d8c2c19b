"""
Disk types that a temporary server can have in a zone.

Source: EVS GET /v2/{project_id}/types; ECS POST /v1/{project_id}/cloudservers: GPSSD2 and ESSD2 require `iops`.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huaweicloud.evs import VolumeType

NEEDS_IOPS = ("GPSSD2", "ESSD2")
"""Types of disks that cannot be created from type and size alone."""


def offers(known: "Iterable[VolumeType]", zone: str) -> dict[str, str]:
    """Return the status of each disk type in a zone: on sale, sold out or absent."""
    return {kind.name: kind.status_in(zone) for kind in known}


def mismatch(volume_type: str, offered: Mapping[str, str]) -> str:
    """Return the reason why a disk of this type cannot be created; "" if it can."""
    if volume_type in NEEDS_IOPS:
        return "requires iops, which this tool does not set, so that it cannot be used"
    status = offered.get(volume_type, "absent")
    return {"on sale": "", "sold out": "is sold out"}.get(status, "is not offered")


def usable(offered: Mapping[str, str]) -> list[str]:
    """Return the types that can be used."""
    return sorted(kind for kind in offered if not mismatch(kind, offered))
