"""Entries of boot menus: the root file system that they name, and the files that they start."""

from lab.inspection.findings import BOOT_IT, Inspection
from lab.inspection.system.guest import BootEntry, Guest
from lab.inspection.system.mount_table import may_be_elsewhere
from lab.inspection.system.volume_references import identifier, is_device_name, is_on_first_disk, resolve

UPDATE = "update-grub or grub2-mkconfig writes the menu again"


def check_entries(guest: Guest, inspection: Inspection) -> None:
    """Report the entries of the boot menus."""
    inspection.state("boot_entries", [{**vars(entry), "root": entry.root} for entry in guest.entries])
    if not guest.entries:
        inspection.report(
            "warning",
            "no-boot-menu",
            "No boot menu with a Linux kernel was found (GRUB, SYSLINUX, loader entries).",
            BOOT_IT,
        )
    for entry in guest.entries:
        _check_root(entry, guest, inspection)
        for kind, paths in (("kernel", (entry.kernel,)), ("initial RAM file system", entry.initramfs)):
            for path in paths:
                if boot_path(guest, path) is None:
                    inspection.report(
                        "error",
                        "boot-file-missing",
                        f"The boot entry {entry.title!r} in {entry.source} starts the {kind} {path}, which was not"
                        " found.",
                        f"Install the kernel again, or correct the entry ({UPDATE}).",
                    )


def boot_path(guest: Guest, path: str) -> str | None:
    """Return the path of a boot loader's file in the system; with a /boot of its own, the loader's paths lack it."""
    candidates = (path, f"/boot/{path.lstrip('/')}", f"/boot/efi/{path.lstrip('/')}", f"/efi/{path.lstrip('/')}")
    return next((candidate for candidate in candidates if guest.files.is_file(candidate)), None)


def _check_root(entry: BootEntry, guest: Guest, inspection: Inspection) -> None:
    root, place = entry.root, f"The boot entry {entry.title!r} in {entry.source}"
    if is_device_name(root):
        inspection.report(
            "warning" if is_on_first_disk(root) else "error",
            "root-device-name",
            f"{place} has root={root}, a device name. The disk of an image is the first one of a new server, so its"
            " name changes.",
            f"Use root=UUID=… of the root file system ({UPDATE}).",
        )
    elif identifier(root) and resolve(root, guest.contents) is None and not may_be_elsewhere(guest.contents):
        inspection.report(
            "error",
            "root-unknown",
            f"{place} has root={root}, which no file system of the image has.",
            f"Correct the entry ({UPDATE}).",
        )
    elif not root:
        inspection.report(
            "note",
            "root-missing",
            f"{place} has no argument root=.",
            "Check that the initial RAM file system finds the root file system by itself.",
        )
