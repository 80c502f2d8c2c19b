"""Inspection of an image file: all checks in their order, within the limits of a hostile disk."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from lab.inspection.disk.disk_contents import Disk, read_disk
from lab.inspection.disk.limits import Budget, LimitReached, NotRead
from lab.inspection.disk.volume_signatures import SWAP
from lab.inspection.findings import BOOT_IT, Inspection
from lab.inspection.system.boot_entries import check_entries
from lab.inspection.system.boot_loaders import check_loaders
from lab.inspection.system.boot_menus import read_entries
from lab.inspection.system.cloud_init import check_cloud_init
from lab.inspection.system.disk_layout import check_layout
from lab.inspection.system.guest import Guest
from lab.inspection.system.guest_identity import check_identity
from lab.inspection.system.guest_network import check_network
from lab.inspection.system.kernel_drivers import check_kernels
from lab.inspection.system.mount_table import check_mounts
from lab.inspection.system.system_search import find_system

Firmware = Literal["bios", "uefi"]
MAX_UNREAD = 8
SYSTEM_CHECKS: tuple[Callable[[Guest, Inspection], None], ...] = (
    *(check_mounts, check_cloud_init, check_network, check_identity),
)
BOOT_CHECKS: tuple[Callable[[Guest, Inspection], None], ...] = (check_entries, check_kernels)


def inspect_file(path: Path, firmware: Firmware, budget: Budget | None = None) -> Inspection:
    """
    Inspect an image file, read-only.

    Args:
        path: Image file, qcow2 or raw.
        firmware: Boot mode of the image.
        budget: Budget of the inspection.

    Returns:
        Facts and findings; damage and exceeded limits are findings, too.
    """
    inspection, budget = Inspection(), budget or Budget()
    try:
        with path.open("rb") as file:
            disk = read_disk(file, budget)
            if check_layout(disk, inspection):
                check_loaders(disk, firmware, inspection)
                _check_guest(disk, firmware, budget, inspection)
    except NotRead as error:
        inspection.report(
            "error",
            "image-file-damaged",
            f"The image file was not read: {error}.",
            "Create the image again from the disk, or upload the whole file again.",
        )
    except LimitReached as error:
        inspection.report("error", "limit-reached", f"The inspection was ended: {error}.", BOOT_IT)
    return inspection


def _check_guest(disk: Disk, firmware: Firmware, budget: Budget, inspection: Inspection) -> None:
    files, is_whole = find_system(disk.contents)
    if not is_whole:
        is_readable = not any(c.signature and c.volume is None and c.signature.type != SWAP for c in disk.contents)
        inspection.report(
            "error" if is_readable else "warning",
            "no-system",
            "No file system of the disk that was read contains a system (with /etc, /usr and /bin).",
            "Make sure that the installer writes to the disk that is captured." if is_readable else BOOT_IT,
        )
    if files is None:
        return
    guest = Guest(disk, firmware, budget, files)
    guest.entries = read_entries(files)
    try:
        for check in (*SYSTEM_CHECKS, *BOOT_CHECKS) if is_whole else BOOT_CHECKS:
            check(guest, inspection)
    finally:
        for path, reason in list(files.unread.items())[:MAX_UNREAD]:
            inspection.report("warning", "not-read", f"{path} was not read: {reason}.", BOOT_IT)
