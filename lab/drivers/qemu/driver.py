"""Compute driver on QEMU: volumes and images are files, machines are processes."""

import logging
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from lab.clock import Clock
from lab.drivers.interface import DriverError, ImageFile, Machine
from lab.drivers.qemu import disks, machine_process
from lab.drivers.qemu.acceleration import acceleration
from lab.drivers.qemu.command import (
    CONSOLE_FILE,
    PID_FILE,
    SCREEN_FILE,
    SEED_FILE,
    VARIABLES_FILE,
    boot_order,
    disk_node,
    machine_arguments,
)
from lab.drivers.qemu.driver_folders import DriverFolders, checked
from lab.drivers.qemu.firmware import prepare_uefi
from lab.drivers.qemu.foreign import take_over
from lab.drivers.qemu.machine_process import Process
from lab.drivers.qemu.memory import MemoryReservations, host_memory
from lab.drivers.qemu.qmp import Monitor
from lab.drivers.qemu.seed import write_seed
from lab.drivers.qemu.serial_console import bound_console, read_console
from lab.settings import Hardware

SOFT_REBOOT_TIMEOUT_S = 60.0
MACHINE_FILE = "machine.json"
RESUME_FILE = "resume"
SHORTAGE_FILE = "shortage"

MACHINES = TypeAdapter(Machine)

log = logging.getLogger(__name__)


class QemuDriver:
    """
    Driver whose servers are virtual machines; see :class:`lab.drivers.interface.ComputeDriver`.

    Its root contains ``volumes/``, ``images/`` and ``machines/``, with a folder per server. Machines are processes of
    their own that outlive a crash of the lab and are found again.
    """

    name = "qemu"

    def __init__(self, root: Path, clock: Clock, hardware: Callable[[], Hardware] = Hardware) -> None:
        """
        Use ``root`` for everything that the driver keeps.

        Args:
            clock: The lab's clock; machines run in real time, whatever its scale.
            hardware: Source of the hardware settings, read whenever a machine is started.

        Raises:
            DriverError: The environment variable LAB_QEMU_RAM_MIB holds no number.
        """
        self._hardware = hardware
        self._memory = MemoryReservations()
        self._folders = DriverFolders(root.absolute())
        self._running: dict[str, Process] = {}
        self._guard = threading.Lock()
        self._locks: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)

    def create_volume(self, volume_id: str, size_gib: int, image_id: str | None) -> None:
        path = self._folders.volume(volume_id)
        if image_id is None:
            disks.create_blank(path, size_gib * disks.GIB)
            return
        image = self._folders.disk_image(image_id)
        if not image.exists():
            raise DriverError(f"image {image_id} has no disk to create a volume from")
        disks.create_copy(path, image, size_gib)

    def extend_volume(self, volume_id: str, size_gib: int) -> None:
        path = self._folders.existing_volume(volume_id)
        for server_id in list(self._running):
            with self._lock(server_id):
                running = self._alive(server_id)
                used = self._recorded(server_id).volume_ids if running is not None else ()
                if running is not None and volume_id in used:
                    with Monitor(running.folder) as monitor:
                        node = disk_node(used.index(volume_id))
                        monitor.execute("block_resize", **{"node-name": node, "size": size_gib * disks.GIB})
                    return
        disks.grow(path, size_gib * disks.GIB)

    def delete_volume(self, volume_id: str) -> None:
        self._folders.volume(volume_id).unlink(missing_ok=True)

    def power_on(self, machine: Machine) -> None:
        folder = self._folders.machine(machine.server_id)
        with self._lock(machine.server_id):
            if self._alive(machine.server_id) is not None:
                return
            folder.mkdir(mode=0o700, exist_ok=True)
            write_seed(machine, folder / SEED_FILE)
            machine = replace(machine, user_data=None, iso=self._present_iso(machine))
            for stale in (PID_FILE, RESUME_FILE):
                (folder / stale).unlink(missing_ok=True)
            (folder / MACHINE_FILE).write_bytes(MACHINES.dump_json(machine))
            self._running[machine.server_id] = self._start(machine, folder)

    def power_off(self, server_id: str, hard: bool) -> None:
        with self._lock(server_id):
            running = self._alive(server_id)
            if running is None:
                return
            if hard:
                self._end(server_id, running)
                return
            with Monitor(running.folder) as monitor:
                monitor.execute("system_powerdown")

    def is_powered_on(self, server_id: str) -> bool:
        bound_console(self._folders.machine(server_id) / CONSOLE_FILE)
        return self._alive(server_id) is not None

    def reboot(self, server_id: str, hard: bool) -> None:
        # Not documented: a start of the ISO by a platform's reboot; here the boot order stays as it is.
        running = self._alive(server_id)
        if running is None:
            raise DriverError(f"the virtual machine of server {server_id} is not running")
        with Monitor(running.folder) as monitor:
            monitor.execute("system_reset" if hard else "system_powerdown")
        if not hard:
            running.wait(SOFT_REBOOT_TIMEOUT_S)
            self.power_off(server_id, hard=True)
            self.power_on(self._recorded(server_id))

    def destroy(self, server_id: str) -> None:
        with self._lock(server_id):
            self.power_off(server_id, hard=True)
            shutil.rmtree(self._folders.machine(server_id), ignore_errors=True)

    def capture(self, volume_id: str, image_id: str) -> ImageFile:
        source = self._folders.existing_volume(volume_id)
        with self._paused_user(volume_id):
            return disks.convert(source, "qcow2", self._folders.disk_image(image_id))

    def import_file(self, source: Path, image_id: str, disk_format: str) -> ImageFile:
        return take_over(source, disk_format, self._folders.images, checked(image_id))

    def delete_image(self, image_id: str) -> None:
        self._folders.remove_image(image_id)

    def written_bytes(self, volume_id: str) -> int:
        return disks.written_bytes(self._folders.existing_volume(volume_id))

    def console_log(self, server_id: str, lines: int | None = None) -> str:
        return read_console(self._folders.machine(server_id) / CONSOLE_FILE, lines)

    def shortage(self, server_id: str) -> str:
        path = self._folders.machine(server_id) / SHORTAGE_FILE
        return path.read_text() if path.exists() else ""

    def screenshot(self, server_id: str) -> bytes | None:
        with self._lock(server_id):
            running = self._alive(server_id)
            if running is None:
                return None
            picture = running.folder / "screen.png"
            with Monitor(running.folder) as monitor:
                monitor.execute("screendump", filename=str(picture), format="png")
            content = picture.read_bytes()
            picture.unlink()
            return content

    def screen(self, server_id: str) -> Path | None:
        running = self._alive(server_id)
        if running is None or not (running.folder / SCREEN_FILE).exists():
            return None
        return running.folder / SCREEN_FILE

    def resume_held(self) -> None:
        for server_id in list(self._running):
            with self._lock(server_id):
                running = self._alive(server_id)
                if running is not None:
                    machine_process.resume_held(running)

    def shutdown(self) -> None:
        for server_id in list(self._running):
            with self._lock(server_id):
                running = self._alive(server_id)
                if running is not None:
                    (running.folder / RESUME_FILE).touch()
                    self._end(server_id, running)

    def recover(self, machines: Sequence[Machine]) -> None:
        known = {machine.server_id: machine for machine in machines}
        for folder in sorted(self._folders.machines.iterdir()):
            self._attach(folder, is_known=folder.name in known)
        for machine in known.values():
            if self._alive(machine.server_id) is None and not self._went_off_by_itself(machine.server_id):
                self.power_on(machine)

    def _start(self, machine: Machine, folder: Path) -> Process:
        volumes = [self._folders.existing_volume(volume_id) for volume_id in machine.volume_ids]
        seeded = (folder / SEED_FILE).exists()
        uefi_code = prepare_uefi(folder / VARIABLES_FILE) if machine.firmware == "uefi" else None
        boot_codes = [machine.firmware == "bios" and disks.has_boot_code(volume) for volume in volumes]
        try:
            ram_mib = self._take_memory(machine, folder)
            return machine_process.start(
                folder,
                lambda descriptor: machine_arguments(
                    machine,
                    volumes,
                    boot_order(machine, boot_codes),
                    acceleration=acceleration(),
                    ram_mib=ram_mib,
                    uefi_code=uefi_code,
                    monitor_descriptor=descriptor,
                    seed=seeded,
                    disc_bus=self._hardware().disc_bus,
                ),
            )
        finally:
            self._memory.release(machine.server_id)

    def _take_memory(self, machine: Machine, folder: Path) -> int:
        """Return the memory for a machine, MiB, and store the reason if it is less than the flavor's."""
        limit_mib = self._hardware().ram_limit_mib
        granted = self._memory.reserve(machine.server_id, machine.ram_mib, limit_mib, host_memory)
        (folder / SHORTAGE_FILE).write_text(granted.shortage)
        if granted.shortage:
            log.warning("server %s: %s", machine.server_id, granted.shortage)
        return granted.ram_mib

    def _present_iso(self, machine: Machine) -> Path | None:
        """
        Return the absolute path of the ISO, None if its image was deleted meanwhile.

        A deleted ISO is an error only if the machine is to boot from it.
        """
        if machine.iso is None or machine.iso.exists():
            return machine.iso and machine.iso.absolute()
        if machine.boot_from_iso:
            raise DriverError(f"the ISO file of server {machine.server_id} does not exist any more")
        return None

    def _attach(self, folder: Path, is_known: bool) -> None:
        server_id = folder.name
        with self._lock(server_id):
            found = self._alive(server_id) or machine_process.find(folder, server_id)
            if found is None:
                return
            self._running[server_id] = found
            if not is_known:
                self._end(server_id, found)

    def _went_off_by_itself(self, server_id: str) -> bool:
        folder = self._folders.machine(server_id)
        if not (folder / MACHINE_FILE).exists() or (folder / RESUME_FILE).exists():
            return False
        return machine_process.ended_by_guest(folder)

    def _paused_user(self, volume_id: str) -> AbstractContextManager[object]:
        """Pause the machine that writes to a volume, if there is one."""
        for server_id in list(self._running):
            running = self._alive(server_id)
            if running is not None and volume_id in self._recorded(server_id).volume_ids:
                return machine_process.paused(running)
        return nullcontext()

    def _alive(self, server_id: str) -> Process | None:
        running = self._running.get(server_id)
        return running if running is not None and running.is_alive() else None

    def _end(self, server_id: str, running: Process) -> None:
        running.end()
        self._running.pop(server_id, None)

    def _recorded(self, server_id: str) -> Machine:
        return MACHINES.validate_json((self._folders.machine(server_id) / MACHINE_FILE).read_bytes())

    def _lock(self, server_id: str) -> threading.RLock:
        with self._guard:
            return self._locks[checked(server_id)]
