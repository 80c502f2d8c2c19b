"""Loaders and kernels that boot, from Debian's packages: isolinux, GRUB, the cloud kernel, Debian's installer."""

import os
import subprocess
from functools import cache
from pathlib import Path

from iso.__main__ import default_cache
from iso.commands import run
from iso.file_tree import Tree, cpio
from iso.packages import fetch, resolve, unpack
from tests.iso.vendor.medium_layout import EPOCH, Parts

GRUB_MODULES = "normal configfile linux echo test search search_fs_file search_label iso9660 part_msdos part_gpt serial"
# The first configuration of GRUB's core: where the vendor's loaders look for their menu.
FIND = "search --no-floppy --file --set=root {mark}\nset prefix=($root){folder}\nconfigfile ($root){folder}/grub.cfg\n"
INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox echo "BOOTED $(/bin/busybox cat /proc/cmdline)" > /dev/ttyS0
if [ -f /preseed.cfg ]; then /bin/busybox sed 's/^/ANSWERS /' /preseed.cfg > /dev/ttyS0; fi
/bin/busybox poweroff -f
"""
MODULES = {"ldlinux.c32", "libcom32.c32", "libutil.c32", "vesamenu.c32", "menu.c32"}
INSTALLER = "debian-installer-12-netboot-amd64"


@cache
def packages() -> Path:
    """Return a folder with the unpacked packages of the installer ISO, and of isolinux."""
    cache_folder = default_cache()
    root = cache_folder.parent / "tests" / "vendor-parts"
    if not (root / "complete").exists():
        root.mkdir(parents=True, exist_ok=True)
        found = resolve()
        fetch(found, cache_folder)
        unpack(found, cache_folder, root)
        unpack_by_name(["isolinux", "syslinux-common"], root)
        (root / "complete").touch()
    return root


@cache
def debian_installer() -> tuple[bytes, bytes]:
    """Return the kernel and the initial RAM file system of Debian's own installer."""
    root = default_cache().parent / "tests" / "debian-installer"
    if not (root / "complete").exists():
        unpack_by_name([INSTALLER], root)
        (root / "complete").touch()
    folder = root / "usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64"
    return (folder / "linux").read_bytes(), (folder / "initrd.gz").read_bytes()


def unpack_by_name(names: list[str], root: Path) -> None:
    folder = root.with_name(f"{root.name}.packages")
    folder.mkdir(parents=True, exist_ok=True)
    sandbox = "root" if os.geteuid() == 0 else ""
    subprocess.run(["apt-get", "-q", "-o", f"APT::Sandbox::User={sandbox}", "download", *names], cwd=folder, check=True)
    for package in sorted(folder.glob("*.deb")):
        run(["dpkg-deb", "-x", package, root])


def parts(mark: str, folder: str, efi_folder: str | None = None) -> Parts:
    """
    Return parts that boot, with a system that prints its command line and powers off.

    Args:
        mark: File by which a loader finds its medium.
        folder: Folder of GRUB's menu for BIOS.
        efi_folder: Folder of GRUB's menu for UEFI; that of BIOS by default.
    """
    root = packages()
    syslinux = root / "usr/lib/syslinux/modules/bios"
    modules = {path.name: path.read_bytes() for path in syslinux.glob("*.c32") if path.name in MODULES}
    kernel = next((root / "boot").glob("vmlinuz-*")).read_bytes()
    start = FIND.format(mark=mark, folder=folder)
    efi_modules = f"{GRUB_MODULES} fat efi_gop linuxefi"
    return Parts(
        isolinux=(root / "usr/lib/ISOLINUX/isolinux.bin").read_bytes(),
        grub_bios=grub("i386-pc", "i386-pc-eltorito", f"{GRUB_MODULES} biosdisk", start),
        grub_efi=grub("x86_64-efi", "x86_64-efi", efi_modules, efi_start(mark, efi_folder or folder)),
        kernel=kernel,
        initrd=small_system(root),
        modules=modules,
    )


def efi_start(mark: str, folder: str) -> str:
    """Return the first configuration of GRUB for UEFI: the menu beside the program, else that of the medium."""
    beside = "if [ -f $cmdpath/grub.cfg ]; then\n  configfile $cmdpath/grub.cfg\nfi\n"
    return f"{beside}{FIND.format(mark=mark, folder=folder)}"


def grub(folder: str, target: str, modules: str, start: str) -> bytes:
    work = default_cache().parent / "tests"
    configuration, output = work / f"{target}.cfg", work / f"{target}.img"
    configuration.write_text(start)
    command: list[str | Path] = [
        "grub-mkimage",
        "--directory",
        packages() / "usr/lib/grub" / folder,
        "--format",
        target,
    ]
    run([*command, "--prefix", "/boot/grub", "--config", configuration, "--output", output, *modules.split()])
    return output.read_bytes()


def small_system(root: Path) -> bytes:
    tree = Tree()
    tree.file("init", INIT.encode(), 0o755)
    tree.file("bin/busybox", next(root.glob("**/bin/busybox")).read_bytes(), 0o755)
    for folder in ("proc", "dev"):
        tree.directory(folder)
    return cpio(tree, EPOCH)
