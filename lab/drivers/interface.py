"""What the lab asks of a compute driver: volumes, machines and image files, without any cloud vocabulary above them.

Every method blocks; the world calls them from worker threads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

Firmware = Literal["bios", "uefi"]


class DriverError(Exception):
    """A driver could not do its work; the message names what failed and holds no secret."""


@dataclass(frozen=True)
class Machine:
    """A server as its driver sees it.

    ``volume_ids`` starts with the system disk (in the guest /dev/vda, /dev/vdb ..., virtio). ``iso`` stays in the
    drive as long as the server exists; ``boot_from_iso`` is true for the first power-on of an ISO server only.
    ``user_data`` is plain (decoded) and is offered to the guest as a NoCloud seed where the driver can.
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
    """An image file that a driver made or took over."""

    path: Path
    size_bytes: int
    sha256: str
    disk_format: str
    virtual_size_gib: int


class ComputeDriver(Protocol):
    """A compute driver; its state lives under the folder that its constructor was given."""

    name: str

    def create_volume(self, volume_id: str, size_gib: int, image_id: str | None) -> None:
        """Make a blank volume, or a full copy of an image file grown to ``size_gib``."""

    def delete_volume(self, volume_id: str) -> None:
        """Delete a volume; a missing one is fine."""

    def power_on(self, machine: Machine) -> None:
        """Start a machine."""

    def power_off(self, server_id: str, hard: bool) -> None:
        """Stop a machine: soft presses the power button and returns at once, hard returns when it is off."""

    def is_powered_on(self, server_id: str) -> bool:
        """Tell whether the machine runs; false once its guest has powered itself off."""

    def reboot(self, server_id: str, hard: bool) -> None:
        """Restart a running machine."""

    def destroy(self, server_id: str) -> None:
        """Power a machine off and forget it (not its volumes); a missing one is fine."""

    def capture(self, volume_id: str, image_id: str) -> ImageFile:
        """Make a standalone image file from a volume."""

    def import_file(self, source: Path, image_id: str, disk_format: str) -> ImageFile:
        """Take over an image file: an ISO stays as it is, other formats are converted."""

    def delete_image(self, image_id: str) -> None:
        """Delete an image file; a missing one is fine."""

    def written_bytes(self, volume_id: str) -> int:
        """Allocated bytes of a volume; 0: never written."""

    def console_log(self, server_id: str, lines: int | None = None) -> str:
        """The serial console's text, or its last ``lines`` lines."""

    def shortage(self, server_id: str) -> str:
        """Return why a machine has less than its flavor says, as one sentence; empty where it has all of it."""

    def screenshot(self, server_id: str) -> bytes | None:
        """The screen as PNG, where there is one."""

    def screen(self, server_id: str) -> Path | None:
        """Return the Unix socket on which the screen of a running machine is served (VNC), None if there is none.

        Nobody but the lab's owner can open it, so it asks for no password.
        """

    def resume_held(self) -> None:
        """Let machines go on that were held because a disk of this host was full."""

    def shutdown(self) -> None:
        """Power all machines off: the lab stops."""

    def recover(self, machines: Sequence[Machine]) -> None:
        """Take up again after a stop or crash: re-attach live machines, power on those given that are not alive."""
