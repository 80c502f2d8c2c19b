"""Damaged FAT file systems: an inspection ends with a finding and no error."""

import struct
from pathlib import Path

from lab.inspection.disk.limits import Budget
from tests.lab.inspection.guest_disks import (
    LONGEST_S,
    SECTOR,
    GuestDisk,
    inspected,
    rules,
)


def fat_circle(content: bytearray) -> None:
    """Let every cluster of the EFI system partition be followed by itself."""
    start = 4096 * SECTOR
    reserved, tables_at = struct.unpack_from("<H", content, start + 14)[0], start
    size = struct.unpack_from("<H", content, start + 22)[0] * SECTOR
    tables_at += reserved * SECTOR
    for cluster in range(2, size // 2 - 1):
        struct.pack_into("<H", content, tables_at + cluster * 2, cluster)


def test_a_fat_file_system_whose_clusters_form_circles_is_read_to_an_end(good_disk: Path, tmp_path: Path) -> None:
    content = bytearray(good_disk.read_bytes())
    fat_circle(content)
    (tmp_path / "disk").write_bytes(content)

    assert {} == rules(inspected(tmp_path / "disk", "uefi", Budget(seconds=LONGEST_S)))


def test_a_fat_file_system_with_sectors_of_no_size_is_found(good_disk: Path, tmp_path: Path) -> None:
    content = bytearray(good_disk.read_bytes())
    content[4096 * SECTOR + 11 : 4096 * SECTOR + 14] = bytes(3)
    (tmp_path / "disk").write_bytes(content)

    found = rules(inspected(tmp_path / "disk", "uefi"))

    assert {"file-system-damaged": "error", "no-uefi-loader": "error"} == found


def test_a_folder_of_a_fat_file_system_without_end_is_found(tmp_path: Path) -> None:
    names = {f"EFI/{'n' * 30}{number}": "" for number in range(64)}
    path = GuestDisk(efi={"EFI/BOOT/BOOTX64.EFI": b"", **names}).write(tmp_path)
    content = bytearray(path.read_bytes())
    fat_circle(content)
    path.write_bytes(content)

    found = rules(inspected(path, "uefi", Budget(seconds=LONGEST_S)))

    assert "error" == found["no-uefi-loader"]
