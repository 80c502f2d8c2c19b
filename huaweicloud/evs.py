"""Elastic Volume Service."""

from pydantic import Field

from huaweicloud.coalescing import CoalescedReader
from huaweicloud.errors import NotFound
from huaweicloud.models.fields import Count, LenientBool, Moment, StringMap, Tags, Text
from huaweicloud.models.jobs import VolumeJob
from huaweicloud.service import EnterpriseProjects, ProjectId, ResponseModel, Service, all_pages, parse
from huaweicloud.transport.messages import path
from huaweicloud.transport.sender import Authenticator, Sender

__all__ = ["Evs", "Usage", "VolumeAttachment", "VolumeDetails", "VolumeJob", "VolumeQuota", "VolumeType"]

PAGE = 1000


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


class Evs(Service):
    """
    Client of EVS.

    Args:
        base_url: Base URL.
        sender: Sends.
        authenticator: Signs.
        project_id: Gives the id of the project.
        scope: Scope of lists.
    """

    def __init__(
        self,
        base_url: str,
        sender: Sender,
        authenticator: Authenticator,
        project_id: ProjectId,
        scope: EnterpriseProjects | None = None,
    ) -> None:
        super().__init__("evs", base_url, sender, authenticator)
        self._project_id = project_id
        self._scope = scope or EnterpriseProjects()
        self._reader = CoalescedReader(self._read_volume, self.list_volumes, PAGE)

    def get_volume(self, volume_id: str) -> VolumeDetails | None:
        """
        Look at a disk (GET /v2/{project_id}/cloudvolumes/{volume_id}).

        Args:
            volume_id: Id of the disk.

        Returns:
            The disk, or None if there is none. Concurrent reads may share a list request.
        """
        return self._reader.get(volume_id)

    def _read_volume(self, volume_id: str) -> VolumeDetails | None:
        operation = f"look at volume {volume_id}"
        try:
            response = self._send("GET", self._path(volume_id), operation=operation)
        except NotFound:
            return None
        return parse(VolumeDetails, response, "volume", operation=operation)

    def list_volumes(self, name: str | None = None, server_id: str | None = None) -> list[VolumeDetails]:
        """
        List disks (GET /v2/{project_id}/cloudvolumes/detail), all pages.

        Args:
            name: Exact name.
            server_id: Only those that are attached to this server.

        Returns:
            The disks.
        """
        operation = "list volumes"
        query = {"limit": PAGE, "name": name, "server_id": server_id}

        def fetch(read: list[VolumeDetails]) -> list[VolumeDetails]:
            paged = {**query, "offset": len(read) or None}
            response = self._scope.read(
                lambda scope: self._send("GET", self._path("detail"), operation=operation, query={**paged, **scope})
            )
            return parse(list[VolumeDetails], response, "volumes", operation=operation)

        return [volume for volume in all_pages(fetch, PAGE) if name is None or volume.name == name]

    def delete_volume(self, volume_id: str) -> str | None:
        """
        Delete a disk that is not attached (DELETE /v2/{project_id}/cloudvolumes/{volume_id}).

        Args:
            volume_id: Id of the disk.

        Returns:
            The job's id, or None if the disk is gone already.
        """
        operation = f"delete volume {volume_id}"
        try:
            response = self._send("DELETE", self._path(volume_id), operation=operation)
        except NotFound:
            return None
        return parse(str, response, "job_id", operation=operation)

    def get_job(self, job_id: str) -> VolumeJob:
        """
        Look at a job (GET /v1/{project_id}/jobs/{job_id} of EVS).

        Args:
            job_id: Id of the job.

        Returns:
            The job.

        Raises:
            NotFound: The service does not know the job, or not any more.
        """
        operation = f"look at volume job {job_id}"
        response = self._send("GET", path("v1", self._project_id(), "jobs", job_id), operation=operation)
        return parse(VolumeJob, response, operation=operation)

    def list_volume_types(self) -> list[VolumeType]:
        """
        List disk types (GET /v2/{project_id}/types).

        Returns:
            The types.
        """
        operation = "list volume types"
        response = self._send("GET", path("v2", self._project_id(), "types"), operation=operation)
        return parse(list[VolumeType], response, "volume_types", operation=operation)

    def get_quota(self) -> VolumeQuota:
        """
        Look at the quotas (GET /v2/{project_id}/os-quota-sets/{target_project_id}?usage=True).

        Returns:
            The quotas.
        """
        operation = "look at the volume quotas"
        project_id = self._project_id()
        url_path = path("v2", project_id, "os-quota-sets", project_id)
        response = self._send("GET", url_path, operation=operation, query={"usage": "True"})
        return parse(VolumeQuota, response, "quota_set", operation=operation)

    def _path(self, *segments: str) -> str:
        return path("v2", self._project_id(), "cloudvolumes", *segments)
