"""Image Management Service: client."""

from collections.abc import Mapping

from huaweicloud.coalescing import CoalescedReader, SingleFlight
from huaweicloud.errors import ApiError, InvalidResponse, NotFound
from huaweicloud.models.ims import CreateImageFromIso, CreateImageFromVolume, Image, ImageJob, OsVersion, Quota
from huaweicloud.service import ProjectAccess, Query, ResponseModel, TaggingService, all_pages, parse
from huaweicloud.transport.messages import Response, path

__all__ = [
    "CreateImageFromIso",
    "CreateImageFromVolume",
    "Image",
    "ImageJob",
    "Ims",
    "OsVersion",
    "Quota",
]

PAGE = 500
ATTRIBUTE_ABSENT = "IMG.0035"


class _Platform(ResponseModel):
    version_list: list[OsVersion] = []


class _Member(ResponseModel):
    member_id: str


class _QuotaOfType(Quota):
    type: str = ""


class Ims(TaggingService):
    """Client of IMS."""

    name = "ims"
    tagged = "image"

    def __init__(self, base_url: str, access: ProjectAccess) -> None:
        super().__init__(base_url, access)
        self._reader = CoalescedReader(self._read_image, self.list_images, PAGE)
        self._lists: dict[str | None, SingleFlight[Image]] = {}

    def create_image_from_iso(self, request: CreateImageFromIso) -> str:
        """
        Register an ISO file as an ISO image (POST /v2/cloudimages/action, type IsoImage).

        Args:
            request: Image to create.

        Returns:
            Id of the job.
        """
        return self._create(request, f"create the ISO image {request.name} from {request.image_url}")

    def create_image_from_volume(self, request: CreateImageFromVolume) -> str:
        """
        Create a system image from a data disk (POST /v2/cloudimages/action, type ECS).

        Args:
            request: Image to create.

        Returns:
            Id of the job.
        """
        return self._create(request, f"create the image {request.name} from volume {request.volume_id}")

    def get_job(self, job_id: str) -> ImageJob:
        """
        Get a job (GET /v1/{project_id}/jobs/{job_id}).

        Args:
            job_id: Id of the job.

        Returns:
            The job.

        Raises:
            NotFound: The service does not know the job, or no longer knows it. Not documented: the HTTP status.
        """
        operation = f"get image job {job_id}"
        response = self._send("GET", path("v1", self._project_id(), "jobs", job_id), operation=operation)
        return parse(ImageJob, response, operation=operation)

    def get_image(self, image_id: str, *, confirm: bool = True) -> Image | None:
        """
        Get an image (GET /v2/cloudimages?id=).

        Args:
            image_id: Id of the image.
            confirm: Whether to read it by its id if a shared list lacks it.

        Returns:
            The image, or None if there is none. Concurrent reads may share a list request.
        """
        return self._reader.get(image_id, confirm=confirm)

    def _read_image(self, image_id: str) -> Image | None:
        operation = f"get image {image_id}"
        try:
            response = self._list(operation, {"id": image_id})
        except NotFound:
            return None
        images = parse(list[Image], response, "images", operation=operation)
        return next((image for image in images if image.id == image_id and image.status != "deleted"), None)

    def list_images(
        self,
        *,
        name: str | None = None,
        image_type: str | None = "private",
        virtual_env_type: str | None = None,
        tag: str | None = None,
        status: str | None = None,
    ) -> list[Image]:
        """
        List images (GET /v2/cloudimages), all pages.

        Args:
            name: Exact name.
            image_type: Visibility: private, gold (public), shared or market.
            virtual_env_type: Kind of image: FusionCompute, IsoImage, DataImage or Ironic.
            tag: Tag as `key=value`.
            status: State: active, queued, saving, killed or deleted.

        Returns:
            The images, newest first. Concurrent reads of all images of a type share one list request.
        """
        query = {
            "__imagetype": image_type,
            "name": name,
            "virtual_env_type": virtual_env_type,
            "tag": tag,
            "status": status,
            "limit": PAGE,
        }
        if image_type != "private" or name or tag or status:
            return self._all_pages(query)
        shared = self._lists.setdefault(virtual_env_type, SingleFlight(lambda: self._all_pages(query)))
        return shared.read()

    def _list(self, operation: str, query: Query) -> Response:
        return self._scope.read(
            lambda scope: self._send("GET", "/v2/cloudimages", operation=operation, query={**query, **scope})
        )

    def _all_pages(self, query: Mapping[str, str | int | None]) -> list[Image]:
        operation = "list images"

        def fetch(read: list[Image]) -> list[Image]:
            paged = {**query, "marker": read[-1].id if read else None}
            response = self._list(operation, paged)
            return parse(list[Image], response, "images", operation=operation)

        return all_pages(fetch, PAGE)

    def delete_image(self, image_id: str) -> None:
        """
        Delete an image (DELETE /v2/images/{image_id}).

        An image that no longer exists is a success. A deleted image may still be listed for a while.

        Args:
            image_id: Id of the image.
        """
        try:
            self._send(
                "DELETE", path("v2", "images", image_id), operation="delete image", resource=image_id, parse_json=False
            )
        except NotFound:
            return

    def update_image(self, image_id: str, changes: Mapping[str, str | int | None]) -> Image:
        """
        Change attributes of an active image (PATCH /v2/cloudimages/{image_id}).

        Args:
            image_id: Id of the image.
            changes: New values by attribute, such as name, __description, min_ram; None removes the attribute.

        Returns:
            The changed image.
        """
        try:
            return self._patch(image_id, changes, "replace")
        except ApiError as error:
            if error.code != ATTRIBUTE_ABSENT:
                raise
        # An attribute that was never set can be added but not replaced; the error does not name it.
        image: Image | None = None
        for attribute, value in changes.items():
            image = self._replace_or_add(image_id, {attribute: value})
        if image is None:
            raise InvalidResponse(f"Could not change image {image_id}: no attribute was given")
        return image

    def list_members(self, image_id: str) -> list[str]:
        """
        List the projects that an image is shared with (GET /v2/images/{image_id}/members).

        Args:
            image_id: Id of the image.

        Returns:
            Ids of the projects.
        """
        operation = f"list the members of image {image_id}"
        response = self._send("GET", path("v2", "images", image_id, "members"), operation=operation)
        return [member.member_id for member in parse(list[_Member], response, "members", operation=operation)]

    def add_member(self, image_id: str, project_id: str) -> None:
        """
        Share an image with a project of the same region (POST /v2/images/{image_id}/members).

        Args:
            image_id: Id of the image.
            project_id: Id of the project; its users must accept the image.
        """
        url_path = path("v2", "images", image_id, "members")
        operation = f"share image {image_id} with project {project_id}"
        self._send("POST", url_path, operation=operation, body={"member": project_id})

    def remove_member(self, image_id: str, project_id: str) -> None:
        """
        Stop sharing an image with a project (DELETE /v2/images/{image_id}/members/{member_id}).

        Args:
            image_id: Id of the image.
            project_id: Id of the project; it is a success if the image is not shared with it.
        """
        url_path = path("v2", "images", image_id, "members", project_id)
        operation = f"stop sharing image {image_id} with project {project_id}"
        try:
            self._send("DELETE", url_path, operation=operation, parse_json=False)
        except NotFound:
            return

    def list_os_versions(self, tag: str | None = None) -> list[OsVersion]:
        """
        List the operating systems that the cloud knows (GET /v1/cloudimages/os_version).

        Args:
            tag: Property of the versions: x86, arm, uefi or bms.

        Returns:
            All versions of all platforms.
        """
        operation = "list operating system versions"
        response = self._send("GET", "/v1/cloudimages/os_version", operation=operation, query={"tag": tag})
        platforms = parse(list[_Platform], response, operation=operation)
        return [version for platform in platforms for version in platform.version_list]

    def get_quota(self) -> Quota:
        """
        Get the quota of private images (GET /v1/cloudimages/quota).

        Returns:
            Number in use and limit.
        """
        operation = "get the image quota"
        response = self._send("GET", "/v1/cloudimages/quota", operation=operation)
        quotas = parse(list[_QuotaOfType], response, "quotas", "resources", operation=operation)
        for quota in quotas:
            if quota.type == "image":
                return Quota(used=quota.used, limit=quota.limit)
        raise InvalidResponse(f"Could not {operation}: the response has no quota of type image")

    def _create(self, request: CreateImageFromIso | CreateImageFromVolume, operation: str) -> str:
        response = self._send("POST", "/v2/cloudimages/action", operation=operation, body=request.body())
        return parse(str, response, "job_id", operation=operation)

    def _replace_or_add(self, image_id: str, change: Mapping[str, str | int | None]) -> Image:
        try:
            return self._patch(image_id, change, "replace")
        except ApiError as error:
            if error.code != ATTRIBUTE_ABSENT:
                raise
            return self._patch(image_id, change, "add")

    def _patch(self, image_id: str, changes: Mapping[str, str | int | None], verb: str) -> Image:
        body = [
            {"op": "remove", "path": f"/{attribute}", "value": ""}
            if value is None
            else {"op": verb, "path": f"/{attribute}", "value": value}
            for attribute, value in changes.items()
        ]
        operation = f"change {', '.join(changes)} of image {image_id}"
        response = self._send(
            "PATCH", path("v2", "cloudimages", image_id), operation=operation, body=body, idempotent=True
        )
        return parse(Image, response, operation=operation)

    def _tags_path(self, resource_id: str) -> str:
        """Return the path of POST /v2/{project_id}/images/{image_id}/tags/action."""
        return path("v2", self._project_id(), "images", resource_id, "tags", "action")
