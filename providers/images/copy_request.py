"""
Request for a copy of an image, by the place that it goes to: another region, another project, or its own project.

An image is copied to another region by the service itself, through an agency. A project of the same region copies an
image that is shared with it and that it has accepted; the sharing ends with the copy. Source: IMS "replicating an image
within a region" and "across regions", image sharing FAQ ("replicate the shared images to private images").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from huaweicloud.errors import UnexpectedState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from huaweicloud.cloud import Cloud

Way = Literal["region", "project", "own"]
"""Other region, other project of the region, or the project of the image itself."""


class CopyRequest(NamedTuple):
    """
    Request for a copy.

    Attributes:
        source: Client of the image's region and project.
        target: Client of the copy's region and project.
        image_id: Id of the image.
        name: Name of the copy while it is not tagged.
        description: Description of the copy.
        agency: Agency for a copy to another region.
        enterprise_project_id: Enterprise project of a copy within the region.
        share_with: Ids of the projects that the image is shared with in any case.
    """

    source: Cloud
    target: Cloud
    image_id: str
    name: str
    description: str
    agency: str | None = None
    enterprise_project_id: str | None = None
    share_with: Sequence[str] = ()

    @property
    def way(self) -> Way:
        """Return the way to the copy."""
        return way(self.source, self.target)

    @property
    def jobs(self) -> Cloud:
        """Return the client of the project whose jobs copy."""
        return self.target if self.way == "project" else self.source

    def send(self) -> str:
        """
        Send the request, and return the id of its job.

        Raises:
            CloudError: The request was refused.
        """
        from huaweicloud.models.ims import CopyImage, CopyImageToRegion

        if self.way == "region":
            request = CopyImageToRegion(
                name=self.name,
                region=self.target.region,
                project_name=project_name(self.target),
                agency_name=self.agency or "",
                description=self.description or None,
            )
            return self.source.ims_copies.copy_image_to_region(self.image_id, request)
        if self.way == "project":
            self._open()
        return self.jobs.ims_copies.copy_image(
            self.image_id,
            CopyImage(
                name=self.name,
                description=self.description or None,
                # Source: IMS "image replication": "for shared images, enterprise projects are not supported"
                enterprise_project_id=self.enterprise_project_id if self.way == "own" else None,
            ),
        )

    def close(self) -> None:
        """End the sharing that only the copy needed; it is a success if it has ended already."""
        if self.way == "project" and self.target.project_id not in self.share_with:
            self.source.ims.remove_member(self.image_id, self.target.project_id)

    def _open(self) -> None:
        """Share the image with the project of the copy, and accept it there."""
        if self.target.project_id not in self.source.ims.list_members(self.image_id):
            self.source.ims.add_member(self.image_id, self.target.project_id)
        if self.target.ims_copies.decision(self.image_id) != "accepted":
            self.target.ims_copies.decide(self.image_id, "accepted")


def way(source: Cloud, target: Cloud) -> Way:
    """Return the way of a copy from one client's project to another's."""
    if source.region != target.region:
        return "region"
    return "own" if source.project_id == target.project_id else "project"


def project_name(cloud: Cloud) -> str:
    """
    Return the name of a client's project, which a copy to another region needs.

    Raises:
        UnexpectedState: The project is known by its id only.
    """
    name = cloud.project.name
    if not name:
        name = next((project.name for project in cloud.list_projects() if project.id == cloud.project_id), "")
    if not name:
        hint = "set project_name in the region's entry of `regions`"
        raise UnexpectedState(f"the name of project {cloud.project_id} in {cloud.region} is not known", hint=hint)
    return name
