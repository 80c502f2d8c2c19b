"""Machines of a few bytes: power, boot order, crashes of the lab, and no processes left behind."""

import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from lab.clock import Clock
from lab.drivers.interface import DriverError, Machine
from lab.drivers.qemu import QemuDriver
from lab.drivers.qemu.qmp import Monitor
from tests.lab.drivers.guests import POWER_OFF, RESTART_ONCE, STAY_ON, wait_until, write_disk, write_iso

pytestmark = pytest.mark.qemu

Emulators = Callable[[], list[psutil.Process]]

MACHINE = Machine(
    server_id="server",
    name="server",
    vcpus=2,
    ram_mib=256,
    firmware="bios",
    volume_ids=("system", "data"),
    mac_addresses=("fa:16:3e:00:00:01",),
    iso=None,
    boot_from_iso=False,
)


@pytest.fixture
def machine(driver: QemuDriver, tmp_path: Path) -> Callable[[bytes], Machine]:
    """Return a function that creates a machine with a blank system disk and a data disk that prints DATA."""

    def make(then: bytes) -> Machine:
        driver.import_file(write_disk(tmp_path / "disk", "DATA", then), "image", "raw")
        driver.create_volume("system", 1, None)
        driver.create_volume("data", 1, "image")
        return MACHINE

    return make


def require_output(driver: QemuDriver, text: str) -> None:
    wait_until(lambda: text in driver.console_log("server"), timeout_s=60)


def is_off(driver: QemuDriver) -> None:
    wait_until(lambda: not driver.is_powered_on("server"), timeout_s=60)


def test_a_volume_grows_while_a_machine_uses_it(
    driver: QemuDriver, machine: Callable[[bytes], Machine], root: Path
) -> None:
    driver.power_on(machine(STAY_ON))
    require_output(driver, "DATA")

    driver.extend_volume("data", 2)

    assert driver.is_powered_on("server")
    with Monitor(root / "machines/server") as monitor:
        sizes = {block["qdev"]: block["inserted"]["image"]["virtual-size"] for block in monitor.execute("query-block")}
    assert sorted(sizes.values()) == [1 << 30, 2 << 30]


def test_a_blank_system_disk_is_passed_over_for_the_data_disk(
    driver: QemuDriver, machine: Callable[[bytes], Machine]
) -> None:
    driver.power_on(machine(POWER_OFF))

    is_off(driver)
    assert "DATA" in driver.console_log("server")


def test_the_iso_boots_again_when_the_guest_restarts_and_the_disk_when_the_platform_does(
    driver: QemuDriver, machine: Callable[[bytes], Machine], tmp_path: Path
) -> None:
    iso = driver.import_file(write_iso(tmp_path / "a, b.iso", "ISO", RESTART_ONCE), "iso", "iso").path
    described = dataclasses.replace(machine(POWER_OFF), iso=iso, boot_from_iso=True)

    driver.power_on(described)
    is_off(driver)
    assert ["ISO", "ISO"] == driver.console_log("server").split()

    driver.power_on(dataclasses.replace(described, boot_from_iso=False))
    is_off(driver)
    assert ["ISO", "ISO", "DATA"] == driver.console_log("server").split()
    assert driver.console_log("server", lines=1).split() == ["DATA"]


def test_a_hard_power_off_has_ended_the_process_when_it_returns(
    driver: QemuDriver, machine: Callable[[bytes], Machine], emulators: Emulators
) -> None:
    driver.power_on(machine(STAY_ON))
    require_output(driver, "DATA")
    assert driver.is_powered_on("server")

    driver.power_off("server", hard=True)

    assert not driver.is_powered_on("server")
    wait_until(lambda: not emulators())


def test_a_guest_that_ignores_the_power_button_stays_on_after_a_soft_power_off(
    driver: QemuDriver, machine: Callable[[bytes], Machine]
) -> None:
    driver.power_on(machine(STAY_ON))
    require_output(driver, "DATA")

    driver.power_off("server", hard=False)

    assert driver.is_powered_on("server")


def test_a_second_power_on_of_a_running_machine_changes_nothing(
    driver: QemuDriver, machine: Callable[[bytes], Machine], emulators: Emulators
) -> None:
    driver.power_on(machine(STAY_ON))
    before = [process.pid for process in emulators()]

    driver.power_on(MACHINE)

    assert before == [process.pid for process in emulators()]


def test_a_hard_reboot_starts_the_guest_again(driver: QemuDriver, machine: Callable[[bytes], Machine]) -> None:
    driver.power_on(machine(STAY_ON))
    require_output(driver, "DATA")

    driver.reboot("server", hard=True)

    wait_until(lambda: driver.console_log("server").split() == ["DATA", "DATA"])


def test_a_machine_that_is_off_cannot_be_rebooted(driver: QemuDriver) -> None:
    with pytest.raises(DriverError, match="not running"):
        driver.reboot("server", hard=False)


def test_destroying_a_machine_leaves_its_disks_and_nothing_else(
    driver: QemuDriver, machine: Callable[[bytes], Machine], root: Path, emulators: Emulators
) -> None:
    driver.power_on(machine(STAY_ON))

    driver.destroy("server")

    wait_until(lambda: not emulators())
    assert list((root / "machines").iterdir()) == []
    assert ["data.qcow2", "system.qcow2"] == sorted(path.name for path in (root / "volumes").iterdir())


def test_a_running_machines_disk_can_be_captured(
    driver: QemuDriver, machine: Callable[[bytes], Machine], tmp_path: Path
) -> None:
    driver.power_on(machine(STAY_ON))
    require_output(driver, "DATA")

    captured = driver.capture("data", "captured")

    assert driver.is_powered_on("server")
    driver.create_volume("system-of-copy", 1, "captured")
    copy = dataclasses.replace(MACHINE, server_id="copy", volume_ids=("system-of-copy",))
    driver.power_on(copy)
    wait_until(lambda: "DATA" in driver.console_log("copy"))
    assert captured.virtual_size_gib == 1


def test_a_machine_that_cannot_start_reports_why(driver: QemuDriver, machine: Callable[[bytes], Machine]) -> None:
    driver.power_on(machine(STAY_ON))

    with pytest.raises(DriverError, match=r"did not start: .*lock"):
        driver.power_on(dataclasses.replace(MACHINE, server_id="thief"))
    assert not driver.is_powered_on("thief")


def test_the_screen_is_shown_as_a_picture(driver: QemuDriver, machine: Callable[[bytes], Machine]) -> None:
    assert driver.screenshot("server") is None
    driver.power_on(machine(STAY_ON))

    picture = driver.screenshot("server")

    assert picture is not None
    assert picture.startswith(b"\x89PNG\r\n")


def test_stopping_the_lab_ends_all_machines_and_starting_it_resumes_them(
    root: Path, driver: QemuDriver, machine: Callable[[bytes], Machine], emulators: Emulators
) -> None:
    driver.power_on(machine(STAY_ON))
    require_output(driver, "DATA")
    driver.shutdown()
    wait_until(lambda: not emulators())

    again = QemuDriver(root, Clock())
    again.recover([MACHINE])

    wait_until(lambda: again.console_log("server").split() == ["DATA", "DATA"])
    again.shutdown()


LAB_THAT_IS_KILLED = """
import os, sys
from pathlib import Path
from pydantic import TypeAdapter
from lab.clock import Clock
from lab.drivers.interface import Machine
from lab.drivers.qemu import QemuDriver
driver = QemuDriver(Path(sys.argv[1]), Clock())
driver.power_on(TypeAdapter(Machine).validate_json(sys.argv[2]))
os.kill(os.getpid(), 9)
"""


def start_in_a_lab_that_is_killed(root: Path) -> None:
    from pydantic import TypeAdapter

    described = TypeAdapter(Machine).dump_json(MACHINE).decode()
    killed = subprocess.run([sys.executable, "-c", LAB_THAT_IS_KILLED, root, described], check=False)
    assert killed.returncode == -signal.SIGKILL


def test_machines_outlive_a_killed_lab_and_are_found_again(
    root: Path, driver: QemuDriver, machine: Callable[[bytes], Machine], emulators: Emulators
) -> None:
    machine(STAY_ON)
    start_in_a_lab_that_is_killed(root)
    before = [process.pid for process in emulators()]

    driver.recover([MACHINE])

    assert len(before) == 1
    assert driver.is_powered_on("server")
    assert before == [process.pid for process in emulators()]
    driver.power_off("server", hard=True)
    wait_until(lambda: not emulators())


def test_a_machine_that_the_lab_does_not_know_is_ended(
    root: Path, driver: QemuDriver, machine: Callable[[bytes], Machine], emulators: Emulators
) -> None:
    machine(STAY_ON)
    start_in_a_lab_that_is_killed(root)

    driver.recover([])

    wait_until(lambda: not emulators())


def test_a_guest_that_powered_itself_off_while_the_lab_was_away_stays_off(
    root: Path, driver: QemuDriver, machine: Callable[[bytes], Machine], emulators: Emulators
) -> None:
    machine(POWER_OFF)
    start_in_a_lab_that_is_killed(root)
    wait_until(lambda: not emulators())

    driver.recover([MACHINE])

    assert not driver.is_powered_on("server")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_machine_that_the_host_ended_is_started_again(
    root: Path, driver: QemuDriver, machine: Callable[[bytes], Machine], emulators: Emulators, end: signal.Signals
) -> None:
    machine(STAY_ON)
    start_in_a_lab_that_is_killed(root)
    os.kill(emulators()[0].pid, end)
    wait_until(lambda: not emulators())

    driver.recover([MACHINE])

    assert driver.is_powered_on("server")


def test_a_pid_file_that_names_another_process_is_not_believed(
    root: Path, driver: QemuDriver, machine: Callable[[bytes], Machine], emulators: Emulators
) -> None:
    machine(STAY_ON)
    start_in_a_lab_that_is_killed(root)
    emulators()[0].kill()
    wait_until(lambda: not emulators())
    (root / "machines/server/qemu.pid").write_text(f"{os.getpid()}\n")

    driver.recover([])

    assert psutil.pid_exists(os.getpid())
    assert not driver.is_powered_on("server")
