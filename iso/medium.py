"""The ISO file itself: an ISO 9660 file system that firmware of both kinds, BIOS and UEFI, can boot from."""

import os
from datetime import UTC, datetime
from pathlib import Path

from iso.bootloader import MEDIUM_MARK, Loaders
from iso.commands import run
from iso.contents import FILES
from iso.kernel import Kernel

VOLUME_NAME = "INSTALLER"


def write_medium(output: Path, kernel: Kernel, initrd: bytes, loaders: Loaders, work: Path, epoch: int) -> None:
    """
    Write the bootable ISO file.

    Args:
        work: Empty folder.
        epoch: Time of everything in the file system, in seconds since 1970.
    """
    _lay_out(work, kernel, initrd, loaders)
    for path in sorted(work.rglob("*"), reverse=True):
        os.utime(path, (epoch, epoch))
    os.utime(work, (epoch, epoch))
    date = datetime.fromtimestamp(epoch, UTC).strftime("%Y%m%d%H%M%S00")
    bios = ["-b", "boot/bios.img", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"]
    efi = ["-eltorito-alt-boot", "-e", "boot/efi.img", "-no-emul-boot"]
    names = ["-V", VOLUME_NAME, f"--modification-date={date}", "-c", "boot/boot.cat"]
    run(
        ["xorriso", "-as", "mkisofs", "-quiet", "-r", "-J", *names, *bios, *efi, "-o", output, work],
        epoch=epoch,
    )


def _lay_out(work: Path, kernel: Kernel, initrd: bytes, loaders: Loaders) -> None:
    (work / "boot/grub").mkdir(parents=True)
    (work / MEDIUM_MARK).write_bytes(b"")
    (work / "boot/bios.img").write_bytes(loaders.medium_bios)
    (work / "boot/efi.img").write_bytes(loaders.medium_efi)
    (work / "boot/vmlinuz").write_bytes(kernel.image)
    (work / "boot/initrd.img").write_bytes(initrd)
    (work / "boot/grub/grub.cfg").write_bytes((FILES / "installer/medium-grub.cfg").read_bytes())
