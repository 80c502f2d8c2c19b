"""
QEMU's command line for the description of a machine.

Names of files stand in JSON or are relative to the machine's own folder. So no comma or space in a path is taken for
QEMU's own syntax. Nothing secret stands here: every user of the host can read command lines.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.drivers.interface import Machine
from lab.drivers.qemu import device_slots
from lab.settings import DiscBus

CONSOLE_FILE = "console.log"
PID_FILE = "qemu.pid"
SCREEN_FILE = "screen"
SEED_FILE = "seed.iso"
VARIABLES_FILE = "uefi-variables.fd"
SERIAL_LENGTH = 20  # limit of a virtio disk
MAX_VCPUS = 2 * (os.cpu_count() or 1)
"""Most virtual processors of a guest: twice the host's, because more would wait for one another."""

# Only the named devices, no configuration of the host's, and no system calls that a guest's emulator does not need.
PLAIN = ("-nodefaults", "-no-user-config", "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny")


@dataclass(frozen=True)
class BootOrder:
    """Positions in the firmware's boot order, 1 first; None: not in it."""

    iso: int | None
    disks: tuple[int | None, ...]


def boot_order(machine: Machine, boot_codes: Sequence[bool]) -> BootOrder:
    """
    Return the order in which the firmware tries the disks and the ISO.

    The first power-on of a server from an ISO starts the ISO, also when the guest restarts itself. Later starts from
    the platform start the disks, with the ISO last. UEFI continues with the next disk when one holds no system. The
    BIOS (SeaBIOS) tries only one hard disk of all. For it, the first disk that holds boot code is therefore looked up
    beforehand.

    Args:
        boot_codes: For every disk, True if its first sector holds boot code.
    """
    count = len(boot_codes)
    candidates = list(range(count))
    if machine.firmware == "bios":
        candidates = [next((index for index in range(count) if boot_codes[index]), 0)] if count else []
    first = 2 if machine.boot_from_iso and machine.iso else 1
    places = {index: first + place for place, index in enumerate(candidates)}
    iso = None if machine.iso is None else (1 if first == 2 else len(places) + 1)
    return BootOrder(iso, tuple(places.get(index) for index in range(count)))


def machine_arguments(
    machine: Machine,
    volumes: Sequence[Path],
    order: BootOrder,
    *,
    acceleration: Sequence[str],
    ram_mib: int,
    uefi_code: Path | None,
    monitor_descriptor: int,
    seed: bool,
    disc_bus: DiscBus = "ide",
) -> list[str]:
    """
    Return the whole command line except the program's name.

    Args:
        volumes: Files of ``machine.volume_ids``, in the same order.
        ram_mib: Memory of the guest, MiB.
        uefi_code: Firmware, for a UEFI machine.
        monitor_descriptor: Number of the open socket on which the machine listens for commands.
        seed: True if the folder holds a configuration drive for the guest.
        disc_bus: Bus of the disc drives.
    """
    disks = zip(volumes, machine.volume_ids, order.disks, strict=True)
    discs = [Disc("iso", machine.iso, order.iso)] if machine.iso else []
    discs += [Disc("seed", Path(SEED_FILE), None)] if seed else []
    monitor = f"socket,id=monitor,fd={monitor_descriptor},server=on,wait=off"
    return [
        *common_arguments(acceleration, ram_mib, machine.vcpus, uefi_code),
        *("-name", machine.server_id, "-pidfile", PID_FILE),
        *("-chardev", monitor, "-mon", "chardev=monitor,mode=control"),
        *("-chardev", f"file,id=console,path={CONSOLE_FILE},append=on", "-serial", "chardev:console"),
        *("-vnc", f"unix:{SCREEN_FILE},share=force-shared"),
        *(each for index, disk in enumerate(disks) for each in disk_arguments(index, *disk)),
        *disc_arguments(discs, disc_bus),
        *network_arguments(machine.mac_addresses),
    ]


def common_arguments(acceleration: Sequence[str], ram_mib: int, vcpus: int, uefi_code: Path | None) -> list[str]:
    """
    Return the arguments that every machine has: board, firmware, processors, memory, screen, random numbers.

    The board is the one with an IDE controller (PIIX3, by QEMU's name "pc"): see docs/explanation/hardware.md.
    """
    flash = [] if uefi_code is None else ["code", "variables"]
    board = ",".join(["pc", *(f"pflash{index}={name}" for index, name in enumerate(flash))])
    firmware: list[str] = []
    if uefi_code is not None:
        firmware += ["-blockdev", _raw_file("code", uefi_code, read_only=True)]
        firmware += ["-blockdev", _raw_file("variables", Path(VARIABLES_FILE), read_only=False)]
    processors = str(min(vcpus, MAX_VCPUS))
    return [
        *(*PLAIN, *acceleration, "-machine", board, "-m", str(ram_mib), "-smp", processors),
        *("-display", "none", "-device", f"VGA{device_slots.SCREEN}"),
        *("-device", f"virtio-rng-pci{device_slots.RANDOM_NUMBERS}", *firmware),
    ]


def disk_node(index: int) -> str:
    """Return the name of the ``index``-th para-virtual disk in commands for the running machine."""
    return f"disk{index}"


def disk_arguments(index: int, path: Path, volume_id: str, place: int | None, backing: Path | None = None) -> list[str]:
    """
    Return the arguments of the ``index``-th para-virtual disk.

    Writes are handed to the host but not forced onto its medium. They survive the end of the emulator, not a power cut,
    and an installation is several times as fast.
    """
    name = disk_node(index)
    cache = {"direct": False, "no-flush": True}
    file = {"driver": "file", "filename": str(path), "cache": cache, "discard": "unmap"}
    node: dict[str, object] = {"node-name": name, "driver": "qcow2", "file": file, "cache": cache, "discard": "unmap"}
    if backing is not None:
        base = {"driver": "file", "filename": str(backing)}
        node["backing"] = {"driver": "qcow2", "file": base, "read-only": True, "backing": None}
    device = f"virtio-blk-pci,drive={name},serial={volume_id[:SERIAL_LENGTH]}"
    return ["-blockdev", json.dumps(node), "-device", f"{device}{_boot_index(place)}{device_slots.DISKS.place(index)}"]


def network_arguments(mac_addresses: Sequence[str]) -> list[str]:
    """
    Return the arguments of a network card per address.

    Guests reach out through the host. Nothing reaches them, and they do not reach one another.
    """
    arguments: list[str] = []
    for index, address in enumerate(mac_addresses):
        device = f"virtio-net-pci,netdev=net{index},mac={address},romfile={device_slots.NETWORK_CARDS.place(index)}"
        arguments += ["-netdev", f"user,id=net{index}", "-device", device]
    return arguments


@dataclass(frozen=True)
class Disc:
    """
    Disc in a drive of its own.

    Attributes:
        name: Name of the disc for QEMU.
        path: File of the disc.
        boot_place: Position in the firmware's boot order; None: not in it.
    """

    name: str
    path: Path
    boot_place: int | None


def disc_arguments(discs: Sequence[Disc], bus: DiscBus) -> list[str]:
    """Return the arguments of the disc drives, the first disc in the first drive."""
    arguments: list[str] = []
    if discs and bus != "ide":  # the board has an IDE controller of its own
        controller = {"sata": "ahci", "scsi": "virtio-scsi-pci"}[bus]
        arguments += ["-device", f"{controller},id=discs{device_slots.DISC_CONTROLLER}"]
    for index, disc in enumerate(discs):
        where = {
            "ide": f"ide-cd,bus=ide.{index},unit=0",
            "sata": f"ide-cd,bus=discs.{index}",
            "scsi": f"scsi-cd,bus=discs.0,scsi-id={index}",
        }[bus]
        arguments += ["-blockdev", _raw_file(disc.name, disc.path, read_only=True)]
        arguments += ["-device", f"{where},drive={disc.name}{_boot_index(disc.boot_place)}"]
    return arguments


def _raw_file(name: str, path: Path, *, read_only: bool) -> str:
    file = {"driver": "file", "filename": str(path)}
    return json.dumps({"node-name": name, "driver": "raw", "read-only": read_only, "file": file})


def _boot_index(place: int | None) -> str:
    return "" if place is None else f",bootindex={place}"
