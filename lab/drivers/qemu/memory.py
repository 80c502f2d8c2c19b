"""
Memory for guests: as much as the flavor has, bounded by the host's free memory.

A guest takes memory from the host as it touches it, so several guests may be promised more than there is. A guest that
the free memory does not suffice for still gets what small guests need, as long as that is free at this moment.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lab.drivers.interface import DriverError
from lab.drivers.qemu.programs import EMULATOR

LIMIT_VARIABLE = "LAB_QEMU_RAM_MIB"
MINIMUM_MIB = 64
"""Least value of a limit, and least memory that a guest is started with."""
OVERCOMMITTED_MIB = 1024
"""Memory that a guest gets although earlier guests have been promised it, MiB."""
RESERVE_MIB = 512
"""Memory that is left to the host, MiB."""

PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")
MIB = 1 << 20
NAME_LENGTH = 15  # of a process in /proc/PID/comm


@dataclass(frozen=True)
class HostMemory:
    """
    Memory of the host, MiB.

    Attributes:
        available_mib: Memory that can be taken at this moment.
        promised_mib: Memory that running guests have been given and have not touched yet.
    """

    available_mib: int
    promised_mib: int


@dataclass(frozen=True)
class Grant:
    """
    Memory for one guest.

    Attributes:
        ram_mib: Amount, MiB.
        shortage: Reason why it is less than the flavor's; empty: it is not.
    """

    ram_mib: int
    shortage: str = ""


class MemoryReservations:
    """
    Memory of guests that are being started.

    Until a machine runs, and shows in the host's memory, its share counts for others that are started meanwhile.
    """

    def __init__(self) -> None:
        self._limit_mib = limit_from_environment()
        self._starting_mib: dict[str, int] = {}
        self._guard = threading.Lock()

    def reserve(self, server_id: str, flavor_mib: int, limit_mib: int, host_of: Callable[[], HostMemory]) -> Grant:
        """
        Return the memory for a guest, reserved until :meth:`release`.

        Args:
            limit_mib: Most memory of a guest by the settings, MiB; 0: no limit. The environment's limit counts, too.
            host_of: Function that reads the host's memory.

        Raises:
            DriverError: The host has too little free memory for any guest.
        """
        limits = [limit for limit in (self._limit_mib, limit_mib) if limit]
        with self._guard:
            host = host_of()
            host = HostMemory(host.available_mib, host.promised_mib + sum(self._starting_mib.values()))
            granted = grant(flavor_mib, min(limits, default=0), host)
            self._starting_mib[server_id] = granted.ram_mib
        return granted

    def release(self, server_id: str) -> None:
        """End a reservation; a missing one is fine."""
        self._starting_mib.pop(server_id, None)


def grant(flavor_mib: int, limit_mib: int, host: HostMemory) -> Grant:
    """
    Return the memory for a guest.

    Args:
        flavor_mib: Memory of the flavor, MiB.
        limit_mib: Most memory of a guest, MiB; 0: no limit.

    Raises:
        DriverError: The host has too little free memory for any guest.
    """
    target_mib = min(flavor_mib, limit_mib or flavor_mib)
    room = host.available_mib - RESERVE_MIB
    granted_mib = min(target_mib, max(room - host.promised_mib, min(room, OVERCOMMITTED_MIB)))
    if granted_mib < min(target_mib, MINIMUM_MIB):
        raise DriverError(
            f"the host has {host.available_mib} MiB of free memory, of which {RESERVE_MIB} MiB are reserved: "
            "too little for another guest; delete or stop servers, or free memory"
        )
    if granted_mib == flavor_mib:
        return Grant(granted_mib)
    if granted_mib == target_mib:
        why = f"the limit is {limit_mib} MiB ({LIMIT_VARIABLE} or hardware.ram_limit_mib)"
    else:
        why = f"the host has {host.available_mib} MiB free, and running guests may still take {host.promised_mib} MiB"
    return Grant(granted_mib, f"the guest has {granted_mib} of the {flavor_mib} MiB of memory of its flavor: {why}")


def limit_from_environment() -> int:
    """
    Return the limit that the environment sets, MiB; 0: none.

    Raises:
        DriverError: The variable holds no such number.
    """
    text = os.environ.get(LIMIT_VARIABLE)
    if text is None:
        return 0
    if not text.isdecimal() or int(text) < MINIMUM_MIB:
        raise DriverError(f"{LIMIT_VARIABLE}={text[:40]!r} is not a number of MiB, at least {MINIMUM_MIB}")
    return int(text)


def host_memory() -> HostMemory:
    """Return the memory of the host, or of the lab's container if that has a limit."""
    fields = dict(line.split(":", 1) for line in (PROC / "meminfo").read_text().splitlines() if ":" in line)
    available = int(fields["MemAvailable"].split()[0]) >> 10
    return HostMemory(min([available, *_left_in_cgroups()]), sum(_untouched(process) for process in _emulators()))


def _left_in_cgroups() -> Iterator[int]:
    """Yield the memory that is left under each limit of the lab's control group, MiB."""
    for line in (PROC / "self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            names = ("memory.max", "memory.current")
            folder = CGROUPS
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
            folder = CGROUPS / "memory"
        else:
            continue
        own = folder / path.lstrip("/")
        for group in (own, *(parent for parent in own.parents if parent.is_relative_to(folder))):
            with suppress(OSError, ValueError):  # no limit ("max"), or a group outside of this container
                limit, used = (int((group / name).read_text()) for name in names)
                yield max(limit - used + _reclaimable(group / "memory.stat"), 0) // MIB


def _reclaimable(path: Path) -> int:
    """Return the bytes of file content that the kernel drops when memory is needed."""
    fields = dict(line.split() for line in path.read_text().splitlines())
    return int(fields.get("total_inactive_file", fields.get("inactive_file", 0)))


def _emulators() -> Iterator[Path]:
    """
    Yield the folders under /proc of all emulators on the host, because other labs' guests take its memory as well.
    """
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "comm").read_text().strip() == EMULATOR[:NAME_LENGTH]:
                yield folder


def _untouched(process: Path) -> int:
    """Return the memory that an emulator's guest has been given and has not touched yet, MiB."""
    try:
        arguments = (process / "cmdline").read_bytes().split(b"\0")
        total_mib = int(arguments[arguments.index(b"-m") + 1])
        resident = int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // MIB
    except (OSError, ValueError, IndexError):  # it has ended, or its memory is declared in another way
        return 0
    return max(total_mib - resident, 0)
