"""Small disks with an installed system, built by the usual programs from folders, without a mount."""

import gzip
import os
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from iso.file_tree import Tree, cpio
from lab.inspection.disk.limits import Budget
from lab.inspection.findings import Inspection
from lab.inspection.image_inspection import inspect_file

LONGEST_S = 20
"""Seconds that an inspection may take on a busy machine."""
IMAGE = {"name": "image\x1b[2J", "id": "0", "firmware": "bios"}
"""Image with a hostile name, for tables of findings."""
MIB = 1 << 20
SECTOR = 512
DISK_MIB = 32
ROOT_UUID = "c3b36ca1-161f-4562-9277-b1ed8c4f6506"
RELEASE = "6.1.0-9-amd64"
DRIVERS = ("virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net")
GRUB_CODE = b"GRUB \0Geom\0Hard Disk\0Read\0 Error"
CORE_SECTOR = 2048
EFI_SYSTEM = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
GPT = f"""label: gpt
start={CORE_SECTOR}, size=2048, type=21686148-6449-6E6F-744E-656564454649
start=4096, size=16384, type={EFI_SYSTEM}
start=20480, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, name="root"
"""
MBR = "label: dos\nstart=2048, size=16384, type=ef\nstart=20480, type=83, bootable\n"
Files = Mapping[str, str | bytes | Path]
"""Contents of files by their paths; a path as content is the target of a symbolic link."""


def initramfs(*modules: str, compress: bool = True) -> bytes:
    """Return an initial RAM file system that contains modules."""
    tree = Tree()
    tree.file("init", b"#!/bin/sh\n" * 100, 0o755)
    for module in modules:
        tree.file(f"usr/lib/modules/{RELEASE}/kernel/drivers/{module}.ko", b"\x7fELF" + os.urandom(3000))
    packed = cpio(tree, 0)
    return packed if compress else gzip.decompress(packed)


def kernel(release: str = RELEASE) -> bytes:
    """Return the beginning of a kernel image with its release."""
    image = bytearray(4096)
    image[0x202:0x206] = b"HdrS"
    image[0x20E:0x210] = struct.pack("<H", 0x400)
    image[0x600 : 0x600 + 64] = f"{release} (builder@example) #1 SMP".encode().ljust(64, b"\0")
    return bytes(image)


def efi_program(machine: int = 0x8664) -> bytes:
    """Return the header of a program for UEFI."""
    return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", machine) + bytes(400)


def system_files(root: str = f"UUID={ROOT_UUID}", **arguments: str) -> dict[str, str | bytes | Path]:
    """Return the files of a Debian system that makes a good image."""
    boot = f"/boot/vmlinuz-{RELEASE} root={root} ro {arguments.get('more', 'quiet')}"
    menu = f"menuentry 'Debian GNU/Linux' {{\n  linux {boot}\n  initrd /boot/initrd.img-{RELEASE}\n}}\n"
    return {
        "etc/fstab": f"# mounts\nUUID={ROOT_UUID} / ext4 errors=remount-ro 0 1\ntmpfs /tmp tmpfs defaults 0 0\n",
        "etc/os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
        "etc/machine-id": "",
        "etc/localtime": Path("/usr/share/zoneinfo/Europe/Berlin"),
        "etc/network/interfaces": "auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet dhcp\n",
        "etc/cloud/cloud.cfg": "users:\n  - default\n",
        "etc/cloud/cloud.cfg.d/90_dpkg.cfg": "datasource_list: [ OpenStack, ConfigDrive, None ]\n",
        "usr/bin/cloud-init": "#!/usr/bin/python3\n",
        "bin": Path("usr/bin"),
        "sbin/init": "init",
        "var/lib/dpkg/status": "Package: bash\nStatus: install ok installed\nVersion: 5.2-1\n\n"
        "Package: old\nStatus: deinstall ok config-files\nVersion: 1\n",
        "boot/grub/grub.cfg": menu,
        f"boot/vmlinuz-{RELEASE}": kernel(),
        f"boot/initrd.img-{RELEASE}": initramfs(*DRIVERS),
        f"lib/modules/{RELEASE}/modules.builtin": "kernel/fs/ext4/ext4.ko\nkernel/drivers/virtio/virtio.ko\n",
        f"lib/modules/{RELEASE}/modules.dep": "kernel/drivers/net/virtio_net.ko.xz: kernel/drivers/virtio/virtio.ko\n",
    }


@dataclass
class GuestDisk:
    """
    Description of a disk with a system.

    Attributes:
        files: Files of the root file system.
        scheme: Kind of the partition table.
        efi: Files of the EFI system partition.
        boot_code: True if the first sector and its continuation hold a boot loader.
        options: Further options of mkfs.ext4.
    """

    files: dict[str, str | bytes | Path] = field(default_factory=system_files)
    scheme: Literal["gpt", "mbr"] = "gpt"
    efi: Files = field(default_factory=lambda: {"EFI/BOOT/BOOTX64.EFI": efi_program()})
    boot_code: bool = True
    options: tuple[str, ...] = ()

    def write(self, folder: Path) -> Path:
        """Write the disk as a raw file, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "disk.raw"
        partition(path, GPT if self.scheme == "gpt" else MBR)
        names = ("-U", ROOT_UUID, "-L", "root-fs")
        ext(folder / "root", self.files, DISK_MIB - 12, *names, *self.options, image=path, offset=20480 * SECTOR)
        if self.efi:
            place = 4096 if self.scheme == "gpt" else 2048
            fat(folder / "efi", self.efi, 8, image=path, offset=place * SECTOR)
        if self.boot_code:
            target = CORE_SECTOR if self.scheme == "gpt" else 1
            with path.open("r+b") as disk:
                _put(disk, 0, GRUB_CODE.ljust(0x5C, b"\x90") + struct.pack("<Q", target))
                _put(disk, target * SECTOR, b"core" * 100)
        return path


def ext(
    work: Path,
    files: Files,
    size_mib: int,
    *options: str,
    kind: str = "ext4",
    image: Path | None = None,
    offset: int = 0,
) -> Path:
    """Write a file system that contains files, into a disk or a file of its own, and return the path of that."""
    source = write_files(work / "files", files)
    target = image or _blank(work / "image", size_mib)
    place = ("-E", f"offset={offset}") if offset else ()
    run(f"/sbin/mkfs.{kind}", "-q", "-F", *options, *place, "-d", source, target, f"{size_mib * 1024}")
    return target


def fat(work: Path, files: Files, size_mib: int, *options: str, image: Path | None = None, offset: int = 0) -> Path:
    """Write a FAT file system that contains files, into a disk or a file of its own, and return the path of that."""
    source, target = write_files(work / "files", files), image or _blank(work / "image", size_mib)
    place, sectors = f"{target}@@{offset}", str(size_mib * MIB // SECTOR)
    run("mformat", "-i", place, "-T", sectors, "-h", "16", "-s", "32", "-N", "1f0d15c0", *options, "::")
    run("mcopy", "-s", "-Q", "-i", place, *sorted(source.iterdir()), "::")
    return target


def _blank(path: Path, size_mib: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size_mib * MIB)
    return path


def write_files(folder: Path, files: Files) -> Path:
    folder.mkdir(parents=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Path):
            path.symlink_to(content)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def partition(path: Path, table: str, size_mib: int = DISK_MIB) -> None:
    """Create an empty disk with a partition table."""
    _blank(path, size_mib)
    subprocess.run(["/sbin/sfdisk", "-q", path], input=table.encode(), check=True, capture_output=True)


def to_qcow2(raw: Path, *options: str) -> Path:
    target = raw.with_suffix(".qcow2")
    run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", *options, raw, target)
    return target


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)


def inspected(path: Path, firmware: Literal["bios", "uefi"] = "bios", budget: Budget | None = None) -> Inspection:
    """Return the result of the inspection of an image file."""
    return inspect_file(path, firmware, budget)


def rules(inspection: Inspection) -> dict[str, str]:
    """Return the severities of the findings by their rules."""
    return {finding.rule: finding.severity for finding in inspection.findings}


def _put(disk: Any, offset: int, content: bytes) -> None:
    disk.seek(offset)
    disk.write(content)


def message(inspection: Inspection, rule: str) -> str:
    """Return the text of the finding of a rule."""
    return next(finding.finding for finding in inspection.findings if finding.rule == rule)
