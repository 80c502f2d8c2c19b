"""
The ISO in real virtual machines: installed systems boot, and failed installations report their reason.

The suite boots what was installed by BIOS with both kinds of firmware, and refuses a disk in use. `make test-matrix`
runs the other cases; a build in another test of the suite boots by UEFI from the beginning.
"""

import dataclasses
import io
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.clock import Clock
from lab.drivers.interface import Firmware, Machine
from lab.drivers.qemu import QemuDriver, boot_image
from lab.inspection.isolated_inspection import inspect_image
from lab.settings import Hardware
from tests.lab.drivers.guests import STAY_ON, wait_until, write_disk

pytestmark = [pytest.mark.qemu, pytest.mark.xdist_group("installation")]

TIMEOUT_S = 240
INSTALLED = re.compile(r"^INSTALLED marker=([0-9a-f-]{36})$", re.MULTILINE)
READY = re.compile(r"^IMAGE-READY build=([0-9a-f-]{36}) ip=(\S+)$", re.MULTILINE)


def described_machine(driver: QemuDriver, installer_iso: Path) -> Machine:
    iso = driver.import_file(installer_iso, "installer", "iso").path
    driver.create_volume("system", 2, None)
    return Machine(
        server_id="server",
        name="server",
        vcpus=1,
        ram_mib=4096,
        firmware="bios",
        volume_ids=("system", "data"),
        mac_addresses=("fa:16:3e:00:00:01",),
        iso=iso,
        boot_from_iso=True,
    )


def new_driver(folder: Path) -> QemuDriver:
    return QemuDriver(folder / "compute", Clock(), lambda: Hardware(ram_limit_mib=1024))


@dataclass(frozen=True)
class Installed:
    """Captured disk of an installation by BIOS, and the marker that the installer wrote."""

    image: Path
    marker: str


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, installer_iso: Path) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    driver = new_driver(folder)
    machine = described_machine(driver, installer_iso)
    driver.create_volume("data", 2, None)
    try:
        marker = install(driver, machine)
        assert driver.written_bytes("system") == 0
        return Installed(driver.capture("data", "image").path, marker)
    finally:
        driver.shutdown()


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[QemuDriver]:
    driver = new_driver(tmp_path)
    yield driver
    driver.shutdown()


@pytest.fixture
def machine(driver: QemuDriver, installer_iso: Path) -> Machine:
    return described_machine(driver, installer_iso)


def console(driver: QemuDriver) -> str:
    return driver.console_log("server")


def wait_for_ready(driver: QemuDriver, server_id: str = "server") -> re.Match[str]:
    wait_until(lambda: "IMAGE-READY" in driver.console_log(server_id), TIMEOUT_S)
    wait_until(lambda: driver.console_log(server_id).endswith("\n"))
    found = READY.search(driver.console_log(server_id))
    assert found, driver.console_log(server_id)
    return found


def install(driver: QemuDriver, machine: Machine) -> str:
    """Run the installer to its end, and return the marker that it wrote."""
    driver.power_on(machine)
    wait_until(lambda: not driver.is_powered_on("server") or "FAILED" in console(driver), TIMEOUT_S)
    found = INSTALLED.search(console(driver))
    assert found, console(driver)
    assert not driver.is_powered_on("server")
    return found[1]


def wait_for_failure(driver: QemuDriver) -> str:
    wait_until(lambda: "stays on" in console(driver), TIMEOUT_S)
    assert driver.is_powered_on("server")
    return console(driver)


@pytest.mark.matrix
@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_a_disk_that_the_installer_wrote_is_written_again_and_boots_in_its_server(
    driver: QemuDriver, machine: Machine, installed: Installed, firmware: Firmware
) -> None:
    described = dataclasses.replace(machine, firmware=firmware)
    driver.import_file(installed.image, "installed", "qcow2")
    driver.create_volume("data", 2, "installed")

    marker = install(driver, described)
    driver.power_on(dataclasses.replace(described, boot_from_iso=False))
    ready = wait_for_ready(driver)

    assert marker != installed.marker
    assert (marker, "10.0.2.15") == (ready[1], ready[2])


@pytest.mark.matrix
@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_the_installed_disk_boots_by_itself(installed: Installed, firmware: Firmware) -> None:
    shown = io.StringIO()

    assert boot_image(installed.image, firmware, until="IMAGE-READY", timeout_s=TIMEOUT_S, out=shown)

    ready = READY.search(shown.getvalue())
    assert ready
    assert ready[1] == installed.marker


@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_the_inspection_of_the_installed_disk_finds_only_the_missing_cloud_init(
    installed: Installed, firmware: Firmware
) -> None:
    found = inspect_image(installed.image, firmware)

    assert [("warning", "no-cloud-init")] == [(each["severity"], each["rule"]) for each in found["findings"]]
    assert {"in the initramfs"} == set(found["facts"]["kernels"][0]["drivers"].values())
    assert "partition 1 (BIOS boot)" == found["facts"]["boot_loaders"]["bios"]["continues_in"]
    assert ["/etc/init.d/network"] == [each["path"] for each in found["facts"]["network"]["configurations"]]


def test_an_image_that_was_installed_by_bios_also_boots_by_uefi_and_fills_a_larger_disk_and_restarts(
    driver: QemuDriver, machine: Machine, installed: Installed, tmp_path: Path
) -> None:
    driver.import_file(installed.image, "image", "qcow2")
    driver.create_volume("larger", 5, "image")
    larger = dataclasses.replace(
        machine, server_id="larger", firmware="uefi", volume_ids=("larger",), iso=None, boot_from_iso=False
    )

    driver.power_on(larger)
    found = wait_for_ready(driver, "larger")
    driver.power_off("larger", hard=False)
    wait_until(lambda: not driver.is_powered_on("larger"), TIMEOUT_S)
    driver.power_on(dataclasses.replace(larger, firmware="bios"))
    wait_until(lambda: driver.console_log("larger").count("IMAGE-READY") == 2, TIMEOUT_S)
    driver.reboot("larger", hard=False)
    wait_until(lambda: driver.console_log("larger").count("IMAGE-READY") == 3, TIMEOUT_S)
    driver.power_off("larger", hard=False)
    wait_until(lambda: not driver.is_powered_on("larger"), TIMEOUT_S)

    assert found[1] == installed.marker
    driver.capture("larger", "grown")
    raw = tmp_path / "grown.raw"
    subprocess.run(["qemu-img", "convert", "-O", "raw", tmp_path / "compute/images/grown.qcow2", raw], check=True)
    root_mib = file_system_mib(raw, tmp_path / "root.ext4")
    assert 5 * 1024 - 32 < root_mib < 5 * 1024


def file_system_mib(disk: Path, extracted: Path) -> int:
    """Return the size of the file system in a disk's third partition, which must be free of errors."""
    table = subprocess.run(["/sbin/sfdisk", "--dump", disk], check=True, capture_output=True, text=True).stdout
    found = re.search(r'start= *(\d+), size= *(\d+), [^\n]*name="image-root"', table)
    assert found
    start, size = int(found[1]), int(found[2])
    copy = ["dd", f"if={disk}", f"of={extracted}", "bs=512", "conv=sparse", f"skip={start}", f"count={size}"]
    subprocess.run([*copy, "status=none"], check=True)
    subprocess.run(["/sbin/e2fsck", "-fn", extracted], check=True, capture_output=True)
    header = subprocess.run(["/sbin/dumpe2fs", "-h", extracted], check=True, capture_output=True, text=True).stdout
    blocks = re.search(r"^Block count: +(\d+)", header, re.MULTILINE)
    block_size = re.search(r"^Block size: +(\d+)", header, re.MULTILINE)
    assert blocks
    assert block_size
    return int(blocks[1]) * int(block_size[1]) >> 20


@pytest.mark.matrix
def test_a_machine_with_one_disk_is_refused_and_stays_on(driver: QemuDriver, machine: Machine) -> None:
    driver.power_on(dataclasses.replace(machine, volume_ids=("system",)))

    shown = wait_for_failure(driver)

    assert "INSTALLATION FAILED: this machine has fewer than two disks" in shown
    assert driver.written_bytes("system") == 0


def test_a_data_disk_that_holds_something_is_refused_and_left_as_it_is(
    driver: QemuDriver, machine: Machine, tmp_path: Path
) -> None:
    driver.import_file(write_disk(tmp_path / "disk", "somebody's", STAY_ON), "image", "raw")
    driver.create_volume("used", 2, "image")
    before = driver.written_bytes("used")
    driver.power_on(dataclasses.replace(machine, volume_ids=("system", "used")))

    shown = wait_for_failure(driver)

    assert "INSTALLATION FAILED: /dev/vdb is not empty" in shown
    assert before == driver.written_bytes("used")
