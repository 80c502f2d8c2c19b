"""Search for the installed system on a disk: its root file system, or at least the one with its kernels."""

from collections.abc import Iterator, Sequence

from lab.inspection.disk.disk_contents import Content
from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.disk.limits import NotRead
from lab.inspection.disk.partition_table import EFI_SYSTEM
from lab.inspection.disk.volume_nodes import Node, Volume
from lab.inspection.disk.volume_signatures import EXT_TYPES, FAT
from lab.inspection.system.mount_table import add_mounts

ROOT_FOLDERS = ("/etc", "/usr", "/bin", "/sbin", "/var")
MIN_ROOT_FOLDERS = 3
KERNELS = ("/vmlinu*", "/grub2/grub.cfg", "/grub/grub.cfg", "/loader/entries")
BOOT, EFI_MOUNT = "/boot", "/boot/efi"


class UnknownRoot:
    """Root file system that cannot be read, of which only the folder of the kernels is known."""

    root = Node("folder", 0, 0)

    def names(self, folder: Node) -> dict[str, int]:
        return {BOOT.strip("/"): 1}

    def find(self, folder: Node, name: str) -> Node | None:
        return Node("folder", 1, 0) if folder == self.root and f"/{name}" == BOOT else None

    def chunks(self, file: Node) -> Iterator[bytes]:
        raise NotRead("the root file system is not known")

    def target(self, link: Node) -> str:
        raise NotRead("the root file system is not known")


def find_system(contents: Sequence[Content]) -> tuple[GuestFiles | None, bool]:
    """
    Return the files of the installed system.

    A root file system can be of a kind that is not read, while its kernels are in a file system of their own.

    Returns:
        The files, None if there are none, and True if the root file system is among them.
    """
    volumes = [c.volume for c in contents if c.volume is not None and c.signature and c.signature.type in EXT_TYPES]
    root = max(volumes, key=_root_folders, default=None)
    if root is not None and _root_folders(root) >= MIN_ROOT_FOLDERS:
        files = GuestFiles(root)
        add_mounts(files, contents)
        _add_efi(files, contents)
        return files, True
    boot = next((volume for volume in volumes if any(GuestFiles(volume).glob(path) for path in KERNELS)), None)
    if boot is None:
        return None, False
    files = GuestFiles(UnknownRoot())
    files.mount(BOOT, boot)
    _add_efi(files, contents)
    return files, False


def _root_folders(volume: Volume) -> int:
    files = GuestFiles(volume)
    return sum(files.find(folder) is not None for folder in ROOT_FOLDERS)


def _add_efi(files: GuestFiles, contents: Sequence[Content]) -> None:
    """Let the usual path lead to the EFI system partition, because a system need not mount it."""
    if not {EFI_MOUNT, "/efi"}.isdisjoint(files.mounts) or not files.is_folder(EFI_MOUNT):
        return
    for content in contents:
        is_efi = content.partition is not None and content.partition.type == EFI_SYSTEM
        if is_efi and content.volume and content.signature and content.signature.type == FAT:
            files.mount(EFI_MOUNT, content.volume)
            return
