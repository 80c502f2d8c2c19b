"""
Interface of the compute drivers: volumes, machines and image files, without any of the cloud's vocabulary.

Every method blocks, so the world calls them from worker threads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Firmware = Literal["bios", "uefi"]


class DriverError(Exception):
    """Failure of a driver; its message names the failed work and holds no secret."""


@dataclass(frozen=True)
class Machine:
    """
    Server from its driver's point of view.

    ``volume_ids`` starts with the system disk (in the guest /dev/vda, /dev/vdb ..., virtio). ``iso`` stays in the drive
    as long as the server exists. ``boot_from_iso`` is true for the first power-on of an ISO server only. ``user_data``
    is plain (decoded). The guest gets it as a NoCloud seed if the driver supports that.
    """

    server_id: str
    name: str
    vcpus: int
    ram_mib: int
    firmware: Firmware
    volume_ids: tuple[str, ...]
    mac_addresses: tuple[str, ...]
    iso: Path | None
    boot_from_iso: bool
    user_data: bytes | None = None


@dataclass(frozen=True)
class ImageFile:
    """Image file that a driver created or took over."""

    path: Path
    size_bytes: int
    sha256: str
    disk_format: str
    virtual_size_gib: int


class ComputeDriver(Protocol):
    """Compute driver, which keeps its state under the folder that its constructor got."""

    name: str

    def create_volume(self, volume_id: str, size_gib: int, image_id: str | None) -> None:
        """Create a blank volume, or a full copy of an image file grown to ``size_gib``."""

    def extend_volume(self, volume_id: str, size_gib: int) -> None:
        """Grow a volume, also one that a running machine uses; one that is as large already stays as it is."""

    def delete_volume(self, volume_id: str) -> None:
        """Delete a volume; a missing one is fine."""

    def power_on(self, machine: Machine) -> None:
        """Start a machine."""

    def power_off(self, server_id: str, hard: bool) -> None:
        """
        Stop a machine: a soft stop presses the power button and returns at once, a hard one returns when it is off.
        """

    def is_powered_on(self, server_id: str) -> bool:
        """Return True if the machine runs, False once its guest has powered itself off."""

    def reboot(self, server_id: str, hard: bool) -> None:
        """Restart a running machine."""

    def destroy(self, server_id: str) -> None:
        """Power a machine off and delete it (not its volumes); a missing one is fine."""

    def capture(self, volume_id: str, image_id: str) -> ImageFile:
        """Create a standalone image file from a volume."""

    def import_file(self, source: Path, image_id: str, disk_format: str) -> ImageFile:
        """Take over an image file: an ISO stays as it is, other formats are converted."""

    def delete_image(self, image_id: str) -> None:
        """Delete an image file; a missing one is fine."""

    def written_bytes(self, volume_id: str) -> int:
        """Return the allocated bytes of a volume; 0: never written."""

    def console_log(self, server_id: str, lines: int | None = None) -> str:
        """Return the serial console's text, or its last ``lines`` lines."""

    def shortage(self, server_id: str) -> str:
        """Return one sentence on why a machine has less memory than its flavor, empty if it has all of it."""

    def screenshot(self, server_id: str) -> bytes | None:
        """Return the screen as PNG, None if there is none."""

    def screen(self, server_id: str) -> Path | None:
        """
        Return the Unix socket that serves the screen of a running machine (VNC), None if there is none.

        Nobody but the lab's owner can open it, so it requires no password.
        """

    def resume_held(self) -> None:
        """Resume machines that were held because a disk of this host was full."""

    def shutdown(self) -> None:
        """Power all machines off before the lab stops."""

    def recover(self, machines: Sequence[Machine]) -> None:
        """
        Continue after a stop or crash: re-attach live machines, power on those of the given ones that are not alive.
        """
