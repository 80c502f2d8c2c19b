"""Specification of an image that a step of a build creates: its names and tags, and the way to find it again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from providers.lifecycle.ownership_tag import OwnershipTag, Step

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image, ImageJob

KEPT: dict[Step, Step] = {"image": "kept", "copy": "kept-copy"}
"""Step in the ownership tag of what a history keeps, by the step that created it."""
COPY_STEPS = ("copy", KEPT["copy"])
"""Steps in the ownership tag of copies."""
MAX_NAME = 128
SOURCE_DIGITS = 8

_VIRTUAL_ENV_TYPE = {"iso": "IsoImage", "image": "FusionCompute", "copy": "FusionCompute"}


class OwnedImage(NamedTuple):
    """
    Image that this resource owns from now on.

    Attributes:
        image: The image.
        owner: Owner in its ownership tag.
        adopted: True if an earlier run created it.
    """

    image: Image
    owner: str
    adopted: bool


@dataclass(frozen=True)
class ImageSpec:
    """
    Specification of the image of a step of a build.

    Attributes:
        build_id: Id of the build.
        step: Step that creates the image.
        name: Name by which the image is searched after a lost response.
        timeout_s: Seconds for the job and the activation together, counted from the beginning in the cloud.
        submit: Function that sends the request with the ownership tag, and returns the id of the job.
    """

    build_id: str
    step: Step
    name: str
    timeout_s: float
    submit: Callable[[dict[str, str]], str]

    @property
    def first_tag(self) -> OwnershipTag:
        """Return the ownership tag that the image is created with."""
        return OwnershipTag.first(self.build_id, self.step)

    @property
    def fresh_tag(self) -> OwnershipTag:
        """Return an ownership tag with a new owner."""
        return OwnershipTag.fresh(self.build_id, self.step)

    def find(self, cloud: Cloud, name: str | None = None) -> list[Image]:
        """Return the images of the step that have not failed, in whatever other state; the oldest first."""
        return _usable(cloud, self.step, name, self.is_own)

    def is_own(self, image: Image) -> bool:
        """Return True if an image is of this step of the build."""
        return is_made_by(image, self.build_id, self.step)

    def get_job(self, cloud: Cloud, job_id: str) -> ImageJob:
        """Return the job of the image."""
        return cloud.ims.get_job(job_id)

    def image_id_of(self, job: ImageJob) -> str | None:
        """Return the id of the image that a job names; None if it does not."""
        return job.image_id


@dataclass(frozen=True)
class CopySpec(ImageSpec):
    """
    Specification of a copy, whose request takes no tags: it has a name of its own until it is tagged.

    The owner in its ownership tag begins with the id of the image that it is a copy of, because a build whose image was
    deleted may have another one.

    Attributes:
        image_id: Id of the image that is copied.
        jobs: Client of the region whose service carries out the job.
    """

    image_id: str
    jobs: Cloud

    @property
    def fresh_tag(self) -> OwnershipTag:
        """Return an ownership tag with a new owner."""
        return OwnershipTag(self.build_id, self.step, f"{_short(self.image_id)}{secrets.token_hex(4)}")

    def is_own(self, image: Image) -> bool:
        """Return True if an image is the copy, by its name while it has no tag."""
        tag = OwnershipTag.of(image.tags)
        if image.name == self.name:
            return True
        if tag is None or tag.build_id != self.build_id:
            return False
        if tag.step == KEPT["copy"]:
            return not _is_of_another(image, self.image_id)
        return tag.step == "copy" and tag.owner.startswith(_short(self.image_id))

    def get_job(self, cloud: Cloud, job_id: str) -> ImageJob:
        """Return the job of the copy."""
        return self.jobs.ims.get_job(job_id)

    def image_id_of(self, job: ImageJob) -> str | None:
        """Return None: it is not documented which image the job of a copy to another region names."""
        return None


def creation_name(name: str, build_id: str, image_id: str) -> str:
    """Return the name that a copy has until it is tagged: nothing else has it."""
    return with_end(name, f"-{build_id}-{_short(image_id)}")


def with_end(name: str, end: str) -> str:
    """Return the name of an image with an end, for which a long name is cut off."""
    return f"{name[: MAX_NAME - len(end)]}{end}"


def find_images(cloud: Cloud, build_id: str, step: Step) -> list[Image]:
    """Return the images of a step of a build that have not failed, in whatever other state; the oldest first."""
    return _usable(cloud, step, None, lambda image: is_made_by(image, build_id, step))


def is_made_by(image: Image, build_id: str, step: Step) -> bool:
    """Return True if an image is of a step of a build; a kept image is still of its step."""
    tag = OwnershipTag.of(image.tags)
    return tag is not None and tag.build_id == build_id and tag.step in (step, KEPT.get(step))


def is_copy_of(image: Image, build_id: str) -> bool:
    """Return True if an image is a copy that a build has created, by its ownership tag or its name before that."""
    tag = OwnershipTag.of(image.tags)
    if tag is not None:
        return tag.build_id == build_id and tag.step in COPY_STEPS
    return re.search(rf"-{build_id}-[0-9a-f]{{{SOURCE_DIGITS}}}$", image.name) is not None


def is_dead(image: Image) -> bool:
    """Return True if an image will never be active."""
    return image.status in ("killed", "deleted")


def _usable(cloud: Cloud, step: Step, name: str | None, is_own: Callable[[Image], bool]) -> list[Image]:
    """
    Return the images that have not failed, the oldest first.

    Source: IMS GET /v2/cloudimages. The owner is part of the tag's value, so the comparison is made here.
    """
    images = cloud.ims.list_images(name=name, virtual_env_type=_VIRTUAL_ENV_TYPE[step])
    return sorted((i for i in images if is_own(i) and not is_dead(i)), key=lambda image: str(image.created_at))


def _short(image_id: str) -> str:
    return image_id.replace("-", "")[:SOURCE_DIGITS]


def _is_of_another(image: Image, image_id: str) -> bool:
    """
    Return True if the origin of a copy names another image.

    Not documented: the origin of a copy; traffic of others shows `image,<region>,<image id>`.
    """
    kind, _, rest = image.data_origin.partition(",")
    return kind == "image" and rest.rpartition(",")[2] not in ("", image_id)
