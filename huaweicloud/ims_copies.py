"""Image Management Service: client of copies, exports, and the decisions of projects that images are shared with."""

from typing import Literal

from huaweicloud.errors import NotFound
from huaweicloud.models.ims import CopyImage, CopyImageToRegion, ExportImage
from huaweicloud.service import ProjectService, ResponseModel, parse
from huaweicloud.transport.messages import path

Decision = Literal["accepted", "rejected"]


class _Member(ResponseModel):
    member_id: str
    status: str = ""


class ImsCopies(ProjectService):
    """Client of the operations of IMS that take an image elsewhere."""

    name = "ims"

    def copy_image(self, image_id: str, request: CopyImage) -> str:
        """
        Copy an image within its region (POST /v1/cloudimages/{image_id}/copy).

        The copy belongs to the project of the request, also that of an image which is shared with it.

        Args:
            image_id: Id of the image.
            request: Copy to create.

        Returns:
            Id of the job.
        """
        return self._start(f"copy image {image_id} as {request.name}", image_id, "copy", request)

    def copy_image_to_region(self, image_id: str, request: CopyImageToRegion) -> str:
        """
        Copy an image into a project of another region (POST /v1/cloudimages/{image_id}/cross_region_copy).

        Args:
            image_id: Id of the image.
            request: Copy to create.

        Returns:
            Id of the job, which this region carries out.
        """
        operation = f"copy image {image_id} to {request.region} as {request.name}"
        return self._start(operation, image_id, "cross_region_copy", request)

    def export_image(self, image_id: str, request: ExportImage) -> str:
        """
        Export an image to a bucket of its region (POST /v1/cloudimages/{image_id}/file).

        Args:
            image_id: Id of the image.
            request: Object to write.

        Returns:
            Id of the job.
        """
        return self._start(f"export image {image_id} to {request.bucket_url}", image_id, "file", request)

    def _start(
        self, operation: str, image_id: str, action: str, request: CopyImage | CopyImageToRegion | ExportImage
    ) -> str:
        """Send a request that starts a job, and return the id of the job."""
        response = self._send("POST", _path(image_id, action), operation=operation, body=request.body())
        return parse(str, response, "job_id", operation=operation)

    def decision(self, image_id: str) -> str | None:
        """
        Return the decision of this project about an image that is shared with it.

        Source: GET /v2/images/{image_id}/members, which shows a receiver only itself.

        Args:
            image_id: Id of the image.

        Returns:
            accepted, rejected or pending; None if the image is not shared with this project.
        """
        own, operation = self._project_id(), f"read the members of image {image_id}"
        try:
            response = self._send("GET", path("v2", "images", image_id, "members"), operation=operation)
        except NotFound:
            return None
        members = parse(list[_Member], response, "members", operation=operation)
        return next((member.status for member in members if member.member_id == own), None)

    def decide(self, image_id: str, decision: Decision) -> None:
        """
        Accept or reject an image that is shared with this project (PUT /v2/images/{image_id}/members/{member_id}).

        Args:
            image_id: Id of the image.
            decision: Either accepted or rejected.

        Raises:
            NotFound: The image is not shared with this project, or does not exist.
        """
        url_path = path("v2", "images", image_id, "members", self._project_id())
        operation = f"mark image {image_id} as {decision}"
        self._send("PUT", url_path, operation=operation, body={"status": decision}, idempotent=True)


def _path(image_id: str, operation: str) -> str:
    return path("v1", "cloudimages", image_id, operation)
