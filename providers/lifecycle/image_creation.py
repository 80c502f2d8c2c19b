"""
Creation of an image exactly once: an image that an interrupted run has created is adopted, never created twice.

Images have no idempotency token. So every creation begins with a look-up. A request whose response was lost is repeated
only after the lists have not shown its image for a while.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from huaweicloud.errors import CloudError, JobFailed, NotFound, UnexpectedState
from huaweicloud.polling import wait_for_effect, wait_until
from huaweicloud.waits.image_effect import ImageEffect
from providers.images.image_spec import ImageSpec, OwnedImage, is_dead
from providers.lifecycle import deletion, ownership, quota
from providers.runtime import process, progress, step_metrics

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ims import Image

SUBMIT_TRIES = 5
LISTED_WITHIN_S = 30.0
"""Seconds within which lists show the image of a request whose response was lost. Not documented: how late they are."""
MIN_WAIT_S = 60.0


def ensure_image(cloud: Cloud, spec: ImageSpec) -> OwnedImage:
    """
    Adopt the image of a step if an earlier run created it, else create it, and wait until it is active.

    Args:
        cloud: Client of the region.
        spec: Specification of the image.

    Raises:
        JobFailed: The service could not create it; what the job left behind has been deleted.
        WaitTimeout, Cancelled: The creation goes on; the next run adopts the image.
    """
    while images := spec.find(cloud):
        owned = _adopt(cloud, images[0], spec)
        if owned is not None:
            _delete_duplicates(cloud, spec, owned.image.id)
            return owned
    image = _create(cloud, spec)
    _delete_duplicates(cloud, spec, image.id)
    return OwnedImage(image, spec.first_tag.owner, adopted=False)


def _adopt(cloud: Cloud, image: Image, spec: ImageSpec) -> OwnedImage | None:
    """Return the image as this resource's own; None if its creation has failed in the meantime."""
    process.log(f"adopts image {image.id}, which an earlier run created for this build")
    step_metrics.exclude_from_estimates()
    age_s = _age_s(cloud, image)
    active = _wait_until_active(
        cloud, image.id, image.name, max(spec.timeout_s - age_s, MIN_WAIT_S), gone_is_dead=True, started_ago_s=age_s
    )
    if active is None:
        process.log(f"image {image.id} failed during an earlier run and will be created again", "warning")
        return None
    tag = spec.fresh_tag
    ownership.claim(image.id, tag.owner)
    cloud.ims.set_tags(image.id, tag.as_tags)
    return OwnedImage(active, tag.owner, adopted=True)


def _age_s(cloud: Cloud, image: Image) -> float:
    now = cloud.service_time("ims")
    return max((now - image.created_at).total_seconds(), 0.0) if now and image.created_at else 0.0


def _create(cloud: Cloud, spec: ImageSpec) -> Image:
    with quota.image_tasks(cloud).one(f"image {spec.name}"):
        began = time.monotonic()
        job_or_image = _submit(cloud, spec)
        if isinstance(job_or_image, str):
            image_id = _wait_for_job(cloud, spec, job_or_image) or _find_after_job(cloud, spec, job_or_image)
        else:
            image_id = job_or_image.id
    remaining_s = max(spec.timeout_s - (time.monotonic() - began), MIN_WAIT_S)
    image = _wait_until_active(cloud, image_id, spec.name, remaining_s)
    assert image is not None  # only an image that was seen before can be gone
    return image


def _wait_for_job(cloud: Cloud, spec: ImageSpec, job_id: str) -> str | None:
    """
    Wait for a job and return the id of its image; None if the job does not name it.

    Not documented: how long the state of a finished job can be read.
    """
    effect = ImageEffect(
        lambda: next(iter(spec.find(cloud)), None),
        lambda image_id: cloud.ims.get_image(image_id, confirm=False),
    )
    try:
        job = wait_for_effect(
            lambda job_id: spec.get_job(cloud, job_id),
            job_id,
            effect.read,
            subject=f"image {spec.name}",
            timeout_s=spec.timeout_s,
            expected_s=step_metrics.expected_s(),
            cancelled=process.cancelled,
            progress=progress.reporter(),
        )
    except NotFound:
        return None
    except JobFailed:
        for image in cloud.ims.list_images(name=spec.name):
            if spec.is_own(image):
                deletion.delete_image(cloud, image.id, image.name)
        raise
    return effect.image_id if job is None else spec.image_id_of(job)


def _find_after_job(cloud: Cloud, spec: ImageSpec, job_id: str) -> str:
    image = _find_within_delay(cloud, spec)
    if image is None:
        raise UnexpectedState(
            f"job {job_id} of image {spec.name} ended without naming its image, or is no longer known",
            hint="run `pulumi up` again",
        )
    return image.id


def _submit(cloud: Cloud, spec: ImageSpec) -> str | Image:
    """Send a request that has no idempotency token; if its response is lost, look for its image before repeating it."""
    for attempt in range(1, SUBMIT_TRIES + 1):
        try:
            return _send_until_accepted(spec)
        except CloudError as error:
            if error.nothing_happened or not error.retryable or attempt == SUBMIT_TRIES:
                raise
        image = _find_within_delay(cloud, spec)
        if image is not None:
            return image
    raise AssertionError("unreachable: the last attempt returns or raises")


def _send_until_accepted(spec: ImageSpec) -> str:
    """Send the request until the service accepts it: too many tasks at once and a busy disk are temporary."""
    ends = time.monotonic() + spec.timeout_s
    pause_s = 2.0
    while True:
        try:
            return spec.submit(spec.first_tag.as_tags)
        except CloudError as error:
            if not (error.retryable and error.nothing_happened) or time.monotonic() > ends:
                raise
            process.log(f"waits until the service accepts the request: {error}", ephemeral=True)
        process.pause(pause_s, f"image {spec.name}")
        pause_s = min(pause_s * 1.5, 30.0)


def _find_within_delay(cloud: Cloud, spec: ImageSpec) -> Image | None:
    ends = time.monotonic() + LISTED_WITHIN_S
    pause_s = 1.0
    while True:
        images = spec.find(cloud, spec.name)
        if images or time.monotonic() > ends:
            return images[0] if images else None
        process.pause(pause_s, f"image {spec.name}")
        pause_s = min(pause_s * 1.5, 5.0)


def _wait_until_active(
    cloud: Cloud,
    image_id: str,
    name: str,
    timeout_s: float,
    *,
    gone_is_dead: bool = False,
    started_ago_s: float = 0.0,
) -> Image | None:
    """
    Wait until an image is active.

    Args:
        name: Name of the image, for messages.
        timeout_s: Seconds to wait.
        gone_is_dead: True if the image was seen before, so that it has failed if it is gone.
        started_ago_s: Seconds since its creation began.

    Returns:
        The image; None if it is gone.
    """

    def failed(image: Image | None) -> CloudError | None:
        if image is not None and is_dead(image) and not gone_is_dead:
            return _unusable(name, image)
        return None

    image = wait_until(
        lambda: cloud.ims.get_image(image_id),
        done=lambda image: (image is not None and image.status == "active") or (gone_is_dead and _is_gone(image)),
        failed=failed,
        subject=f"image {name}",
        timeout_s=timeout_s,
        started_ago_s=started_ago_s,
        cancelled=process.cancelled,
        poll_at_once=True,
        describe=lambda image: "not listed yet" if image is None else str(image.status),
        progress=progress.reporter(),
    )
    return None if _is_gone(image) else image


def _unusable(name: str, image: Image) -> UnexpectedState:
    return UnexpectedState(f"image {name} ({image.id}) is {image.status}", hint="run `pulumi up` to create it again")


def _is_gone(image: Image | None) -> bool:
    return image is None or is_dead(image)


def _delete_duplicates(cloud: Cloud, spec: ImageSpec, keep: str) -> None:
    """Delete a second image, which a request may have created whose effect lists showed only after the look-up."""
    for image in spec.find(cloud):
        if image.id != keep:
            process.log(f"deletes image {image.id}, a duplicate that a lost request created")
            deletion.delete_image(cloud, image.id, image.name)
