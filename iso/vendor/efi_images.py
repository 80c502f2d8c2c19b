"""Configurations inside the FAT file systems that UEFI boots from a medium, read and written with mtools."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from iso.build_errors import CommandFailed
from iso.commands import run
from iso.vendor.medium_errors import BY_HAND, MediumRefused

MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class EfiImage:
    """FAT file system at a place of a medium, with the texts of its configurations."""

    offset: int
    content: bytes
    texts: dict[str, str]


def read_efi_image(iso: Path, offset: int) -> EfiImage | None:
    """Return the FAT file system at an offset of a medium, None if there is none."""
    with iso.open("rb") as file:
        file.seek(offset)
        size = _fat_bytes(file.read(512))
        if not 0 < size <= MAX_BYTES:
            return None
        file.seek(offset)
        content = file.read(size)
    with tempfile.TemporaryDirectory(prefix="efi-image-") as folder:
        image = Path(folder, "image")
        image.write_bytes(content)
        try:
            listing = run(["mdir", "-/", "-b", "-i", image, "::"])
        except CommandFailed:
            return None
        paths = [line.removeprefix("::") for line in listing.splitlines() if line.lower().endswith((".cfg", ".conf"))]
        return EfiImage(offset, content, {path: _read(image, path) for path in paths})


def changed_image(image: EfiImage, texts: dict[str, str], epoch: int) -> bytes:
    """
    Return the bytes of a FAT file system after a change of its configurations.

    Args:
        image: File system of the medium.
        texts: New texts of configurations that it has.
        epoch: Modification time of the configurations (seconds since 1970).

    Raises:
        MediumRefused: The file system has no room for the longer texts.
    """
    with tempfile.TemporaryDirectory(prefix="efi-image-") as folder:
        file, source = Path(folder, "image"), Path(folder, "source")
        file.write_bytes(image.content)
        for path, text in sorted(texts.items()):
            source.write_bytes(text.encode("latin-1"))
            os.utime(source, (epoch, epoch))
            try:
                run(["mcopy", "-o", "-m", "-i", file, source, f"::{path}"], epoch=epoch)
            except CommandFailed as error:
                raise MediumRefused(
                    f"The EFI image of the medium has no room for a longer {path}: {error}.", BY_HAND
                ) from None
        return file.read_bytes()


def _read(image: Path, path: str) -> str:
    with tempfile.TemporaryDirectory(prefix="efi-file-") as folder:
        target = Path(folder, "file")
        run(["mcopy", "-n", "-i", image, f"::{path}", target])
        return target.read_bytes().decode("latin-1")


def _fat_bytes(sector: bytes) -> int:
    """Return the size that a FAT boot sector states, 0 if it is none."""
    if len(sector) < 512 or sector[510:512] != b"\x55\xaa":
        return 0
    sector_bytes, small = int.from_bytes(sector[11:13], "little"), int.from_bytes(sector[19:21], "little")
    if sector_bytes not in (512, 1024, 2048, 4096):
        return 0
    return (small or int.from_bytes(sector[32:36], "little")) * sector_bytes
