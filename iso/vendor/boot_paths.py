"""Boot paths of a medium: configurations of isolinux and GRUB, also those in EFI images, with a change in each."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from iso.vendor.boot_change import BootChange
from iso.vendor.efi_images import EfiImage, changed_image, read_efi_image
from iso.vendor.grub_menus import edit_grub, is_grub
from iso.vendor.isolinux_menus import edit_isolinux, is_isolinux
from iso.vendor.medium_errors import BY_HAND, MediumRefused
from iso.vendor.medium_files import read_files
from iso.vendor.volume_descriptors import Volume

CONFIGURATION = re.compile(
    r"^/(?:(?:isolinux|syslinux|boot|efi|grub2?|images|debian-installer|loader)/(?:[^/]+/){0,5})?[^/]+\.(?:cfg|conf)$",
    re.IGNORECASE,
)
MAX_CONFIGURATION_BYTES = 512 * 1024


@dataclass(frozen=True)
class ChangedPaths:
    """
    Changed boot paths of a medium.

    Attributes:
        files: New contents of configurations by their paths.
        patches: New bytes of EFI images by their offset on the medium.
        entries: Number of changed entries by the place of their configuration, for a report.
    """

    files: dict[str, bytes]
    patches: dict[int, bytes]
    entries: dict[str, int]


def change_boot_paths(iso: Path, volume: Volume, paths: frozenset[str], change: BootChange, epoch: int) -> ChangedPaths:
    """
    Change every entry that starts the installer.

    Args:
        iso: The vendor's file.
        volume: Descriptors of the file.
        paths: Files of the medium.
        change: Parameters for each entry.
        epoch: Modification time of configurations in EFI images (seconds since 1970).

    Raises:
        MediumRefused: Firmware that the medium supports would start an installer without answers.
    """
    contents = read_files(iso, (path for path in paths if CONFIGURATION.match(path)))
    texts = {
        path: content.decode("latin-1") for path, content in contents.items() if len(content) <= MAX_CONFIGURATION_BYTES
    }
    grub, isolinux, entries = _change_texts(texts, change)
    images = [
        image
        for entry in volume.boot_images
        if entry.firmware == "uefi" and (image := read_efi_image(iso, entry.offset))
    ]
    patches: dict[int, bytes] = {}
    for image in images:
        changed, counts = _change_image(image, change)
        entries |= {f"EFI image: {path}": count for path, count in counts.items()}
        if changed:
            patches[image.offset] = changed_image(image, changed, epoch)
    _check_firmware(volume, entries, isolinux)
    new = {path: text.encode("latin-1") for path, text in {**grub, **isolinux}.items() if text != texts[path]}
    return ChangedPaths(new, patches, entries)


def _change_texts(texts: dict[str, str], change: BootChange) -> tuple[dict[str, str], dict[str, str], dict[str, int]]:
    """Return the configurations of GRUB, those of isolinux, and the changed entries by their paths."""
    grub: dict[str, str] = {}
    folders: dict[str, dict[str, str]] = defaultdict(dict)
    entries: dict[str, int] = {}
    for path, text in sorted(texts.items()):
        if is_grub(text):
            grub[path], count = edit_grub(text, change)
            entries |= {path: count} if count else {}
        elif is_isolinux(text):
            folders[str(PurePosixPath(path).parent)][path] = text
    isolinux: dict[str, str] = {}
    for folder in folders.values():
        edited, count = edit_isolinux(folder, change)
        isolinux |= edited
        entries |= {_shown(folder): count} if count else {}
    return grub, isolinux, entries


def _shown(folder: dict[str, str]) -> str:
    return next((path for path in folder if path.endswith("linux.cfg")), next(iter(folder)))


def _change_image(image: EfiImage, change: BootChange) -> tuple[dict[str, str], dict[str, int]]:
    changed, counts = {}, {}
    for path, text in sorted(image.texts.items()):
        if is_grub(text):
            new, count = edit_grub(text, change)
            if count:
                counts[path] = count
            if new != text:
                changed[path] = new
    return changed, counts


def _check_firmware(volume: Volume, entries: dict[str, int], isolinux: dict[str, str]) -> None:
    """Refuse a medium that one of its kinds of firmware would boot without the change."""
    grub = {path for path in entries if path not in isolinux}
    on_medium = {path for path in entries if path in isolinux or path.startswith("/boot/")}
    kinds = {image.firmware for image in volume.boot_images}
    reason = ""
    if not entries:
        reason = "No boot configuration that starts the installer was found on the medium"
    elif "uefi" in kinds and not grub:
        reason = "No boot configuration for UEFI was found on the medium"
    elif "bios" in kinds and not on_medium:
        reason = "No boot configuration for BIOS was found on the medium"
    if reason:
        raise MediumRefused(f"{reason}: neither isolinux nor GRUB 2 has one in a known folder.", BY_HAND)
