"""Detection of the host's acceleration, firmware and programs, and the seed that the driver writes there."""

import dataclasses
import json
import subprocess
from pathlib import Path

import pytest

from lab.clock import Clock
from lab.drivers.interface import DriverError
from lab.drivers.qemu import QemuDriver, firmware, missing_programs
from lab.drivers.qemu.acceleration import EMULATED, runs_firmware
from lab.drivers.qemu.seed import write_seed
from tests.lab.drivers.test_qemu_machines import MACHINE


@pytest.mark.qemu
def test_an_acceleration_that_runs_guests_is_distinguished_from_one_that_does_not() -> None:
    assert runs_firmware(EMULATED)
    assert not runs_firmware(("-accel", "none-such"))


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert missing_programs() == []
    monkeypatch.setenv("PATH", str(tmp_path))

    assert missing_programs() == ["qemu-system-x86_64", "qemu-img"]


def test_a_missing_program_is_named_by_the_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    driver = QemuDriver(tmp_path, Clock())
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(DriverError, match="qemu-img is not installed"):
        driver.create_volume("volume", 1, None)


def test_a_memory_cap_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAB_QEMU_RAM_MIB", "2 GiB")

    with pytest.raises(DriverError, match="LAB_QEMU_RAM_MIB='2 GiB' is not a number of MiB"):
        QemuDriver(tmp_path, Clock())


def describe_firmware(folder: Path, name: str, **changes: object) -> None:
    files = {kind: folder / f"{name}-{kind}.fd" for kind in ("code", "variables")}
    for file in files.values():
        file.write_bytes(b"")
    description = {
        "interface-types": ["uefi"],
        "mapping": {
            "executable": {"filename": str(files["code"])},
            "nvram-template": {"filename": str(files["variables"])},
        },
        "targets": [{"architecture": "x86_64", "machines": ["pc-i440fx-*"]}],
        "features": [],
    }
    (folder / f"{name}.json").write_text(json.dumps(description | changes))


def test_firmware_is_the_first_that_suits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    describe_firmware(tmp_path, "10-arm", targets=[{"architecture": "aarch64", "machines": ["virt"]}])
    describe_firmware(tmp_path, "20-secure", features=["secure-boot", "requires-smm"])
    describe_firmware(tmp_path, "30-bios", **{"interface-types": ["bios"]})
    other_board = {"targets": [{"architecture": "x86_64", "machines": ["pc-q35-*"]}]}
    describe_firmware(tmp_path, "35-q35", **other_board)
    (tmp_path / "40-broken.json").write_text("{")
    describe_firmware(tmp_path, "50-plain")
    describe_firmware(tmp_path, "60-plain")
    monkeypatch.setattr(firmware, "DESCRIPTIONS", (tmp_path / "none", tmp_path))

    assert firmware.find_uefi().code == tmp_path / "50-plain-code.fd"


def test_missing_firmware_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(firmware, "DESCRIPTIONS", (tmp_path,))

    with pytest.raises(DriverError, match="apt-get install ovmf"):
        firmware.find_uefi()


def test_user_data_is_offered_on_a_private_drive(tmp_path: Path) -> None:
    machine = dataclasses.replace(MACHINE, name="a name", user_data=b"#cloud-config\npassword: x\n")

    assert write_seed(machine, tmp_path / "seed.iso")

    assert (tmp_path / "seed.iso").stat().st_mode & 0o077 == 0
    command = [
        "xorriso",
        "-osirrox",
        "on",
        "-indev",
        str(tmp_path / "seed.iso"),
        "-extract",
        "/",
        str(tmp_path / "out"),
    ]
    report = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    assert "'cidata'" in report
    assert (tmp_path / "out/user-data").read_bytes() == machine.user_data
    identity = json.loads((tmp_path / "out/meta-data").read_text())
    assert identity == {"instance-id": "server", "local-hostname": "a name"}


def test_no_user_data_means_no_drive(tmp_path: Path) -> None:
    assert not write_seed(MACHINE, tmp_path / "seed.iso")
    assert not (tmp_path / "seed.iso").exists()
