"""State of the creation of an image, as lists show it to many waits at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from huaweicloud.polling import Effect

if TYPE_CHECKING:
    from huaweicloud.models.ims import Image


class ImageEffect:
    """
    State of the creation of an image, read from lists that all waits share.

    Args:
        find: Function that finds the image among all; None if it does not show.
        get: Function that reads the image by its id; None if it does not show.

    Attributes:
        image_id: Id of the image, once it was seen.
    """

    def __init__(self, find: Callable[[], Image | None], get: Callable[[str], Image | None]) -> None:
        self._find, self._get = find, get
        self.image_id: str | None = None

    def read(self) -> Effect:
        """Return the state; an image that was seen and is gone has failed."""
        image = self._find() if self.image_id is None else self._get(self.image_id)
        if image is None and self.image_id is None:
            return "unknown"
        if image is None or image.status in ("killed", "deleted"):
            return "failed"
        self.image_id = image.id
        return "ended" if image.status == "active" else "under way"
