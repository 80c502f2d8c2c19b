"""Elastic Volume Service: models of the responses."""

from pydantic import Field

from huaweicloud.models.fields import Count, LenientBool, Moment, StringMap, Tags, Text
from huaweicloud.service import ResponseModel


class VolumeAttachment(ResponseModel):
    """Where a disk is attached."""

    server_id: Text = ""
    device: Text = ""


class VolumeDetails(ResponseModel):
    """
    A disk.

    Attributes:
        status: available, in-use, creating, deleting, error and so on.
        size: Size (GiB).
    """

    id: str
    name: Text = ""
    status: Text = ""
    size: Count = 0
    volume_type: Text = ""
    bootable: LenientBool = False
    availability_zone: Text = ""
    attachments: list[VolumeAttachment] = Field(default_factory=list)
    metadata: StringMap = Field(default_factory=dict)
    tags: Tags = Field(default_factory=dict)
    created_at: Moment = None


class VolumeType(ResponseModel):
    """
    A disk type.

    Attributes:
        extra_specs: All properties, as the cloud names them.
    """

    id: Text = ""
    name: str
    extra_specs: StringMap = Field(default_factory=dict)

    def status_in(self, zone: str) -> str:
        """
        Say whether disks of this type can be had in a zone.

        Args:
            zone: Availability zone.

        Returns:
            on sale, sold out or absent.
        """
        if zone not in _names(self.extra_specs.get("RESKEY:availability_zones", "")):
            return "absent"
        sold_out = _names(self.extra_specs.get("os-vendor-extended:sold_out_availability_zones", ""))
        return "sold out" if zone in sold_out else "on sale"


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",")]


class Usage(ResponseModel):
    """How much of something there is and may be; -1 is no limit."""

    limit: Count = -1
    in_use: Count = 0
    reserved: Count = 0

    @property
    def used(self) -> int:
        """How much of it is taken, or about to be."""
        return self.in_use + self.reserved


class VolumeQuota(ResponseModel):
    """The account's quotas for disks: their number, and their size together (GiB)."""

    volumes: Usage = Usage()
    gigabytes: Usage = Usage()
