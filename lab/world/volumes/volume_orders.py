"""Disk types, and callers' orders for disks."""

from dataclasses import dataclass, field

from lab.world.identity.accounts import ZONES
from lab.world.ids import fixed_uuid
from lab.world.records import Image


@dataclass(frozen=True)
class VolumeType:
    """Disk type with the zones that have it, and those where it is sold out."""

    name: str
    zones: tuple[str, ...] = ZONES
    sold_out: tuple[str, ...] = ()
    needs_iops: bool = False
    needs_throughput: bool = False

    @property
    def id(self) -> str:
        return fixed_uuid(f"volume type {self.name}")

    def usable_in(self, zone: str) -> bool:
        return zone in self.zones and zone not in self.sold_out


VOLUME_TYPES = {
    t.name: t
    for t in (
        VolumeType("SATA", sold_out=ZONES),
        VolumeType("SAS"),
        VolumeType("GPSSD"),
        VolumeType("SSD"),
        VolumeType("ESSD", zones=ZONES[1:]),
        VolumeType("GPSSD2", needs_iops=True, needs_throughput=True),
        VolumeType("ESSD2", zones=ZONES[1:], needs_iops=True),
    )
}


@dataclass(frozen=True)
class VolumeOrder:
    """Caller's order for a disk; size in GiB."""

    project_id: str
    user_id: str
    name: str
    size_gib: int
    volume_type: str
    availability_zone: str
    description: str = ""
    image: Image | None = None
    multiattach: bool = False
    passthrough: bool = False
    delete_on_termination: bool = False
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    enterprise_project_id: str = "0"
    iops: int | None = None
    throughput: int | None = None
