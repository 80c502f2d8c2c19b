"""Which disk types a temporary server can have in a zone.

Source: EVS GET /v2/{project_id}/types; ECS POST /v1/{project_id}/cloudservers: GPSSD2 and ESSD2 want `iops` as well.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from huaweicloud.evs import VolumeType

NEEDS_IOPS = ("GPSSD2", "ESSD2")
"""Types whose disks cannot be made from type and size alone."""


def offers(known: "Iterable[VolumeType]", zone: str) -> dict[str, str]:
    """How each disk type stands in a zone: on sale, sold out or absent."""
    return {kind.name: kind.status_in(zone) for kind in known}


def mismatch(volume_type: str, offered: Mapping[str, str]) -> str:
    """Why a disk of this type cannot be made; "" where it can."""
    if volume_type in NEEDS_IOPS:
        return "needs iops, which a temporary server is not given, and cannot be had"
    status = offered.get(volume_type, "absent")
    return {"on sale": "", "sold out": "is sold out"}.get(status, "is not offered")


def usable(offered: Mapping[str, str]) -> list[str]:
    """The types that can be had."""
    return sorted(kind for kind in offered if not mismatch(kind, offered))
