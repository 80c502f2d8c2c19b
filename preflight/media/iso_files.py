"""ISO files in the object store, described by their first sectors."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config import wording
from preflight.media.disc_images import FIRST_DESCRIPTOR, HEAD_BYTES, SECTOR, Disc, inspect

if TYPE_CHECKING:
    from huaweicloud.obs import ObjectInfo, Obs

MAX_SIZE_GIB = 128
"""IMS "registering an ISO file as an image"."""
LEAST_BYTES = (FIRST_DESCRIPTOR + 1) * SECTOR


@dataclass(frozen=True)
class IsoFile:
    """
    An object that may be an ISO file.

    Attributes:
        info: Size and entity tag of the object.
        disc: Properties of the disc image; None if the object is not a disc image.
    """

    info: "ObjectInfo"
    disc: Disc | None

    @property
    def size_bytes(self) -> int:
        """Return the size of the object."""
        return self.info.size_bytes

    @property
    def storage_class(self) -> str:
        """Return STANDARD, WARM or COLD."""
        return self.info.storage_class.upper()

    def describe(self) -> str:
        """Return a phrase for messages."""
        etag = f", etag {self.info.etag}" if self.info.etag else ""
        return f"{wording.size(self.size_bytes)}, {self.disc.describe() if self.disc else 'not a disc image'}{etag}"

    @property
    def damage(self) -> str:
        """Return the reason why no build can use it, as a phrase; "" if there is none."""
        if not self.size_bytes:
            return "is empty (0 bytes)"
        if self.disc is None:
            sectors = f"its first sectors ({wording.size(self.size_bytes)})"
            return f"is not a disc image: {sectors} contain neither ISO 9660 nor UDF"
        if self.disc.volume_bytes > self.size_bytes:
            return f"is truncated: {wording.share(self.size_bytes, self.disc.volume_bytes)}"
        if self.size_bytes < LEAST_BYTES:
            return f"is truncated: it ends within its first descriptors ({wording.size(self.size_bytes)})"
        if self.disc.boot_bytes > self.size_bytes:
            return f"is truncated or damaged: its boot record points beyond its end ({wording.size(self.size_bytes)})"
        return ""


def read_iso_file(store: "Obs", bucket: str, key: str) -> IsoFile | None:
    """Return an object, described by its first sectors and its boot catalog; None if it does not exist."""
    found = store.read_start(bucket, key, HEAD_BYTES)
    if found is None:
        return None
    info, head = found
    disc = inspect(head, lambda start, length: store.read_range(bucket, key, start, length))
    return IsoFile(info, disc)
