"""Volumes and images as files, without a machine."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from lab.drivers.interface import DriverError
from lab.drivers.qemu import QemuDriver
from tests.lab.drivers.guests import STAY_ON, write_disk


def information(path: Path) -> dict[str, object]:
    output = subprocess.run(["qemu-img", "info", "--output=json", path], check=True, capture_output=True).stdout
    found: dict[str, object] = json.loads(output)
    return found


def test_a_blank_volume_takes_no_room_and_was_never_written(driver: QemuDriver, root: Path) -> None:
    driver.create_volume("data", 40, None)

    assert driver.written_bytes("data") == 0
    assert information(root / "volumes/data.qcow2")["virtual-size"] == 40 << 30
    assert (root / "volumes/data.qcow2").stat().st_size < 1 << 20


def test_a_volume_from_an_image_is_a_grown_copy_that_outlives_the_image(
    driver: QemuDriver, root: Path, tmp_path: Path
) -> None:
    driver.import_file(write_disk(tmp_path / "disk", "hello", STAY_ON), "image", "raw")

    driver.create_volume("copy", 3, "image")
    driver.delete_image("image")

    assert information(root / "volumes/copy.qcow2")["virtual-size"] == 3 << 30
    assert "backing-filename" not in information(root / "volumes/copy.qcow2")
    assert driver.written_bytes("copy") > 0


def test_a_volume_grows_and_keeps_its_content(driver: QemuDriver, root: Path, tmp_path: Path) -> None:
    driver.import_file(write_disk(tmp_path / "disk", "hello", STAY_ON), "image", "raw")
    driver.create_volume("copy", 1, "image")
    written = driver.written_bytes("copy")

    driver.extend_volume("copy", 2)
    driver.extend_volume("copy", 1)

    assert information(root / "volumes/copy.qcow2")["virtual-size"] == 2 << 30
    assert driver.written_bytes("copy") == written
    with pytest.raises(DriverError, match="volume none does not exist"):
        driver.extend_volume("none", 2)


def test_a_captured_volume_is_a_standalone_file_with_its_checksum(driver: QemuDriver, tmp_path: Path) -> None:
    driver.import_file(write_disk(tmp_path / "disk", "hello", STAY_ON), "image", "raw")
    driver.create_volume("copy", 3, "image")

    captured = driver.capture("copy", "captured")
    driver.delete_volume("copy")

    assert captured.virtual_size_gib == 3
    assert captured.sha256 == hashlib.sha256(captured.path.read_bytes()).hexdigest()
    assert captured.size_bytes == captured.path.stat().st_size
    assert "backing-filename" not in information(captured.path)


def test_deleting_what_is_not_there_is_fine(driver: QemuDriver) -> None:
    driver.delete_volume("none")
    driver.delete_image("none")
    driver.destroy("none")


def test_a_missing_volume_or_image_is_named(driver: QemuDriver) -> None:
    with pytest.raises(DriverError, match="volume none does not exist"):
        driver.capture("none", "image")
    with pytest.raises(DriverError, match="image none has no disk"):
        driver.create_volume("volume", 1, "none")


@pytest.mark.parametrize("identifier", ["../outside", "a/b", "", ".hidden", "-option", "a" * 65])
def test_names_that_could_leave_the_folder_are_refused(driver: QemuDriver, identifier: str) -> None:
    with pytest.raises(DriverError, match="cannot be the name"):
        driver.create_volume(identifier, 1, None)
