"""Look before you make: what an interrupted run has already made in the cloud is taken over, never made twice."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from huaweicloud.errors import CloudError, JobFailed, NotFound, UnexpectedState
from huaweicloud.polling import wait_for_job, wait_until
from providers.lifecycle import deletion, ownership, quota
from providers.lifecycle.ownership_tag import OwnershipTag, Step
from providers.runtime import process, progress, step_metrics

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

SUBMIT_TRIES = 3
LOOK_AGAIN_S = 30.0
LEAST_WAIT_S = 60.0

KEPT = ("kept", "image")

_VIRTUAL_ENV_TYPE = {"iso": "IsoImage", "image": "FusionCompute"}


@dataclass(frozen=True)
class Owned:
    """An image that this resource owns from now on."""

    image: "Image"
    owner: str
    adopted: bool


@dataclass(frozen=True)
class Wanted:
    """An image that a step of a build is to have.

    Attributes:
        name: its name, to look for it after it was made.
        timeout_s: seconds that its job and its becoming active may take together, from when it began in the cloud.
        submit: sends the request, with the ownership tag, and returns the job's id.
    """

    build_id: str
    step: Step
    name: str
    timeout_s: float
    submit: Callable[[dict[str, str]], str]

    @property
    def first_tag(self) -> OwnershipTag:
        """Return the ownership tag that it is created with."""
        return OwnershipTag.first(self.build_id, self.step)


def find_images(cloud: "Cloud", build_id: str, step: Step, name: str | None = None) -> "list[Image]":
    """The images of a step of a build that are not dead, in whatever state; the oldest first.

    Source: IMS GET /v2/cloudimages. The owner is part of the tag's value, so the comparison is made here.
    """
    images = cloud.ims.list_images(name=name, virtual_env_type=_VIRTUAL_ENV_TYPE[step])
    found = (image for image in images if is_made_by(image, build_id, step) and not is_dead(image))
    return sorted(found, key=lambda image: str(image.created_at))


def is_made_by(image: "Image", build_id: str, step: Step) -> bool:
    """Whether an image is of a step of a build; one that is kept is of its step all the same."""
    tag = OwnershipTag.of(image.tags)
    return tag is not None and tag.build_id == build_id and (tag.step == step or (tag.step, step) == KEPT)


def ensure_image(cloud: "Cloud", wanted: Wanted) -> Owned:
    """Adopt the image of a step if an earlier run made it, else make it; either way it is active when this returns.

    Raises:
        JobFailed: the service could not make it; what it left behind has been removed.
        WaitTimeout, Cancelled: it is still being made; the next run adopts it.
    """
    while found := find_images(cloud, wanted.build_id, wanted.step):
        owned = _adopt(cloud, found[0], wanted)
        if owned is not None:
            _delete_duplicates(cloud, wanted, owned.image.id)
            return owned
    image = _make(cloud, wanted)
    _delete_duplicates(cloud, wanted, image.id)
    return Owned(image, wanted.first_tag.owner, adopted=False)


def is_dead(image: "Image") -> bool:
    """Whether an image will never be active."""
    return image.status in ("killed", "deleted")


def _adopt(cloud: "Cloud", image: "Image", wanted: Wanted) -> Owned | None:
    """The image as this resource's own; None where its making has failed in the meantime."""
    process.log(f"takes over image {image.id}, which an earlier run made for this build")
    step_metrics.leave_out_of_estimates()
    age_s = _age_s(cloud, image)
    active = _wait_until_active(
        cloud, image.id, image.name, max(wanted.timeout_s - age_s, LEAST_WAIT_S), gone_is_dead=True, started_ago_s=age_s
    )
    if active is None:
        process.log(f"image {image.id} has come to nothing and is made again", "warning")
        return None
    tag = OwnershipTag.fresh(wanted.build_id, wanted.step)
    ownership.claim(image.id, tag.owner)
    cloud.ims.set_tags(image.id, tag.as_tags)
    return Owned(active, tag.owner, adopted=True)


def _age_s(cloud: "Cloud", image: "Image") -> float:
    now = cloud.service_time("ims")
    return max((now - image.created_at).total_seconds(), 0.0) if now and image.created_at else 0.0


def _make(cloud: "Cloud", wanted: Wanted) -> "Image":
    with quota.image_tasks(cloud).one(f"image {wanted.name}"):
        began = time.monotonic()
        job_or_image = _submit(cloud, wanted)
        if isinstance(job_or_image, str):
            image_id = _wait_for_job(cloud, wanted, job_or_image) or _found_after(cloud, wanted, job_or_image)
        else:
            image_id = job_or_image.id
    remaining_s = max(wanted.timeout_s - (time.monotonic() - began), LEAST_WAIT_S)
    image = _wait_until_active(cloud, image_id, wanted.name, remaining_s)
    assert image is not None  # only an image that was seen before can be gone
    return image


def _wait_for_job(cloud: "Cloud", wanted: Wanted, job_id: str) -> str | None:
    """The image that a job has made; None where the job does not name it.

    Not documented: how long a finished job can be asked for.
    """
    try:
        job = wait_for_job(
            cloud.ims.get_job,
            job_id,
            what=f"image {wanted.name}",
            timeout_s=wanted.timeout_s,
            expected_s=step_metrics.expected_s(),
            cancelled=process.cancelled,
            progress=progress.reporter(),
        )
    except NotFound:
        return None
    except JobFailed:
        for image in cloud.ims.list_images(name=wanted.name):
            if is_made_by(image, wanted.build_id, wanted.step):
                deletion.delete_image(cloud, image.id, image.name)
        raise
    return job.image_id


def _found_after(cloud: "Cloud", wanted: Wanted, job_id: str) -> str:
    found = _look_again(cloud, wanted)
    if found is None:
        raise UnexpectedState(
            f"job {job_id} of image {wanted.name} has ended without naming its image, or is not known any more",
            hint="run `pulumi up` again",
        )
    return found.id


def _submit(cloud: "Cloud", wanted: Wanted) -> "str | Image":
    """Send a request that has no idempotency token; if its answer is lost, look for what it made before repeating."""
    for attempt in range(1, SUBMIT_TRIES + 1):
        try:
            return _accepted(wanted)
        except CloudError as error:
            if error.nothing_happened or not error.retryable or attempt == SUBMIT_TRIES:
                raise
        found = _look_again(cloud, wanted)
        if found is not None:
            return found
    raise AssertionError("unreachable: the last attempt returns or raises")


def _accepted(wanted: Wanted) -> str:
    """Send the request until the service takes it: too many tasks at once, or a busy disk, pass."""
    ends = time.monotonic() + wanted.timeout_s
    pause_s = 2.0
    while True:
        try:
            return wanted.submit(wanted.first_tag.as_tags)
        except CloudError as error:
            if not (error.retryable and error.nothing_happened) or time.monotonic() > ends:
                raise
            process.log(f"waits to be accepted: {error}", ephemeral=True)
        process.pause(pause_s, f"image {wanted.name}")
        pause_s = min(pause_s * 1.5, 30.0)


def _look_again(cloud: "Cloud", wanted: Wanted) -> "Image | None":
    ends = time.monotonic() + LOOK_AGAIN_S
    pause_s = 1.0
    while True:
        found = find_images(cloud, wanted.build_id, wanted.step, wanted.name)
        if found or time.monotonic() > ends:
            return found[0] if found else None
        process.pause(pause_s, f"image {wanted.name}")
        pause_s = min(pause_s * 1.5, 5.0)


def _wait_until_active(
    cloud: "Cloud",
    image_id: str,
    name: str,
    timeout_s: float,
    *,
    gone_is_dead: bool = False,
    started_ago_s: float = 0.0,
) -> "Image | None":
    """Wait until an image is active.

    Args:
        gone_is_dead: it was seen before, so where it shows no more it has failed: None is returned.
    """

    def failed(image: "Image | None") -> CloudError | None:
        if image is not None and is_dead(image) and not gone_is_dead:
            hint = "run `pulumi up` to make it again"
            return UnexpectedState(f"image {name} ({image.id}) is {image.status}", hint=hint)
        return None

    image = wait_until(
        lambda: cloud.ims.get_image(image_id),
        done=lambda image: (image is not None and image.status == "active") or (gone_is_dead and _is_gone(image)),
        failed=failed,
        what=f"image {name}",
        timeout_s=timeout_s,
        started_ago_s=started_ago_s,
        cancelled=process.cancelled,
        look_first=True,
        describe=lambda image: "not listed yet" if image is None else str(image.status),
        progress=progress.reporter(),
    )
    return None if _is_gone(image) else image


def _is_gone(image: "Image | None") -> bool:
    return image is None or is_dead(image)


def _delete_duplicates(cloud: "Cloud", wanted: Wanted, keep: str) -> None:
    """A request whose effect showed only later than we looked may have made a second one: it goes at once."""
    for image in find_images(cloud, wanted.build_id, wanted.step):
        if image.id != keep:
            process.log(f"removes image {image.id}, which a lost request has made as well")
            deletion.delete_image(cloud, image.id, image.name)
