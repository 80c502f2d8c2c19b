"""Installed system in the form in which the checks get it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from lab.inspection.disk.disk_contents import Content, Disk
from lab.inspection.disk.guest_files import GuestFiles
from lab.inspection.disk.limits import Budget


@dataclass(frozen=True)
class BootEntry:
    """
    Entry of a boot menu.

    Attributes:
        source: File that contains the entry.
        title: Title of the entry.
        kernel: Path of the kernel, as the boot loader has it.
        initramfs: Paths of the initial RAM file systems.
        arguments: Arguments of the kernel.
    """

    source: str
    title: str
    kernel: str
    initramfs: tuple[str, ...]
    arguments: tuple[str, ...]

    @property
    def root(self) -> str:
        """Return the value of the last argument ``root``, empty if there is none."""
        return next((a.partition("=")[2] for a in reversed(self.arguments) if a.startswith("root=")), "")


@dataclass
class Guest:
    """
    Installed system, and what earlier checks have found out about it.

    Attributes:
        disk: Disk that it is on.
        firmware: Boot mode of the image.
        budget: Budget of the inspection.
        files: Files of the system.
        entries: Entries of its boot menus.
        has_cloud_init: True if cloud-init is installed and not disabled.
    """

    disk: Disk
    firmware: Literal["bios", "uefi"]
    budget: Budget
    files: GuestFiles
    entries: Sequence[BootEntry] = field(default_factory=list)
    has_cloud_init: bool = False

    @property
    def contents(self) -> list[Content]:
        return self.disk.contents
