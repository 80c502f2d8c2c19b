"""Boot order of the firmware in the command line."""

from pathlib import Path

import pytest

from lab.drivers.interface import Firmware, Machine
from lab.drivers.qemu.command import BootOrder, boot_order, machine_arguments


def machine(firmware: Firmware = "bios", boot_from_iso: bool = False, iso: Path | None = Path("/a.iso")) -> Machine:
    return Machine(
        server_id="server",
        name="a name",
        vcpus=2,
        ram_mib=4096,
        firmware=firmware,
        volume_ids=("0d6a6b2e-3f5e-4a06-8a6b-000000000001", "data"),
        mac_addresses=("fa:16:3e:00:00:01",),
        iso=iso,
        boot_from_iso=boot_from_iso,
    )


@pytest.mark.parametrize(
    ("described", "boot_codes", "expected"),
    [
        (machine(boot_from_iso=True), [False, False], BootOrder(1, (2, None))),
        (machine(boot_from_iso=True), [False, True], BootOrder(1, (None, 2))),
        (machine(), [False, True], BootOrder(2, (None, 1))),
        (machine(), [True, True], BootOrder(2, (1, None))),
        (machine(iso=None), [False, True], BootOrder(None, (None, 1))),
        (machine("uefi", boot_from_iso=True), [False, False], BootOrder(1, (2, 3))),
        (machine("uefi"), [False, False], BootOrder(3, (1, 2))),
    ],
)
def test_first_power_on_boots_the_iso_and_later_ones_the_disks(
    described: Machine, boot_codes: list[bool], expected: BootOrder
) -> None:
    assert expected == boot_order(described, boot_codes)


def test_command_line_shows_neither_the_servers_name_nor_its_user_data() -> None:
    arguments = machine_arguments(
        machine(),
        [Path("/disks/a, b"), Path("/disks/data")],
        boot_order(machine(), [False, True]),
        acceleration=["-accel", "tcg"],
        ram_mib=512,
        uefi_code=None,
        monitor_descriptor=3,
        seed=True,
    )

    assert "a name" not in " ".join(arguments)
    assert "virtio-blk-pci,drive=disk0,serial=0d6a6b2e-3f5e-4a06-8,bus=pci.0,addr=8" in arguments
    assert arguments.index("-m") + 1 == arguments.index("512")
