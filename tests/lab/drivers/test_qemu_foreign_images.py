"""Image files from outside: accepted formats, and references that are refused before QEMU follows them."""

import json
import subprocess
from pathlib import Path

import pytest

from lab.drivers.qemu import ImageRefused, QemuDriver
from tests.lab.drivers.guests import STAY_ON, write_disk, write_iso

QEMU_NAMES = {"vhd": "vpc"}


def qemu_img(*arguments: str | Path) -> str:
    return subprocess.run(["qemu-img", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return write_disk(tmp_path / "disk.raw", "hello", STAY_ON)


@pytest.mark.parametrize("disk_format", ["raw", "qcow2", "vhd", "vhdx", "vmdk", "vdi", "qed", "qcow"])
def test_every_format_of_the_cloud_is_converted_with_its_content(
    driver: QemuDriver, root: Path, disk: Path, tmp_path: Path, disk_format: str
) -> None:
    source = tmp_path / f"image.{disk_format}"
    qemu_img("convert", "-f", "raw", "-O", QEMU_NAMES.get(disk_format, disk_format), disk, source)

    taken = driver.import_file(source, "image", disk_format)

    assert taken.disk_format == "qcow2"
    assert taken.virtual_size_gib == 1
    assert taken.size_bytes == taken.path.stat().st_size
    back = tmp_path / "back.raw"
    qemu_img("convert", "-f", "qcow2", "-O", "raw", taken.path, back)
    assert disk.read_bytes() == back.read_bytes()[: disk.stat().st_size]


def test_a_fixed_size_vhd_is_known_by_its_footer(driver: QemuDriver, disk: Path, tmp_path: Path) -> None:
    source = tmp_path / "fixed.vhd"
    qemu_img("convert", "-f", "raw", "-O", "vpc", "-o", "subformat=fixed", disk, source)

    assert driver.import_file(source, "image", "VHD").disk_format == "qcow2"


def test_an_iso_is_kept_as_it_is(driver: QemuDriver, tmp_path: Path) -> None:
    source = write_iso(tmp_path / "small.iso", "hello", STAY_ON)

    taken = driver.import_file(source, "image", "iso")

    assert taken.disk_format == "iso"
    assert source.read_bytes() == taken.path.read_bytes()


@pytest.mark.parametrize(
    ("content_format", "said", "reason"),
    [
        ("raw", "qcow2", "not a qcow2 image"),
        ("raw", "iso", "not an ISO image"),
        ("raw", "vmdk", "not a vmdk image"),
        ("raw", "vdi", "not a vdi image"),
        ("raw", "vhd", "not a vhd image"),
        ("qcow2", "raw", "the declared format is raw, but the file is qcow2"),
        ("qcow2", "qcow", "qcow version 3"),
        ("vmdk", "raw", "the declared format is raw, but the file is vmdk"),
        ("raw", "zvhd2", "is not supported"),
    ],
)
def test_a_wrong_format_is_refused(
    driver: QemuDriver, disk: Path, tmp_path: Path, content_format: str, said: str, reason: str
) -> None:
    source = tmp_path / "image"
    qemu_img("convert", "-f", "raw", "-O", content_format, disk, source)

    with pytest.raises(ImageRefused, match=reason):
        driver.import_file(source, "image", said)


@pytest.mark.parametrize("disk_format", ["qcow2", "qed", "qcow"])
def test_an_image_with_a_backing_file_is_refused(
    driver: QemuDriver, root: Path, disk: Path, tmp_path: Path, disk_format: str
) -> None:
    source = tmp_path / "layer"
    qemu_img("create", "-f", disk_format, "-b", disk, "-F", "raw", source)

    with pytest.raises(ImageRefused, match="backing file"):
        driver.import_file(source, "image", disk_format)
    assert list((root / "images").iterdir()) == []


def test_a_qcow2_image_whose_data_lies_in_another_file_is_refused(
    driver: QemuDriver, disk: Path, tmp_path: Path
) -> None:
    source = tmp_path / "outside.qcow2"
    option = f"data_file={tmp_path / 'data'},data_file_raw=on"
    qemu_img("create", "-f", "qcow2", "-o", option, source, "1M")

    with pytest.raises(ImageRefused, match="another file"):
        driver.import_file(source, "image", "qcow2")


def test_a_vmdk_that_lists_other_files_is_refused(driver: QemuDriver, tmp_path: Path) -> None:
    source = tmp_path / "list.vmdk"
    source.write_text('# Disk DescriptorFile\ncreateType="monolithicFlat"\nRW 2048 FLAT "/etc/passwd" 0\n')

    with pytest.raises(ImageRefused, match="not a vmdk image"):
        driver.import_file(source, "image", "vmdk")


@pytest.mark.parametrize("disk_format", ["qcow2", "vmdk", "qed"])
def test_a_file_that_was_cut_off_is_refused(driver: QemuDriver, root: Path, tmp_path: Path, disk_format: str) -> None:
    disk, source = tmp_path / "disk", tmp_path / "image"
    disk.write_bytes(bytes(range(1, 256)) * 8192 + bytes(8192))
    qemu_img("convert", "-f", "raw", "-O", disk_format, disk, source)
    with source.open("r+b") as file:
        file.truncate(source.stat().st_size - (200 << 10))

    with pytest.raises(ImageRefused, match="damaged or incomplete"):
        driver.import_file(source, "image", disk_format)
    assert list((root / "images").iterdir()) == []


def test_a_missing_file_is_refused(driver: QemuDriver, tmp_path: Path) -> None:
    with pytest.raises(ImageRefused, match="cannot be read"):
        driver.import_file(tmp_path / "nothing", "image", "raw")


def test_an_image_larger_than_any_disk_is_refused(driver: QemuDriver, tmp_path: Path) -> None:
    source = tmp_path / "huge.qcow2"
    qemu_img("create", "-f", "qcow2", source, "40000G")

    with pytest.raises(ImageRefused, match="larger than 32768 GiB"):
        driver.import_file(source, "image", "qcow2")


def test_what_is_taken_over_refers_to_no_other_file(driver: QemuDriver, disk: Path) -> None:
    taken = driver.import_file(disk, "image", "raw")

    information = json.loads(qemu_img("info", "--output=json", taken.path))
    assert "backing-filename" not in information
    assert information["format"] == "qcow2"
