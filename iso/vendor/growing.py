"""Growth of an ISO file by a session of xorriso: new files and changed configurations, everything else untouched."""

import os
import re
import shutil
import struct
from datetime import UTC, datetime
from pathlib import Path

from iso.commands import run
from iso.vendor.medium_errors import MediumRefused
from iso.vendor.plain_names import SECTOR
from iso.vendor.volume_descriptors import FIRST_DESCRIPTOR, NO_DATE, SIZE_OFFSET, Volume

SESSION_BYTES = 64 * 1024 * 1024
# Types of dates in xorriso's -volume_date, in the order of the descriptor's fields.
_DATES = ("c", "m", "x", "f")


def epoch_of(volume: Volume) -> int:
    """Return the creation time of a volume (seconds since 1970), which new files get; 0 without a usable one."""
    match = re.match(rb"\d{14}", volume.dates[0])
    if match is None or volume.dates[0] == NO_DATE:
        return 0
    try:
        created = datetime.strptime(match[0].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return 0
    return max(0, int(created.timestamp()))


def grow(iso: Path, volume: Volume, files: dict[str, bytes], work: Path) -> None:
    """
    Add a session with files to an ISO file, in place.

    The boot catalog keeps its entries, whose images stay where they are (`-boot_image any keep`). The result depends on
    nothing but the arguments and the version of xorriso: owner, permissions and dates are fixed.

    Args:
        iso: File to grow; of a copy of the vendor's file.
        volume: Descriptors of the file.
        files: New contents by their paths on the medium.
        work: Empty folder.
    """
    _state_whole_size(iso, volume)
    epoch = epoch_of(volume)
    # Names without extensions stay as they are: isolinux before version 6 finds /install.amd by such a name.
    rules = ":".join([*volume.names.rules, "joliet_long_names", "joliet_long_paths"])
    settings = ["-compliance", rules, *(["-joliet", "on"] if volume.joliet else [])]
    changes: list[str | Path] = []
    for number, (path, content) in enumerate(sorted(files.items())):
        source = work / str(number)
        source.write_bytes(content)
        source.chmod(0o444)
        os.utime(source, (epoch, epoch))
        changes += ["-map", source, path]
    for path in sorted(_with_new_folders(files)):
        changes += ["-chown", "0", path, "--", "-chgrp", "0", path, "--", "-alter_date", "b-c", f"={epoch}", path, "--"]
    keep: list[str | Path] = ["-dev", iso, "-boot_image", "any", "keep"]
    end = ["-padding", "0", *_volume_dates(volume), "-commit"]
    run(["xorriso", "-report_about", "SORRY", *settings, *keep, *changes, *end], epoch=epoch)


def require_space(folder: Path, size_bytes: int) -> None:
    """
    Check that a folder has room for a file, and for a session after it.

    Raises:
        MediumRefused: The disk is too full.
    """
    free, required = shutil.disk_usage(folder).free, size_bytes + SESSION_BYTES
    if free <= required:
        raise MediumRefused(f"{folder} has {free >> 20} MiB of free space, {required >> 20} MiB are required.")


def _with_new_folders(files: dict[str, bytes]) -> set[str]:
    return {*files, *(str(Path(path).parent) for path in files if path.startswith("/answers/"))}


def _volume_dates(volume: Volume) -> list[str]:
    """Return the options that keep the dates, because loaders find their medium by the modification date."""
    options = []
    for kind, date in zip(_DATES, volume.dates, strict=True):
        digits = date[:16].decode("ascii", "replace")
        if re.fullmatch(r"\d{16}", digits) and date[:16] != NO_DATE[:16]:
            options += ["-volume_date", "uuid" if kind == "m" else kind, digits]
    return options


def _state_whole_size(iso: Path, volume: Volume) -> None:
    """Let the descriptor cover the whole file, so that a new session begins after a partition behind the volume."""
    sectors = -(-volume.size_bytes // SECTOR)
    with iso.open("r+b") as file:
        file.truncate(sectors * SECTOR)
        if sectors * SECTOR > volume.stated_bytes:
            file.seek(FIRST_DESCRIPTOR * SECTOR + SIZE_OFFSET)
            file.write(struct.pack("<I", sectors) + struct.pack(">I", sectors))
