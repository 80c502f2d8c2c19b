"""An ISO file in the object store, and what its first sectors say."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.wording import size
from preflight.media.disc_images import FIRST_DESCRIPTOR, HEAD_BYTES, SECTOR, Disc, inspect

if TYPE_CHECKING:
    from huaweicloud.obs import ObjectInfo, Obs

MAX_SIZE_GIB = 128
"""IMS "registering an ISO file as an image"."""
LEAST_BYTES = (FIRST_DESCRIPTOR + 1) * SECTOR


@dataclass(frozen=True)
class IsoFile:
    """
    An object.

    Attributes:
        info: size and entity tag of the object.
        disc: what its first sectors say; None where it is no disc image.
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
        """One phrase for people."""
        etag = f", etag {self.info.etag}" if self.info.etag else ""
        return f"{size(self.size_bytes)}, {self.disc.describe() if self.disc else 'not a disc image'}{etag}"

    @property
    def damage(self) -> str:
        """Return the reason why no build can use it, as a phrase; "" if there is none."""
        if not self.size_bytes:
            return "is empty (0 bytes)"
        if self.disc is None:
            return f"is no disc image: its first sectors ({size(self.size_bytes)}) hold neither ISO 9660 nor UDF"
        if self.disc.volume_bytes > self.size_bytes:
            return f"is truncated: {share(self.size_bytes, self.disc.volume_bytes)}"
        if self.size_bytes < LEAST_BYTES:
            return f"is truncated: it ends within its first descriptors ({size(self.size_bytes)})"
        if self.disc.boot_bytes > self.size_bytes:
            return f"is truncated or damaged: its boot record leads beyond its end ({size(self.size_bytes)})"
        return ""


def look_at(store: "Obs", bucket: str, key: str) -> IsoFile | None:
    """Read an object's first sectors, and its boot catalog where that lies behind them; None if there is no object."""
    found = store.read_start(bucket, key, HEAD_BYTES)
    if found is None:
        return None
    info, head = found
    disc = inspect(head, lambda start, length: store.read_range(bucket, key, start, length))
    return IsoFile(info, disc)


def share(there: int, needed: int) -> str:
    """Return a part of a size as people say it, in bytes if it would look complete otherwise: 20 of 69 MiB."""
    part, whole = size(there), size(needed)
    if part == whole:
        return f"{there} of {needed} bytes"
    number, _, unit = part.partition(" ")
    return f"{number} of {whole}" if whole.endswith(f" {unit}") else f"{part} of {whole}"
