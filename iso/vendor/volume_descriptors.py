"""Volume descriptors of an ISO file: its size, its names, its dates, and the boot images of its El Torito catalog."""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from iso.vendor.medium_errors import BY_HAND, WINDOWS_BY_HAND, MediumRefused
from iso.vendor.plain_names import SECTOR, PlainNames, plain_names

FIRST_DESCRIPTOR = 16
MAX_DESCRIPTORS = 64
CATALOG_BYTES = 2048
EFI_PLATFORM = 0xEF
JOLIET_ESCAPES = (b"%/@", b"%/C", b"%/E")
NO_DATE = b"0" * 16 + b"\0"
SIZE_OFFSET = 80


@dataclass(frozen=True)
class BootImage:
    """Entry of the boot catalog: firmware that reads it, and the first byte of its image on the medium."""

    firmware: str
    offset: int


@dataclass(frozen=True)
class Volume:
    """
    Facts of a medium that its descriptors state.

    Attributes:
        label: Volume label.
        size_bytes: Bytes of the ISO file.
        stated_bytes: Bytes that the primary descriptor states.
        joliet: True if there is a second tree of names for Windows.
        names: Style of the names that readers without extensions see.
        dates: Creation, modification, expiration and effective date of the volume, as 17 bytes each.
        boot_images: Entries of the boot catalog, in its order.
    """

    label: str
    size_bytes: int
    stated_bytes: int
    joliet: bool
    names: PlainNames
    dates: tuple[bytes, ...]
    boot_images: tuple[BootImage, ...]


def read_volume(iso: Path) -> Volume:
    """
    Read the descriptors of an ISO file.

    Raises:
        MediumRefused: The file is no ISO 9660 medium, is truncated, or is a UDF medium.
    """
    with iso.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        descriptors, is_udf = _descriptors(file)
        primary = next((sector for sector in descriptors if sector[0] == 1), None)
        if is_udf:
            raise MediumRefused(
                f"{iso.name} is a UDF medium, as Windows has: its answers cannot be added to it here.", WINDOWS_BY_HAND
            )
        if primary is None:
            raise MediumRefused(f"{iso.name} is no ISO 9660 medium ({size} bytes).")
        stated = struct.unpack_from("<I", primary, SIZE_OFFSET)[0] * SECTOR
        if stated > size:
            raise MediumRefused(f"{iso.name} is truncated: it has {size} of {stated} bytes. Download it again.")
        joliet = any(sector[0] == 2 and sector[88:91] in JOLIET_ESCAPES for sector in descriptors)
        return Volume(
            label=primary[40:72].decode("ascii", "replace").rstrip(),
            size_bytes=size,
            stated_bytes=stated,
            joliet=joliet,
            names=plain_names(file, primary),
            dates=tuple(primary[start : start + 17] for start in (813, 830, 847, 864)),
            boot_images=_boot_images(file, iso.name, descriptors),
        )


def _descriptors(file: BinaryIO) -> tuple[list[bytes], bool]:
    """Return the descriptors of ISO 9660, and True if the medium is UDF as well."""
    found, is_udf, ended = [], False, False
    for number in range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + MAX_DESCRIPTORS):
        file.seek(number * SECTOR)
        sector = file.read(SECTOR)
        identifier = sector[1:6]
        if len(sector) < SECTOR or not identifier.strip(b"\0"):
            break
        is_udf = is_udf or identifier in (b"NSR02", b"NSR03")
        if identifier == b"CD001" and not ended:
            found.append(sector)
            ended = sector[0] == 255
    return found, is_udf


def _boot_images(file: BinaryIO, name: str, descriptors: list[bytes]) -> tuple[BootImage, ...]:
    record = next(
        (sector for sector in descriptors if sector[0] == 0 and sector[7:30] == b"EL TORITO SPECIFICATION"), None
    )
    if record is None:
        raise MediumRefused(f"{name} has no boot record, so no firmware boots from it.", BY_HAND)
    file.seek(struct.unpack_from("<I", record, 71)[0] * SECTOR)
    catalog = file.read(CATALOG_BYTES)
    images, platform = [], catalog[1] if catalog else 0
    for start in range(32, len(catalog) - 31, 32):
        entry = catalog[start : start + 32]
        if entry[0] in (0x90, 0x91):
            platform = entry[1]
        elif entry[0] == 0x88:
            firmware = "uefi" if platform == EFI_PLATFORM else "bios"
            images.append(BootImage(firmware, struct.unpack_from("<I", entry, 8)[0] * SECTOR))
        elif entry[0] == 0 and start > 32:
            break
    return tuple(images)
