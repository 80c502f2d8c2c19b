"""Compute driver on QEMU: servers are virtual machines."""

from lab.drivers.qemu.boot import boot_image
from lab.drivers.qemu.driver import QemuDriver
from lab.drivers.qemu.foreign import ImageRefused
from lab.drivers.qemu.programs import missing_programs

__all__ = ["ImageRefused", "QemuDriver", "boot_image", "missing_programs"]
