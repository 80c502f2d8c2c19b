"""Boot loaders: code that a BIOS starts, with the place that it continues at, and programs that UEFI starts."""

import struct
from collections.abc import Iterator
from typing import Any, Literal

from lab.inspection.disk.block_source import read_up_to
from lab.inspection.disk.disk_contents import Content, Disk
from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.disk.partition_table import BOOT_SIGNATURE, EFI_SYSTEM, SECTOR
from lab.inspection.disk.volume_signatures import FAT
from lab.inspection.findings import Inspection

CODE_BYTES = 440
GRUB_TARGET = 0x5C
KNOWN_CODE = ((b"GRUB", "GRUB"), (b"LILO", "LILO"), (b"SYSLINUX", "SYSLINUX"), (b"isolinux", "ISOLINUX"))
DEFAULT_PROGRAM = "/EFI/BOOT/BOOTX64.EFI"
MACHINES = {0x8664: "x86-64", 0x14C: "x86", 0xAA64: "arm64"}
PROGRAM_HEADER_BYTES = 4096
MAX_PROGRAMS = 32


def check_loaders(disk: Disk, firmware: Literal["bios", "uefi"], inspection: Inspection) -> None:
    """Report the boot loaders of a disk; the one that the image's boot mode needs must exist."""
    bios, programs = _bios_loader(disk), list(_programs(disk.contents))
    inspection.state("boot_loaders", {"bios": bios, "uefi": programs})
    if firmware == "bios":
        _check_bios(disk, bios, bool(programs), inspection)
    else:
        _check_uefi(bios is not None, programs, inspection)


def _bios_loader(disk: Disk) -> dict[str, Any] | None:
    """Return the boot code of the first sector, None if a BIOS would not start this disk."""
    first = read_up_to(disk.blocks, 0, SECTOR)
    if first[510:512] != BOOT_SIGNATURE or not any(first[:CODE_BYTES]):
        return None
    name = next((name for mark, name in KNOWN_CODE if mark in first), "unknown")
    loader: dict[str, Any] = {"loader": name, "continues_at_byte": None, "continues_in": None, "is_complete": True}
    if name == "GRUB":
        target = struct.unpack_from("<Q", first, GRUB_TARGET)[0] * SECTOR
        loader |= {"continues_at_byte": target, "continues_in": _place(disk, target)}
        loader["is_complete"] = any(read_up_to(disk.blocks, target, SECTOR)) if target < disk.blocks.size else False
    elif disk.table.scheme == "mbr":
        active = [partition.number for partition in disk.table.partitions if partition.is_active]
        loader |= {"continues_in": f"partition {active[0]}" if active else None, "is_complete": bool(active)}
    return loader


def _place(disk: Disk, offset: int) -> str:
    for partition in disk.table.partitions:
        if partition.start <= offset < partition.start + partition.size:
            return f"partition {partition.number} ({partition.type})"
    return "the space before the first partition" if offset < disk.blocks.size else "no place of the disk"


def _programs(contents: list[Content]) -> Iterator[dict[str, Any]]:
    """Yield the programs of the EFI system partitions, or of other FAT file systems if there are none."""
    fat = [content for content in contents if content.volume and content.signature and content.signature.type == FAT]
    marked = [content for content in fat if content.partition and content.partition.type == EFI_SYSTEM]
    for content in marked or fat:
        assert content.volume
        files = GuestFiles(content.volume)
        for path in files.glob("/EFI/*/*")[:MAX_PROGRAMS]:
            if path.lower().endswith(".efi"):
                header = files.content(path, PROGRAM_HEADER_BYTES) or b""
                is_default = path.upper() == DEFAULT_PROGRAM
                yield {"path": path, "in": content.name, "machine": _machine(header), "is_default": is_default}


def _machine(header: bytes) -> str | None:
    """Return the kind of processor that a program is for, None if it is no program."""
    if header[:2] != b"MZ" or len(header) < 64:
        return None
    at = struct.unpack_from("<I", header, 60)[0]
    if header[at : at + 4] != b"PE\0\0" or len(header) < at + 6:
        return None
    machine = struct.unpack_from("<H", header, at + 4)[0]
    return MACHINES.get(machine, f"{machine:#06x}")


def _check_bios(disk: Disk, loader: dict[str, Any] | None, has_programs: bool, inspection: Inspection) -> None:
    if loader is None:
        hint = " The disk has programs for UEFI." if has_programs else ""
        inspection.report(
            "error",
            "no-bios-loader",
            f"The image boots by BIOS, and the disk has no boot code for it.{hint}",
            "Install the boot loader onto the disk, or set hw_firmware_type of the image to uefi."
            if has_programs
            else "Install the boot loader onto the disk that is captured (grub-install).",
        )
    elif not loader["is_complete"]:
        where = (
            f"continues in {loader['continues_in']}, which holds nothing at that place"
            if loader["loader"] == "GRUB"
            else "needs an active partition, and no partition is active"
        )
        inspection.report(
            "error",
            "boot-target",
            f"The boot code of the disk ({loader['loader']}) {where}.",
            "Install the boot loader again, or mark the partition that it starts from as active.",
        )


def _check_uefi(has_bios_code: bool, programs: list[dict[str, Any]], inspection: Inspection) -> None:
    default = next((program for program in programs if program["is_default"]), None)
    if not programs:
        hint = " The disk has boot code for a BIOS." if has_bios_code else ""
        inspection.report(
            "error",
            "no-uefi-loader",
            f"The image boots by UEFI, and the disk has no program for it.{hint}",
            "Install a boot loader for UEFI, or set hw_firmware_type of the image to bios."
            if has_bios_code
            else "Install a boot loader for UEFI into an EFI system partition.",
        )
    elif default is None:
        inspection.report(
            "error",
            "no-default-program",
            f"The EFI system partition has no {DEFAULT_PROGRAM}. The firmware of a new server knows no other name,"
            " because boot entries are not part of an image.",
            "Install the boot loader under this name, too (grub-install --removable).",
        )
    elif default["machine"] != "x86-64":
        inspection.report(
            "error",
            "default-program",
            f"{DEFAULT_PROGRAM} is no program for x86-64 ({default['machine'] or 'none'}).",
            "Install the boot loader of the package for x86-64.",
        )
