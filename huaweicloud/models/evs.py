"""Elastic Volume Service: models of the responses."""

from pydantic import Field

from huaweicloud.models.fields import Count, LenientBool, Moment, StringMap, Tags, Text
from huaweicloud.service import ResponseModel


class VolumeAttachment(ResponseModel):
    """Attachment of a disk to a server."""

    server_id: Text = ""
    device: Text = ""


class VolumeDetails(ResponseModel):
    """
    A disk.

    Attributes:
        status: State: available, in-use, creating, deleting, error and so on.
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
        extra_specs: All properties, by the cloud's names.
    """

    id: Text = ""
    name: str
    extra_specs: StringMap = Field(default_factory=dict)

    def status_in(self, zone: str) -> str:
        """
        Return the sales status of this disk type in a zone.

        Args:
            zone: Name of the availability zone.

        Returns:
            Status "on sale", "sold out" or "absent".
        """
        if zone not in _names(self.extra_specs.get("RESKEY:availability_zones", "")):
            return "absent"
        sold_out = _names(self.extra_specs.get("os-vendor-extended:sold_out_availability_zones", ""))
        return "sold out" if zone in sold_out else "on sale"


def _names(listed: str) -> list[str]:
    return [name.strip() for name in listed.split(",")]


class Usage(ResponseModel):
    """Use and limit of one quota; -1 is no limit."""

    limit: Count = -1
    in_use: Count = 0
    reserved: Count = 0

    @property
    def used(self) -> int:
        """Return the amount in use or reserved."""
        return self.in_use + self.reserved


class VolumeQuota(ResponseModel):
    """Disk quotas of the account: number and total size (GiB)."""

    volumes: Usage = Usage()
    gigabytes: Usage = Usage()
