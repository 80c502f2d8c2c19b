"""Look before you make: what an interrupted run has already made in the cloud is taken over, never made twice."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from huaweicloud.cloud import Cloud
from huaweicloud.errors import CloudError, JobFailed, NotFound, UnexpectedState
from huaweicloud.ims import Image
from huaweicloud.waiting import wait_for_job, wait_until
from providers import engine, progress
from providers.marks import Mark, Step

SUBMIT_TRIES = 3
LOOK_AGAIN_S = 30.0

_VIRTUAL_ENV_TYPE = {"iso": "IsoImage", "image": "FusionCompute"}


@dataclass(frozen=True)
class Owned:
    """An image that this resource owns from now on."""

    image: Image
    owner: str
    adopted: bool


def find_images(cloud: Cloud, build_id: str, step: Step, name: str | None = None) -> list[Image]:
    """The images of a step of a build, in whatever state; the oldest first.

    Source: IMS GET /v2/cloudimages. The mark's owner is part of its value, so the comparison is made here.
    """
    wanted = Mark.first(build_id, step)
    images = cloud.ims.list_images(name=name, virtual_env_type=_VIRTUAL_ENV_TYPE[step])
    return sorted((i for i in images if wanted.same_thing(Mark.of(i.tags))), key=lambda image: str(image.created_at))


def ensure_image(
    cloud: Cloud,
    *,
    build_id: str,
    step: Step,
    name: str,
    timeout_s: float,
    submit: Callable[[dict[str, str]], str],
) -> Owned:
    """Adopt the image of a step if an earlier run made it, else make it; either way it is active when this returns.

    Args:
        name: the image's name, to look for it after it was made.
        timeout_s: how long its job and its becoming active may take together, in seconds.
        submit: sends the request with the mark's tag and returns the job id.

    Raises:
        JobFailed: the service could not make it; what it left behind has been removed.
        WaitTimeout, Cancelled: it is still being made; the next run adopts it.
    """
    started = time.monotonic()
    found = [image for image in find_images(cloud, build_id, step) if not _dead(image)]
    if found:
        return _adopt(cloud, found[0], step, build_id, timeout_s)
    image_id = _make(cloud, build_id, step, name, timeout_s, submit)
    remaining = max(timeout_s - (time.monotonic() - started), 1.0)
    image = _wait_until_active(cloud, image_id, name, remaining)
    _remove_spares(cloud, build_id, step, name, image.id)
    return Owned(image, Mark.first(build_id, step).owner, adopted=False)


def _dead(image: Image) -> bool:
    return image.status in ("killed", "deleted")


def _adopt(cloud: Cloud, image: Image, step: Step, build_id: str, timeout_s: float) -> Owned:
    engine.log(f"takes over image {image.id}, which an earlier run made for this build")
    mark = Mark.fresh(build_id, step)
    image = _wait_until_active(cloud, image.id, image.name, timeout_s)
    cloud.ims.set_tags(image.id, mark.tag)
    return Owned(image, mark.owner, adopted=True)


def _make(
    cloud: Cloud,
    build_id: str,
    step: Step,
    name: str,
    timeout_s: float,
    submit: Callable[[dict[str, str]], str],
) -> str:
    tag = Mark.first(build_id, step).tag
    job_or_image = _submit(cloud, build_id, step, name, lambda: submit(tag))
    if isinstance(job_or_image, Image):
        return job_or_image.id
    try:
        image_id = _wait_for_job(cloud, job_or_image, name, timeout_s)
    except JobFailed:
        for image in find_images(cloud, build_id, step, name):
            cloud.ims.delete_image(image.id)
        raise
    if image_id is not None:
        return image_id
    found = _look_again(cloud, build_id, step, name)
    if found is None:
        raise UnexpectedState(
            f"job {job_or_image} of image {name} has ended without naming its image, or is not known any more",
            hint="run `pulumi up` again",
        )
    return found.id


def _wait_for_job(cloud: Cloud, job_id: str, name: str, timeout_s: float) -> str | None:
    """The image that a job has made; None where the job does not name it.

    Not documented: how long a finished job can be asked for.
    """
    try:
        job = wait_for_job(
            cloud.ims.get_job,
            job_id,
            what=f"image {name}",
            timeout_s=timeout_s,
            cancelled=engine.cancelled,
            progress=progress.reporter(),
        )
    except NotFound:
        return None
    return job.image_id


def _submit(cloud: Cloud, build_id: str, step: Step, name: str, submit: Callable[[], str]) -> str | Image:
    """Send a request that has no idempotency token; if its answer is lost, look for what it made before repeating."""
    for attempt in range(1, SUBMIT_TRIES + 1):
        try:
            return submit()
        except CloudError as error:
            if error.nothing_happened or attempt == SUBMIT_TRIES:
                raise
        found = _look_again(cloud, build_id, step, name)
        if found is not None:
            return found
    raise AssertionError("unreachable: the last attempt returns or raises")


def _look_again(cloud: Cloud, build_id: str, step: Step, name: str) -> Image | None:
    ends = time.monotonic() + LOOK_AGAIN_S
    pause = 1.0
    while True:
        found = find_images(cloud, build_id, step, name)
        if found or time.monotonic() > ends:
            return found[0] if found else None
        if engine.cancelled.wait(pause):
            return None
        pause = min(pause * 1.5, 5.0)


def _wait_until_active(cloud: Cloud, image_id: str, name: str, timeout_s: float) -> Image:
    def failed(image: Image | None) -> CloudError | None:
        if image is not None and _dead(image):
            return UnexpectedState(
                f"image {name} ({image.id}) is {image.status}", hint="run `pulumi up` to make it again"
            )
        return None

    image = wait_until(
        lambda: cloud.ims.get_image(image_id),
        done=lambda image: image is not None and image.status == "active",
        failed=failed,
        what=f"image {name}",
        timeout_s=timeout_s,
        cancelled=engine.cancelled,
        look_first=True,
        describe=lambda image: "not listed yet" if image is None else str(image.status),
        progress=progress.reporter(),
    )
    assert image is not None  # narrowed by `done`
    return image


def _remove_spares(cloud: Cloud, build_id: str, step: Step, name: str, keep: str) -> None:
    """A request whose effect showed only later than we looked may have made a second one: it goes at once."""
    for image in find_images(cloud, build_id, step, name):
        if image.id != keep:
            _wait_until_active(cloud, image.id, name, LOOK_AGAIN_S * 10)
            cloud.ims.delete_image(image.id)
