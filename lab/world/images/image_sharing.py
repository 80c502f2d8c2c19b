"""Sharing of images with other projects."""

from collections.abc import Callable

from lab.world.identity.accounts import PROJECTS, REGION
from lab.world.images.image_validation import own_image
from lab.world.procedures import Job, Procedure, Step
from lab.world.records import Image, ImageMember
from lab.world.refusal import JobFailed, Refused
from lab.world.state import World

MAX_RECEIVERS = 128
DECISIONS = ("accepted", "rejected")


def shareable_image(world: World, project_id: str, image_id: str) -> Image:
    """Return an own image that may be shared: private, active, not encrypted."""
    image = own_image(world, project_id, image_id)
    if image.imagetype != "private":
        raise Refused("IMG.0089", "A public image cannot be shared.")
    if image.cmk_id is not None:
        raise Refused("IMG.0098", "An encrypted image cannot be shared.")
    if image.status != "active":
        raise Refused("IMG.0046", "The image is not available.")
    return image


def add_member(world: World, project_id: str, image_id: str, member_id: str) -> ImageMember:
    """Share an image with a project of this region."""
    image = shareable_image(world, project_id, image_id)
    if member_id == project_id:
        raise Refused("IMG.0076", "An image cannot be shared with its own project.")
    if not any(p.id == member_id and p.region == REGION for p in PROJECTS):
        raise Refused("IMG.0108", "The receiving project is not in this region.")
    existing = world.members.get(f"{image.id}/{member_id}")
    if existing is not None:
        return existing
    if len(world.members.where("image_id", image.id)) >= MAX_RECEIVERS:
        raise Refused("IMG.0088", "The image is shared with too many projects.")
    now = world.now()
    member = ImageMember(
        id=f"{image.id}/{member_id}", image_id=image.id, member_id=member_id, created_at=now, updated_at=now
    )
    return world.members.save(member)


def decide_share(world: World, member_id: str, image_id: str, status: str) -> ImageMember:
    """Record that the receiving project accepts or rejects a shared image."""
    member = world.members.get(f"{image_id}/{member_id}")
    if status not in DECISIONS:
        raise Refused("IMG.0001", "status must be accepted or rejected.")
    if member is None:
        raise Refused("IMG.0144", "The image does not exist or is not shared with the project.")
    member.status = "accepted" if status == "accepted" else "rejected"
    member.updated_at = world.now()
    return world.members.save(member)


def remove_member(world: World, project_id: str, image_id: str, member_id: str) -> bool:
    """
    End the sharing of an own image.

    Returns:
        False if it was not shared with the project.
    """
    image = own_image(world, project_id, image_id)
    if world.members.get(f"{image.id}/{member_id}") is None:
        return False
    world.members.delete(f"{image.id}/{member_id}")
    return True


def members_of(world: World, project_id: str, image_id: str) -> list[ImageMember]:
    """Return the projects that an image is shared with; its owner sees all, a receiver only itself."""
    image = world.images.get(image_id)
    members = world.members.where("image_id", image_id)
    if image is not None and image.project_id != project_id:
        members = [m for m in members if m.member_id == project_id]
    if image is None or (image.project_id != project_id and not members):
        raise Refused("IMG.0144", "The image does not exist.")
    return members


def change_members(world: World, project_id: str, images: list[str], projects: list[str], add: bool) -> Job:
    """Accept the start or the end of sharing of images with projects, as a job."""
    if not images or not projects:
        raise Refused("IMG.0001", "images and projects are required.")
    for image_id in images:
        if add:
            shareable_image(world, project_id, image_id)
        else:
            own_image(world, project_id, image_id)
    kind = "add_members" if add else "remove_members"
    job_type = "imsAddImageMembersJob" if add else "imsDelImageMembersJob"
    params = {"images": images, "projects": projects}
    return world.jobs.start("ims", project_id, kind, job_type, params=params)


def decide_shares(world: World, project_id: str, images: list[str], member_id: str, status: str) -> Job:
    """Record the decision of a receiver about shared images, as a job."""
    if member_id != project_id:
        raise Refused("IMG.0030", "project_id must be the caller's own project.")
    for image_id in images:
        if status not in DECISIONS:
            raise Refused("IMG.0001", "status must be accepted or rejected.")
        if world.members.get(f"{image_id}/{member_id}") is None:
            raise Refused("IMG.0144", "The image does not exist or is not shared with the project.")
    params = {"images": images, "projects": [member_id], "status": status}
    return world.jobs.start("ims", project_id, "answer_shares", "imsUpdateImageMembersJob", params=params)


class ImageSharing:
    """Procedures of the batch calls."""

    def __init__(self, world: World) -> None:
        self.world = world
        for kind, work in (
            ("add_members", self._add),
            ("remove_members", self._remove),
            ("answer_shares", self._decide),
        ):
            world.jobs.register(Procedure(kind, "share_image", (Step(kind, work, 1.0),), self._undo))

    async def _add(self, job: Job) -> None:
        self._each(job, lambda image, member: add_member(self.world, job.project_id, image, member))

    async def _remove(self, job: Job) -> None:
        self._each(job, lambda image, member: remove_member(self.world, job.project_id, image, member))

    async def _decide(self, job: Job) -> None:
        status = job.params["status"]
        self._each(job, lambda image, member: decide_share(self.world, member, image, status))

    def _each(self, job: Job, change: Callable[[str, str], object]) -> None:
        results, failure = [], None
        for image_id in job.params["images"]:
            for member_id in job.params["projects"]:
                result = "success"
                try:
                    change(image_id, member_id)
                except Refused as refused:
                    result, failure = "fail", refused
                results.append({"image_id": image_id, "project_id": member_id, "status": result})
        job.entities["results"] = results
        if failure is not None:
            raise JobFailed(failure.code, failure.message)

    async def _undo(self, job: Job) -> None:
        """Keep what was shared; the results contain the outcome of each."""
