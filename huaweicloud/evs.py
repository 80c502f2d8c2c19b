"""Elastic Volume Service: client."""

from huaweicloud.coalescing import CoalescedReader
from huaweicloud.errors import NotFound
from huaweicloud.models.evs import Usage, VolumeAttachment, VolumeDetails, VolumeQuota, VolumeType
from huaweicloud.models.jobs import VolumeJob
from huaweicloud.service import ProjectAccess, ProjectService, all_pages, parse
from huaweicloud.transport.messages import path

__all__ = ["Evs", "Usage", "VolumeAttachment", "VolumeDetails", "VolumeJob", "VolumeQuota", "VolumeType"]

PAGE = 1000


class Evs(ProjectService):
    """Client of EVS."""

    name = "evs"

    def __init__(self, base_url: str, access: ProjectAccess) -> None:
        super().__init__(base_url, access)
        self._reader = CoalescedReader(self._read_volume, self.list_volumes, PAGE)

    def get_volume(self, volume_id: str) -> VolumeDetails | None:
        """
        Get a disk (GET /v2/{project_id}/cloudvolumes/{volume_id}).

        Args:
            volume_id: Id of the disk.

        Returns:
            The disk, or None if there is none. Concurrent reads may share a list request.
        """
        return self._reader.get(volume_id)

    def _read_volume(self, volume_id: str) -> VolumeDetails | None:
        operation = f"get volume {volume_id}"
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
            server_id: Id of a server, to list only its disks.

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
            Id of the job, or None if the disk no longer exists.
        """
        operation = f"delete volume {volume_id}"
        try:
            response = self._send("DELETE", self._path(volume_id), operation=operation)
        except NotFound:
            return None
        return parse(str, response, "job_id", operation=operation)

    def get_job(self, job_id: str) -> VolumeJob:
        """
        Get a job (GET /v1/{project_id}/jobs/{job_id} of EVS).

        Args:
            job_id: Id of the job.

        Returns:
            The job.

        Raises:
            NotFound: The service does not know the job, or no longer knows it.
        """
        operation = f"get volume job {job_id}"
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
        Get the quotas (GET /v2/{project_id}/os-quota-sets/{target_project_id}?usage=True).

        Returns:
            The quotas.
        """
        operation = "get the volume quotas"
        project_id = self._project_id()
        url_path = path("v2", project_id, "os-quota-sets", project_id)
        response = self._send("GET", url_path, operation=operation, query={"usage": "True"})
        return parse(VolumeQuota, response, "quota_set", operation=operation)

    def _path(self, *segments: str) -> str:
        return path("v2", self._project_id(), "cloudvolumes", *segments)
