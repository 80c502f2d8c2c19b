"""An ISO file in the object store, and what its first sectors say."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from preflight.discs import HEAD_BYTES, Disc, inspect

if TYPE_CHECKING:
    from huaweicloud.obs import Obs

MAX_SIZE_GIB = 128
"""IMS "registering an ISO file as an image"."""


@dataclass(frozen=True)
class IsoFile:
    """
    An object.

    Attributes:
        size_bytes: its size.
        storage_class: STANDARD, WARM or COLD.
        disc: what its first sectors say; None where it is no disc image.
    """

    size_bytes: int
    storage_class: str
    disc: Disc | None

    def describe(self) -> str:
        """One phrase for people."""
        return f"{size(self.size_bytes)}, {self.disc.describe() if self.disc else 'not a disc image'}"


def look_at(store: "Obs", bucket: str, key: str) -> IsoFile | None:
    """Read an object's first sectors, and its boot catalog where that lies behind them; None if there is no object."""
    found = store.read_start(bucket, key, HEAD_BYTES)
    if found is None:
        return None
    info, head = found
    disc = inspect(head, lambda start, length: store.read_range(bucket, key, start, length))
    return IsoFile(info.size_bytes, info.storage_class.upper(), disc)


def size(size_bytes: int) -> str:
    """A size as people say it: 37 MiB, 3.7 GiB."""
    mib = size_bytes / 1024**2
    if mib < 1:
        return f"{size_bytes} bytes"
    return f"{mib:.0f} MiB" if mib < 1000 else f"{mib / 1024:.1f} GiB"
