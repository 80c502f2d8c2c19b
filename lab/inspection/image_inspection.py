"""Inspection of an image file: all checks in their order, within the limits of a hostile disk."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

from lab.inspection.disk.disk_contents import Content, Disk, read_disk
from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.disk.limits import Budget, LimitReached, NotRead
from lab.inspection.disk.partition_table import EFI_SYSTEM
from lab.inspection.disk.volume_nodes import Volume
from lab.inspection.disk.volume_signatures import EXT_TYPES, FAT
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
from lab.inspection.system.mount_table import add_mounts, check_mounts

Firmware = Literal["bios", "uefi"]
ROOT_FOLDERS = ("/etc", "/usr", "/bin", "/sbin", "/var")
MIN_ROOT_FOLDERS = 3
EFI_MOUNT = "/boot/efi"
MAX_UNREAD = 8
GUEST_CHECKS: tuple[Callable[[Guest, Inspection], None], ...] = (
    *(check_mounts, check_entries, check_kernels, check_cloud_init, check_network, check_identity),
)


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
            "error", "image-file-damaged", f"The image file was not read: {error}.",
            "Create the image again from the disk, or upload the whole file again.",
        )  # fmt: skip
    except LimitReached as error:
        inspection.report("error", "limit-reached", f"The inspection was ended: {error}.", BOOT_IT)
    return inspection


def _check_guest(disk: Disk, firmware: Firmware, budget: Budget, inspection: Inspection) -> None:
    root = _root_of(disk.contents)
    if root is None:
        is_readable = not any(c.signature and c.volume is None and c.signature.type != "swap" for c in disk.contents)
        inspection.report(
            "error" if is_readable else "warning", "no-system",
            "No file system of the disk that was read contains a system (with /etc, /usr and /bin).",
            "Make sure that the installer writes to the disk that is captured." if is_readable else BOOT_IT,
        )  # fmt: skip
        return
    guest = Guest(disk, firmware, budget, GuestFiles(root))
    add_mounts(guest.files, disk.contents)
    _add_efi(guest)
    guest.entries = read_entries(guest.files)
    try:
        for check in GUEST_CHECKS:
            check(guest, inspection)
    finally:
        for path, reason in list(guest.files.unread.items())[:MAX_UNREAD]:
            inspection.report("warning", "not-read", f"{path} was not read: {reason}.", BOOT_IT)


def _root_of(contents: list[Content]) -> Volume | None:
    """Return the file system with the most folders of a root file system, None if none has enough."""
    best, most = None, MIN_ROOT_FOLDERS - 1
    for content in contents:
        if content.volume is None or content.signature is None or content.signature.type not in EXT_TYPES:
            continue
        files = GuestFiles(content.volume)
        with suppress(NotRead):
            count = sum(files.find(folder) is not None for folder in ROOT_FOLDERS)
            if count > most:
                best, most = content.volume, count
    return best


def _add_efi(guest: Guest) -> None:
    """Let the usual path lead to the EFI system partition, because a system need not mount it."""
    if not {EFI_MOUNT, "/efi"}.isdisjoint(guest.files.mounts) or not guest.files.is_folder(EFI_MOUNT):
        return
    for content in guest.contents:
        is_efi = content.partition is not None and content.partition.type == EFI_SYSTEM
        if is_efi and content.volume and content.signature and content.signature.type == FAT:
            guest.files.mount(EFI_MOUNT, content.volume)
            return
