"""The hardware of guests: the places of their devices, and the bus of the disc drive."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.clock import Clock
from lab.drivers.qemu import QemuDriver
from lab.drivers.qemu.device_slots import DISKS, NETWORK_CARDS, Slots
from lab.settings import DiscBus, Hardware
from tests.lab.drivers.guests import POWER_OFF, SHOW_BUS, wait_until, write_disk, write_iso
from tests.lab.drivers.test_qemu_machines import MACHINE


class Site:
    """Driver with an image and an ISO file; both boot a guest that shows its PCI bus."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.disc_bus: DiscBus = "ide"
        self.driver = QemuDriver(root, Clock(), hardware=lambda: Hardware(disc_bus=self.disc_bus))
        show = SHOW_BUS + POWER_OFF
        self.driver.import_file(write_disk(folder / "disk", "DISK ", show), "image", "raw")
        self.iso = self.driver.import_file(write_iso(folder / "disc.iso", "DISC ", show), "iso", "iso").path

    def bus_in_installer(self, volumes: int = 2, cards: int = 1, user_data: bytes | None = None) -> list[str]:
        return self._boot("installer", volumes, cards, user_data)

    def bus_in_server(self, volumes: int = 1, cards: int = 1, user_data: bytes | None = None) -> list[str]:
        return self._boot("server", volumes, cards, user_data)

    def _boot(self, name: str, volumes: int, cards: int, user_data: bytes | None) -> list[str]:
        """Return the words that the guest writes: the medium that was booted, and the places of the bus."""
        from_iso = name == "installer"
        disks = tuple(f"{name}-{index}" for index in range(volumes))
        for disk in disks:
            self.driver.create_volume(disk, 1, None if from_iso else "image")
        described = dataclasses.replace(
            MACHINE,
            server_id=name,
            volume_ids=disks,
            mac_addresses=tuple(f"fa:16:3e:00:00:{index:02x}" for index in range(cards)),
            iso=self.iso if from_iso else None,
            boot_from_iso=from_iso,
            user_data=user_data,
        )
        self.driver.power_on(described)
        wait_until(lambda: not self.driver.is_powered_on(name), timeout_s=60)
        return self.driver.console_log(name).split()


@pytest.fixture
def site(root: Path, tmp_path: Path) -> Iterator[Site]:
    made = Site(root, tmp_path)
    yield made
    made.driver.shutdown()


@pytest.mark.qemu
def test_the_network_card_and_the_disks_of_a_server_are_where_its_installer_had_them(site: Site) -> None:
    installer, server = site.bus_in_installer(user_data=b"#cloud-config\n"), site.bus_in_server()

    assert ["DISC", "...N....DD.....................R"] == installer
    assert ["DISK", "...N....D......................R"] == server


@pytest.mark.qemu
@pytest.mark.parametrize("bus", ["sata", "scsi"])
def test_the_place_of_the_network_card_does_not_depend_on_the_bus_of_the_disc_drive(site: Site, bus: DiscBus) -> None:
    site.disc_bus = bus

    medium, shown = site.bus_in_installer(user_data=b"#cloud-config\n")

    assert "DISC" == medium
    assert "...N....DD....................{}R".format("S" if bus == "scsi" else ".") == shown


@pytest.mark.qemu
def test_more_disks_and_cards_than_there_are_places_share_the_last_ones(site: Site) -> None:
    assert ["DISK", "...NNNNN" + "D" * 18 + ".....R"] == site.bus_in_server(volumes=25, cards=12)


@pytest.mark.parametrize(("slots", "most"), [(NETWORK_CARDS, 12), (DISKS, 60)])
def test_devices_of_a_kind_are_on_the_bus_in_their_order(slots: Slots, most: int) -> None:
    places = [slots.place(index).split(",")[2].removeprefix("addr=") for index in range(most)]

    numbers = [(int(slot, 16), int(function or "0")) for slot, _, function in (p.partition(".") for p in places)]

    assert numbers == sorted(set(numbers))
