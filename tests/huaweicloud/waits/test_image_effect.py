"""The creation of an image, as lists show it."""

from collections.abc import Callable, Iterator

import pytest

from huaweicloud.models.ims import Image
from huaweicloud.polling import Effect
from huaweicloud.waits.image_effect import ImageEffect


def reads(*statuses: str | None) -> list[Effect]:
    """Return the states that are read while lists show the image in these states, or not."""
    shown: Iterator[str | None] = iter(statuses)

    def next_image(*_: str) -> Image | None:
        status = next(shown)
        return None if status is None else Image.model_validate({"id": "i1", "name": "web", "status": status})

    find: Callable[[], Image | None] = next_image
    effect = ImageEffect(find, next_image)
    return [effect.read() for _ in statuses]


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((None, "queued", "saving", "active"), ["unknown", "under way", "under way", "ended"]),
        (("saving", "killed"), ["under way", "failed"]),
        (("saving", None), ["under way", "failed"]),
    ],
)
def test_an_image_shows_how_far_its_job_is(statuses: tuple[str | None, ...], expected: list[Effect]) -> None:
    assert expected == reads(*statuses)
