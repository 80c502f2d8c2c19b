"""
Media with answers in virtual machines: each kind of firmware boots each layout with the parameters.

The console of Debian's own installer proves that it has read its answers. `make test-vendor-iso` runs these tests.
"""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.answers.answer_files import Answers
from iso.vendor.customisation import customise
from lab.clock import Clock
from lab.drivers.interface import Firmware, Machine
from lab.drivers.qemu import QemuDriver
from lab.settings import Hardware
from tests.iso.vendor import media, real_parts
from tests.iso.vendor.conftest import answers
from tests.iso.vendor.medium_layout import Layout, write_medium
from tests.iso.vendor.test_customisation import WORDS
from tests.lab.drivers.guests import wait_until

pytestmark = [pytest.mark.qemu, pytest.mark.matrix, pytest.mark.xdist_group("vendor-media")]

TIMEOUT_S = 500
INSTALLER_TIMEOUT_S = 1000
"""Debian's installer loads its templates in minutes, if its machine is emulated on a busy host."""
CONSOLE = ("console=ttyS0,115200n8",)
FIRMWARE = pytest.mark.parametrize("firmware", ["bios", "uefi"])
# Where the loaders of each layout find their medium and their menu: mark, folder for BIOS, folder for UEFI.
MENUS = {
    "debian": ("/.disk/info", "/boot/grub", "/boot/grub"),
    "ubuntu": ("/.disk/info", "/boot/grub", "/boot/grub"),
    "rocky": ("/.discinfo", "/EFI/BOOT", "/EFI/BOOT"),
    "openeuler": ("/.discinfo", "/EFI/BOOT", "/EFI/BOOT"),
    "fedora": ("/.discinfo", "/boot/grub2", "/EFI/BOOT"),
    "opensuse": ("/media.1/products", "/EFI/BOOT", "/EFI/BOOT"),
}
READ = "ANSWERS-WERE-READ"
PRESEED = f"""d-i partman-auto/disk string /dev/vdb
d-i preseed/early_command string echo {READ} > /dev/ttyS0; poweroff -f
"""


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[QemuDriver]:
    driver = QemuDriver(tmp_path / "compute", Clock(), lambda: Hardware(ram_limit_mib=1024))
    yield driver
    driver.shutdown()


def console_of(driver: QemuDriver, iso: Path, firmware: Firmware, timeout_s: float = TIMEOUT_S) -> str:
    """Return what a machine wrote to its serial console before it powered itself off."""
    driver.create_volume("system", 2, None)
    machine = Machine(
        server_id="server",
        name="server",
        vcpus=1,
        ram_mib=2048,
        firmware=firmware,
        volume_ids=("system",),
        mac_addresses=("fa:16:3e:00:00:01",),
        iso=driver.import_file(iso, "installer", "iso").path,
        boot_from_iso=True,
    )
    driver.power_on(machine)
    wait_until(lambda: not driver.is_powered_on("server"), timeout_s)
    return driver.console_log("server")


def quick(layout: Layout) -> Layout:
    """Return a layout whose menus wait for seconds, as a change of the vendor's time."""

    def shortened(files: dict[str, bytes]) -> dict[str, bytes]:
        changed = {}
        for path, content in files.items():
            text = re.sub(rb"(timeout\s+)[36]00\b", rb"\g<1>20", content)
            changed[path] = re.sub(rb"(timeout=)[36]0\b", rb"\g<1>2", text) if path.endswith(".cfg") else content
        return changed

    return dataclasses.replace(layout, files=shortened(layout.files), efi=shortened(layout.efi))


def with_isolinux_of_debian(layout: Layout) -> Layout:
    """Return openSUSE's layout for Debian's isolinux, which has other folders and no graphical menu of SUSE."""
    loader = "/boot/x86_64/loader"
    files = dict(layout.files)
    files["/isolinux/isolinux.cfg"] = f"default go\nlabel go\n  config {loader}/isolinux.cfg {loader}/\n".encode()
    files |= {path.replace(loader, "/isolinux"): files[path] for path in layout.files if path.endswith(".c32")}
    text = files[f"{loader}/isolinux.cfg"]
    for line in (b"ui\t\tgfxboot bootlogo message\n", b"display\t\tmessage\n"):
        text = text.replace(line, b"")
    return dataclasses.replace(layout, files=files | {f"{loader}/isolinux.cfg": text})


@FIRMWARE
@pytest.mark.parametrize("name", media.LAYOUTS)
def test_firmware_boots_with_the_parameters(driver: QemuDriver, name: str, firmware: Firmware, tmp_path: Path) -> None:
    layout = media.LAYOUTS[name](real_parts.parts(*MENUS[name]))
    if name == "opensuse":
        layout = with_isolinux_of_debian(layout)
    vendor = write_medium(quick(layout), tmp_path / "vendor.iso")

    output = customise(vendor, answers(media.KINDS[name]), tmp_path / "out.iso", CONSOLE).output

    booted = next((line for line in console_of(driver, output, firmware).splitlines() if line.startswith("BOOTED")), "")
    assert [] == [word for word in [*WORDS[name], *CONSOLE] if word not in booted], booted
    assert "rescue" not in booted


@FIRMWARE
def test_the_additional_initial_file_system_holds_the_answers(
    driver: QemuDriver, firmware: Firmware, tmp_path: Path
) -> None:
    vendor = write_medium(media.debian(real_parts.parts(*MENUS["debian"])), tmp_path / "vendor.iso")

    output = customise(vendor, answers("preseed"), tmp_path / "out.iso", CONSOLE).output

    shown = console_of(driver, output, firmware)
    assert [f"ANSWERS {line}" for line in media.ANSWERS["preseed"].splitlines()] == re.findall(
        r"^ANSWERS .*\S", shown, re.M
    )


@pytest.mark.timeout(INSTALLER_TIMEOUT_S + 100)
@FIRMWARE
def test_debians_installer_reads_the_answers(driver: QemuDriver, firmware: Firmware, tmp_path: Path) -> None:
    kernel, initrd = real_parts.debian_installer()
    parts = dataclasses.replace(real_parts.parts(*MENUS["debian"]), kernel=kernel, initrd=initrd)
    vendor = write_medium(media.debian(parts), tmp_path / "vendor.iso")

    output = customise(vendor, Answers("preseed", "debian.cfg", PRESEED.encode()), tmp_path / "out.iso", CONSOLE).output

    shown = console_of(driver, output, firmware, INSTALLER_TIMEOUT_S)
    assert READ in shown, shown[-4000:]
