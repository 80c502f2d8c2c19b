"""Memory and processors of guests: the flavor's, bounded by a limit and by the free memory of the host."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from lab.clock import Clock
from lab.drivers.interface import DriverError
from lab.drivers.qemu import QemuDriver, memory
from lab.drivers.qemu.command import MAX_VCPUS
from lab.drivers.qemu.memory import Grant, HostMemory, grant, host_memory
from lab.settings import Hardware
from tests.lab.drivers.guests import wait_until
from tests.lab.drivers.test_qemu_machines import MACHINE

FLAVOR_MIB = 4096


@pytest.mark.parametrize(
    ("available", "promised", "limit", "expected"),
    [
        (20_000, 0, 0, 4096),  # as much as the flavor says
        (20_000, 15_392, 0, 4096),  # the last that still has all of it
        (20_000, 16_392, 0, 3096),  # what is left
        (20_000, 40_000, 0, 1024),  # promised to others, but not taken by them
        (1_200, 0, 0, 688),  # all that there is, but the host's share
        (1_200, 40_000, 0, 688),
        (20_000, 0, 1024, 1024),  # a limit
        (20_000, 0, 8192, 4096),  # a limit above the flavor
        (20_000, 40_000, 512, 512),
        (576, 0, 0, 64),  # the least
    ],
)
def test_a_guest_gets_what_its_flavor_has_bounded_by_the_hosts_free_memory(
    available: int, promised: int, limit: int, expected: int
) -> None:
    given = grant(FLAVOR_MIB, limit, HostMemory(available, promised))

    assert expected == given.ram_mib
    assert (given.shortage == "") == (expected == FLAVOR_MIB)


@pytest.mark.parametrize("available", [0, 300, 575])
def test_a_host_without_free_memory_starts_no_guest_and_reports_it(available: int) -> None:
    with pytest.raises(DriverError, match=f"the host has {available} MiB of free memory.*delete or stop servers"):
        grant(FLAVOR_MIB, 0, HostMemory(available, 0))


def test_a_shortage_names_its_cause() -> None:
    assert "the limit is 512 MiB (LAB_QEMU_RAM_MIB or" in grant(FLAVOR_MIB, 512, HostMemory(20_000, 0)).shortage
    scarce = grant(FLAVOR_MIB, 0, HostMemory(3000, 100))
    assert scarce == Grant(
        2388,
        "the guest has 2388 of the 4096 MiB of memory of its flavor: the host has 3000 MiB free, and running "
        "guests may still take 100 MiB",
    )


class Host:
    """Folder that looks like /proc and /sys/fs/cgroup."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.proc, self.groups = folder / "proc", folder / "groups"
        monkeypatch.setattr(memory, "PROC", self.proc)
        monkeypatch.setattr(memory, "CGROUPS", self.groups)
        self.write("proc/meminfo", "MemTotal: 16384000 kB\nMemAvailable:   8192000 kB\nHugePages_Total: 0\n")
        self.write("proc/self/cgroup", "0::/\n")

    def write(self, name: str, text: str) -> None:
        path = self.proc.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def runs(self, pid: int, name: str, memory_mib: int, resident_mib: int) -> None:
        self.write(f"proc/{pid}/comm", f"{name[:15]}\n")
        self.write(f"proc/{pid}/cmdline", f"{name}\0-m\0{memory_mib}\0-smp\0002\0")
        self.write(f"proc/{pid}/statm", f"99999 {resident_mib * 256} 10 1 0 1 0\n")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_the_guests_of_all_labs_count(host: Host) -> None:
    host.runs(10, "qemu-system-x86_64", 4096, 1000)
    host.runs(11, "qemu-system-x86_64", 1024, 1100)  # with the emulator's own
    host.runs(12, "python3", 2048, 10)
    host.write("proc/13/comm", "qemu-system-x86\n")  # it has just ended

    assert host_memory() == HostMemory(8000, 3096)


@pytest.mark.parametrize(
    ("membership", "limit", "used", "statistics"),
    [
        ("0::/lab\n", "lab/memory.max", "lab/memory.current", "lab/memory.stat"),
        ("0::/lab/deeper\n", "lab/memory.max", "lab/memory.current", "lab/memory.stat"),
        *[
            (line, f"{place}memory.limit_in_bytes", f"{place}memory.usage_in_bytes", f"{place}memory.stat")
            for line, place in (
                ("4:memory:/lab\n0::/\n", "memory/lab/"),
                ("4:memory:/of/the/host\n", "memory/"),  # a container sees its own group as the root
            )
        ],
    ],
)
def test_the_limit_of_a_container_counts(host: Host, membership: str, limit: str, used: str, statistics: str) -> None:
    host.write("proc/self/cgroup", membership)
    host.write(f"groups/{limit}", str(3000 << 20))
    host.write(f"groups/{used}", str(2000 << 20))
    host.write(f"groups/{statistics}", f"anon 1\ninactive_file {500 << 20}\n")

    assert 1500 == host_memory().available_mib


def test_a_group_without_a_limit_changes_nothing(host: Host) -> None:
    host.write("groups/memory.max", "max\n")
    host.write("groups/memory.current", "1\n")

    assert 8000 == host_memory().available_mib


def test_the_memory_of_this_host_is_found() -> None:
    assert 0 < host_memory().available_mib <= psutil.virtual_memory().total >> 20


@pytest.mark.qemu
def test_the_emulator_gets_the_flavors_memory_and_processors(
    root: Path, emulators: Callable[[], list[psutil.Process]]
) -> None:
    limit = [0]
    driver = QemuDriver(root, Clock(), lambda: Hardware(ram_limit_mib=limit[0]))
    driver.create_volume("system", 1, None)
    driver.create_volume("data", 1, None)
    seen = []

    for vcpus, limit_mib in ((2, 0), (MAX_VCPUS + 2, 128)):
        limit[0] = limit_mib
        driver.power_on(dataclasses.replace(MACHINE, vcpus=vcpus, ram_mib=320))
        (emulator,) = emulators()
        arguments = emulator.cmdline()
        seen.append((arguments[arguments.index("-m") + 1], arguments[arguments.index("-smp") + 1]))
        shortage = driver.shortage("server")
        driver.power_off("server", hard=True)
        wait_until(lambda: not emulators())

    assert [("320", "2"), ("128", str(MAX_VCPUS))] == seen
    assert "has 128 of the 320 MiB" in shortage


@pytest.mark.qemu
def test_a_server_that_the_host_has_no_memory_for_leaves_no_process(
    root: Path, emulators: Callable[[], list[psutil.Process]], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = QemuDriver(root, Clock())
    driver.create_volume("system", 1, None)
    driver.create_volume("data", 1, None)
    monkeypatch.setattr("lab.drivers.qemu.driver.host_memory", lambda: HostMemory(100, 0))

    with pytest.raises(DriverError, match="100 MiB of free memory"):
        driver.power_on(MACHINE)

    assert emulators() == []
    assert not driver.is_powered_on("server")
