"""Simulated guests: installation and power-off are separate events."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.clock import Clock
from lab.drivers.interface import Machine
from lab.drivers.simulated import SimulatedDriver
from lab.settings import Guest

INSTALL_S = 300


class ClockByHand(Clock):
    """Clock that stands still until a test advances it."""

    def __init__(self) -> None:
        super().__init__()
        self.time = datetime(2024, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def move_on(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Site:
    """Driver with a server that boots an ISO file."""

    def __init__(self, root: Path, **guest: Any) -> None:
        self.root, self.clock, self.guest = root, ClockByHand(), Guest(install_s=INSTALL_S, **guest)
        self.driver = self.started()
        for volume in ("system", "data"):
            self.driver.create_volume(volume, 40, None)
        self.boot()

    def started(self) -> SimulatedDriver:
        return SimulatedDriver(self.root, self.clock, lambda: self.guest)

    def boot(self, from_iso: bool = True) -> None:
        disks = ("system", "data")
        iso = Path("/images/installer.iso")
        self.driver.power_on(Machine("server", "server", 2, 4096, "bios", disks, (), iso, from_iso))

    def written(self) -> list[str]:
        return [volume for volume in ("system", "data") if self.driver.written_bytes(volume)]

    def console(self) -> list[str]:
        return self.driver.console_log("server").splitlines()


@pytest.mark.parametrize("hard", [True, False])
def test_a_guest_that_stays_on_has_written_its_disk_when_its_server_is_stopped(tmp_path: Path, hard: bool) -> None:
    site = Site(tmp_path, powers_off=False)
    site.clock.move_on(INSTALL_S)
    assert site.driver.is_powered_on("server")

    site.driver.power_off("server", hard=hard)

    assert ["data"] == site.written()
    assert ["booting from installer.iso, installing", "installation finished", "powered off"] == site.console()
    site.boot(from_iso=False)
    assert "booting: installed from installer.iso" in site.console()


def test_an_installed_system_says_what_the_settings_contain(tmp_path: Path) -> None:
    site = Site(tmp_path, says=["Network is unreachable"])
    site.boot(from_iso=False)
    assert "Network is unreachable" not in site.console()
    site.boot()
    site.clock.move_on(INSTALL_S)
    assert not site.driver.is_powered_on("server")

    site.boot(from_iso=False)

    assert ["booting: installed from installer.iso", "Network is unreachable"] == site.console()[-2:]


def test_the_disk_is_written_while_the_guest_stays_on(tmp_path: Path) -> None:
    site = Site(tmp_path, powers_off=False)
    assert [] == site.written()

    site.clock.move_on(INSTALL_S)

    assert ["data"] == site.written()
    assert site.driver.is_powered_on("server")


def test_a_stop_before_the_installation_is_done_leaves_an_empty_disk(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.clock.move_on(INSTALL_S - 1)

    site.driver.power_off("server", hard=True)

    site.clock.move_on(INSTALL_S)
    assert [] == site.written()
    assert ["installation interrupted", "powered off"] == site.console()[1:]
    site.boot(from_iso=False)
    assert "booting: no bootable disk" == site.console()[-1]


def test_a_reboot_starts_the_installer_again(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.clock.move_on(INSTALL_S - 1)

    site.driver.reboot("server", hard=True)

    site.clock.move_on(INSTALL_S - 1)
    assert [] == site.written()
    assert site.driver.is_powered_on("server")
    site.clock.move_on(1)
    assert ["data"] == site.written()
    assert not site.driver.is_powered_on("server")


@pytest.mark.parametrize(("place", "disks"), [("data_disk", ["data"]), ("system_disk", ["system"]), ("nothing", [])])
def test_an_installer_writes_the_disk_that_the_settings_name(tmp_path: Path, place: str, disks: list[str]) -> None:
    site = Site(tmp_path, powers_off=False, installs_on=place)
    site.clock.move_on(INSTALL_S)

    site.driver.power_off("server", hard=True)

    assert disks == site.written()


def test_an_installation_continues_after_a_restart_of_the_lab(tmp_path: Path) -> None:
    site = Site(tmp_path, powers_off=False)

    site.driver = site.started()

    site.clock.move_on(INSTALL_S)
    assert ["data"] == site.written()


def test_a_second_stop_changes_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.clock.move_on(INSTALL_S)
    before = site.console()

    site.driver.power_off("server", hard=True)

    assert before == site.console()


def test_a_machine_of_an_older_lab_is_installed_when_it_powers_off(tmp_path: Path) -> None:
    site = Site(tmp_path)
    off_at = (site.clock.now() + timedelta(seconds=9)).isoformat()
    record = f'{{"volume_ids": ["system", "data"], "iso": "/i.iso", "installs": true, "off_at": "{off_at}"}}'
    (tmp_path / "simulated/machine/server.json").write_text(record)
    site.driver = site.started()
    assert [] == site.written()

    site.clock.move_on(9)

    assert ["data"] == site.written()


def test_an_installer_reboots_as_often_as_configured_and_then_powers_off(tmp_path: Path) -> None:
    site = Site(tmp_path, reboots=2)
    site.clock.move_on(3 * INSTALL_S - 1)
    assert site.driver.is_powered_on("server")

    site.clock.move_on(1)

    assert not site.driver.is_powered_on("server")
    assert ["data"] == site.written()
    start = ["booting from installer.iso, installing", "installation finished"]
    assert [*start, "restarted", *start, "restarted", *start, "powered off"] == site.console()


def test_an_installer_that_always_reboots_never_ends(tmp_path: Path) -> None:
    site = Site(tmp_path, reboots=-1)

    site.clock.move_on(100 * INSTALL_S)

    assert site.driver.is_powered_on("server")
    assert 101 == sum("booting from" in line for line in site.console())
    assert ["data"] == site.written()
