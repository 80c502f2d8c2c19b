"""Folders of the QEMU driver: its volumes, its image files, and a folder per machine."""

import re
from pathlib import Path

from lab.drivers.interface import DriverError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
IMAGE_SUFFIXES = ("qcow2", "iso")


class DriverFolders:
    """
    Folders ``volumes/``, ``images/`` and ``machines/``, created if missing.

    Args:
        root: Folder that contains them.
    """

    def __init__(self, root: Path) -> None:
        self._volumes, self.images, self.machines = (root / name for name in ("volumes", "images", "machines"))
        for folder in (self._volumes, self.images, self.machines):
            folder.mkdir(parents=True, exist_ok=True)
        self.machines.chmod(0o700)

    def volume(self, volume_id: str) -> Path:
        return self._volumes / f"{checked(volume_id)}.qcow2"

    def existing_volume(self, volume_id: str) -> Path:
        """
        Return the file of a volume.

        Raises:
            DriverError: The volume does not exist.
        """
        path = self.volume(volume_id)
        if not path.exists():
            raise DriverError(f"volume {volume_id} does not exist")
        return path

    def disk_image(self, image_id: str) -> Path:
        return self.images / f"{checked(image_id)}.qcow2"

    def remove_image(self, image_id: str) -> None:
        """Delete the files of an image; missing ones are fine."""
        for suffix in IMAGE_SUFFIXES:
            (self.images / f"{checked(image_id)}.{suffix}").unlink(missing_ok=True)

    def machine(self, server_id: str) -> Path:
        return self.machines / checked(server_id)


def checked(identifier: str) -> str:
    """
    Return an id that can be the name of a file.

    Raises:
        DriverError: The id has other characters, or too many.
    """
    if not NAME.fullmatch(identifier):
        raise DriverError(f"{identifier[:80]!r} cannot be the name of a volume, image or server")
    return identifier
