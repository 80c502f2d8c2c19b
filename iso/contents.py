"""Contents of the installer's initial RAM file system, and of the system that it installs."""

from pathlib import Path

from iso.bootloader import Loaders
from iso.elf import library_closure
from iso.file_tree import Tree, cpio
from iso.kernel import Kernel

FILES = Path(__file__).parent / "files"
COMMAND_FOLDERS = ("bin", "sbin", "usr/bin", "usr/sbin")
MOUNT_POINTS = ("dev", "proc", "run", "sys", "tmp")


def installer_initrd(root: Path, kernel: Kernel, loaders: Loaders, epoch: int) -> bytes:
    """
    Return the installer, which carries all that it writes, so that it needs no driver for the drive that it boots from.
    """
    tree = _base(root, ["sbin/mke2fs", "sbin/sfdisk"], kernel)
    tree.file("init", (FILES / "installer/init").read_bytes(), 0o755)
    tree.file("lib/disks.sh", (FILES / "installer/disks.sh").read_bytes())
    tree.file("etc/partitions", (FILES / "installer/partitions").read_bytes())
    tree.file("etc/grub.cfg.in", (FILES / "installer/target-grub.cfg.in").read_bytes())
    tree.file("boot/bios-boot.img", loaders.disk_boot_sector)
    tree.file("boot/bios-core.img", loaders.disk_core)
    tree.file("boot/efi-system.img", loaders.disk_efi)
    tree.directory("target")
    tree.graft(_system(root, kernel, epoch), "system")
    return cpio(tree, epoch)


def _system(root: Path, kernel: Kernel, epoch: int) -> Tree:
    tree = Tree()
    _busybox(tree, root)
    tree.folder(FILES / "system")
    tree.file("etc/shadow", (FILES / "system/etc/shadow").read_bytes(), 0o600)
    tree.file("lib/console.sh", (FILES / "shared/console.sh").read_bytes())
    tree.link("sbin/init", "/bin/busybox")
    tree.link("bin/sh", "/bin/busybox")
    tree.directory("boot/grub")
    tree.directory("root", 0o700)
    tree.directory("var/lib")
    tree.file("boot/vmlinuz", kernel.image)
    tree.file("boot/initrd.img", _system_initrd(root, kernel, epoch))
    return tree


def _system_initrd(root: Path, kernel: Kernel, epoch: int) -> bytes:
    tree = _base(root, ["sbin/e2fsck", "sbin/resize2fs", "sbin/sfdisk"], kernel)
    tree.file("init", (FILES / "system-initrd/init").read_bytes(), 0o755)
    tree.directory("root")
    return cpio(tree, epoch)


def _base(root: Path, programs: list[str], kernel: Kernel) -> Tree:
    tree = Tree()
    _busybox(tree, root)
    tree.file("lib/console.sh", (FILES / "shared/console.sh").read_bytes())
    for path, source in library_closure(root, programs).items():
        tree.file(path, source.read_bytes(), 0o755)
    for name, content in kernel.modules:
        tree.file(f"lib/modules/{name}", content)
    tree.file("lib/modules/order", "".join(f"{name}\n" for name, _ in kernel.modules).encode())
    return tree


def _busybox(tree: Tree, root: Path) -> None:
    for folder in (*COMMAND_FOLDERS, *MOUNT_POINTS):
        tree.directory(folder)
    busybox = next(path for path in (root / "bin/busybox", root / "usr/bin/busybox") if path.exists())
    tree.file("bin/busybox", busybox.read_bytes(), 0o755)
