"""GRUB for the ISO and for the installed disk, prepared so that an installer without GRUB's own tools can write it."""

import os
import struct
from dataclasses import dataclass
from pathlib import Path

from iso.commands import run

BIOS_PARTITION_SECTOR = 2048
"""First sector of the BIOS boot partition in files/installer/partitions."""

EFI_SYSTEM_MIB = 8
"""Size of the EFI system partition in files/installer/partitions."""

COMMON_MODULES = "normal configfile linux echo test serial terminal"
DISK_MODULES = f"{COMMON_MODULES} part_gpt ext2"
MEDIUM_MODULES = f"{COMMON_MODULES} iso9660 search search_fs_file"
EFI_MODULES = "fat efi_gop"
MEDIUM_MARK = ".installer-medium"
FIND_MEDIUM = f"search --no-floppy --file --set=root /{MEDIUM_MARK}\nset prefix=($root)/boot/grub\n"

# The third partition of whatever disk the loader was read from.
DISK_PREFIX = "(,gpt3)/boot/grub"

KERNEL_SECTOR_OFFSET = 0x5C
FIRST_BLOCK_LIST_OFFSET = 0x1F4


@dataclass(frozen=True)
class Loaders:
    """Boot loader images, ready to be written."""

    medium_bios: bytes
    medium_efi: bytes
    disk_boot_sector: bytes
    disk_core: bytes
    disk_efi: bytes


def build_loaders(root: Path, work: Path, epoch: int) -> Loaders:
    """
    Build the loaders of the ISO and of the installed disk, each for BIOS and UEFI.

    Args:
        root: Folder that grub-pc-bin and grub-efi-amd64-bin were unpacked into.
        work: Empty folder.
    """
    grub = root / "usr/lib/grub"
    find_medium = work / "find-medium.cfg"
    find_medium.write_text(FIND_MEDIUM)
    bios, efi = grub / "i386-pc", grub / "x86_64-efi"
    medium_efi = _image(efi, "x86_64-efi", "/boot/grub", f"{MEDIUM_MODULES} {EFI_MODULES}", work, find_medium)
    disk_efi = _image(efi, "x86_64-efi", DISK_PREFIX, f"{DISK_MODULES} {EFI_MODULES}", work)
    return Loaders(
        medium_bios=_image(bios, "i386-pc-eltorito", "/boot/grub", f"{MEDIUM_MODULES} biosdisk", work, find_medium),
        medium_efi=_efi_file_system(medium_efi, 2, work / "medium-efi", epoch),
        disk_boot_sector=_boot_sector((bios / "boot.img").read_bytes()),
        disk_core=_core(_image(bios, "i386-pc", DISK_PREFIX, f"{DISK_MODULES} biosdisk", work)),
        disk_efi=_efi_file_system(disk_efi, EFI_SYSTEM_MIB, work / "disk-efi", epoch),
    )


def _image(modules: Path, target: str, prefix: str, names: str, work: Path, configuration: Path | None = None) -> bytes:
    output = work / "image"
    early: list[str | Path] = ["--config", configuration] if configuration else []
    selection: list[str | Path] = ["--directory", modules, "--format", target, "--prefix", prefix, "--output", output]
    run(["grub-mkimage", *selection, *early, *names.split()])
    return output.read_bytes()


def _boot_sector(boot: bytes) -> bytes:
    """Return GRUB's first stage with the position of the second (as grub-install would patch it)."""
    patched = bytearray(boot)
    struct.pack_into("<Q", patched, KERNEL_SECTOR_OFFSET, BIOS_PARTITION_SECTOR)
    return bytes(patched)


def _core(core: bytes) -> bytes:
    """Return GRUB's second stage, with the position of its remainder in its first sector."""
    patched = bytearray(core)
    struct.pack_into("<Q", patched, FIRST_BLOCK_LIST_OFFSET, BIOS_PARTITION_SECTOR + 1)
    return bytes(patched)


def _efi_file_system(program: bytes, size_mib: int, work: Path, epoch: int) -> bytes:
    """Return a FAT file system that holds one program under the name that firmware looks for on any disk."""
    work.mkdir()
    source, image = work / "BOOTX64.EFI", work / "image"
    source.write_bytes(program)
    os.utime(source, (epoch, epoch))
    image.write_bytes(bytes(size_mib << 20))
    run(["mformat", "-i", image, "-N", "1f0d15c0", "::"], epoch=epoch)
    run(["mmd", "-i", image, "::EFI", "::EFI/BOOT"], epoch=epoch)
    run(["mcopy", "-m", "-i", image, source, "::EFI/BOOT/BOOTX64.EFI"], epoch=epoch)
    return image.read_bytes()
