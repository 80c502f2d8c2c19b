"""Simulated machines, which are records: their guests install, react and power off on the lab's clock."""

import hashlib
import json
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from lab.clock import Clock
from lab.drivers.interface import DriverError, ImageFile, Machine
from lab.settings import Guest

INSTALLED_BYTES = 1 << 30
BOOT_S = 1.0
"""Least lab seconds of a reboot."""
LOG_LINES = 5000
BLANK_BYTES = 200 << 10
"""Content of an image file of a disk that was never written."""


class SimulatedVolume(BaseModel):
    """Simulated disk: its size, and its content."""

    size_gib: int
    written_bytes: int = 0
    content: str = ""


class SimulatedMachine(BaseModel):
    """
    Simulated machine, running or stopped.

    Attributes:
        boots_iso: True if the installer on the ISO file starts when the machine does.
        installs: True if an installer is at work.
        installed_at: Time at which the installer has written its disk. None: not known (a record of an older lab).
        off_at: Time at which the guest powers itself off; None: never.
        reboots: Number of times that the installer has rebooted the machine since it was switched on.
    """

    volume_ids: list[str]
    iso: str | None = None
    powered_on: bool = True
    boots_iso: bool = False
    installs: bool = False
    installed_at: datetime | None = None
    off_at: datetime | None = None
    reboots: int = 0
    log: list[str] = []


class SimulatedDriver:
    """Driver without virtual machines; see :class:`lab.drivers.interface.ComputeDriver`."""

    name = "simulated"

    def __init__(self, root: Path, clock: Clock, guest: Callable[[], Guest] = Guest) -> None:
        self._clock, self.guest = clock, guest
        self._images = root / "images"
        self._images.mkdir(parents=True, exist_ok=True)
        self._state = root / "simulated"
        self._state.mkdir(exist_ok=True)
        self._lock = threading.RLock()
        self._volumes = {p.stem: SimulatedVolume.model_validate_json(p.read_text()) for p in self._kept("volume")}
        self._machines = {p.stem: SimulatedMachine.model_validate_json(p.read_text()) for p in self._kept("machine")}

    def create_volume(self, volume_id: str, size_gib: int, image_id: str | None) -> None:
        volume = SimulatedVolume(size_gib=size_gib)
        if image_id is not None and (source := self._image_path(image_id)) is not None:
            description = self._describe(source)
            volume.content = description.get("content", f"image {image_id}")
            volume.written_bytes = description.get("written_bytes", source.stat().st_size)
        with self._lock:
            self._volumes[volume_id] = volume
            self._keep("volume", volume_id, volume)

    def extend_volume(self, volume_id: str, size_gib: int) -> None:
        with self._lock:
            volume = self._volume(volume_id)
            volume.size_gib = max(volume.size_gib, size_gib)
            self._keep("volume", volume_id, volume)

    def delete_volume(self, volume_id: str) -> None:
        with self._lock:
            self._volumes.pop(volume_id, None)
            self._file("volume", volume_id).unlink(missing_ok=True)

    def power_on(self, machine: Machine) -> None:
        with self._lock:
            for volume_id in machine.volume_ids:
                self._volume(volume_id)
            existing = self._machines.get(machine.server_id)
            started = existing or SimulatedMachine(volume_ids=[])
            started.volume_ids = list(machine.volume_ids)
            started.iso = str(machine.iso) if machine.iso else None
            started.powered_on, started.boots_iso, started.reboots = True, machine.boot_from_iso, 0
            self._start_guest(started, self._clock.now())
            self._machines[machine.server_id] = started
            self._keep("machine", machine.server_id, started)

    def power_off(self, server_id: str, hard: bool) -> None:
        with self._lock:
            machine = self._settled(server_id)
            if machine is None or not machine.powered_on or (not hard and not self.guest().reacts_to_power_button):
                return
            self._switch_off(server_id, machine)

    def is_powered_on(self, server_id: str) -> bool:
        with self._lock:
            machine = self._settled(server_id)
            return machine is not None and machine.powered_on

    def reboot(self, server_id: str, hard: bool) -> None:
        with self._lock:
            machine = self._settled(server_id)
            if machine is None or not machine.powered_on:
                raise DriverError(f"the machine of server {server_id} is not running")
            self._interrupt(machine)
            machine.log.append("restarted")
            self._start_guest(machine, self._clock.now())
            self._keep("machine", server_id, machine)

    def destroy(self, server_id: str) -> None:
        with self._lock:
            self._machines.pop(server_id, None)
            self._file("machine", server_id).unlink(missing_ok=True)

    def capture(self, volume_id: str, image_id: str) -> ImageFile:
        with self._lock:
            volume = self._volume(volume_id).model_copy()
        path = self._images / f"{image_id}.qcow2"
        body = {"simulated_disk": volume_id, "content": volume.content, "written_bytes": volume.written_bytes}
        path.write_text(json.dumps({**body, "size_gib": volume.size_gib}) + "\n")
        described = self._image_file(path, "qcow2", volume.size_gib)
        return replace(described, size_bytes=max(volume.written_bytes, BLANK_BYTES))

    def import_file(self, source: Path, image_id: str, disk_format: str) -> ImageFile:
        path = self._images / f"{image_id}.{'iso' if disk_format == 'iso' else 'qcow2'}"
        shutil.copyfile(source, path)
        size_gib = self._describe(path).get("size_gib", -(-path.stat().st_size // (1 << 30)))
        return self._image_file(path, path.suffix[1:], size_gib)

    def delete_image(self, image_id: str) -> None:
        for path in self._images.glob(f"{image_id}.*"):
            path.unlink(missing_ok=True)

    def written_bytes(self, volume_id: str) -> int:
        with self._lock:
            for server_id in list(self._machines):
                if volume_id in self._machines[server_id].volume_ids:
                    self._settled(server_id)
            return self._volume(volume_id).written_bytes

    def console_log(self, server_id: str, lines: int | None = None) -> str:
        with self._lock:
            machine = self._settled(server_id)
            text = machine.log if machine else []
        shown = text if lines is None else text[-lines:] if lines else []
        return "".join(f"{line}\n" for line in shown)

    def shortage(self, server_id: str) -> str:
        return ""

    def screenshot(self, server_id: str) -> bytes | None:
        return None

    def screen(self, server_id: str) -> Path | None:
        return None

    def resume_held(self) -> None:
        """Do nothing, because no machine is ever held."""

    def shutdown(self) -> None:
        """Do nothing, because nothing runs outside this process."""

    def recover(self, machines: Sequence[Machine]) -> None:
        for machine in machines:
            if machine.server_id not in self._machines:
                self.power_on(machine)

    def _start_guest(self, machine: SimulatedMachine, moment: datetime) -> None:
        guest = self.guest()
        machine.installs = machine.boots_iso
        install_s = max(guest.install_s, BOOT_S) if guest.reboots else guest.install_s
        machine.installed_at = moment + timedelta(seconds=install_s) if machine.installs else None
        machine.off_at = machine.installed_at if guest.powers_off and not self._reboots(machine) else None
        machine.log += self._boot_text(machine)

    def _settled(self, server_id: str) -> SimulatedMachine | None:
        """Return a machine after all that has happened to it up to now."""
        machine = self._machines.get(server_id)
        if machine is None or not machine.powered_on:
            return machine
        now = self._clock.now()
        # A record without a time is an older lab's, whose installer was done when its machine powered off.
        while machine.installs and (done_at := machine.installed_at or machine.off_at or now) <= now:
            self._install(machine)
            if self._reboots(machine):
                self._reboot(machine, done_at)
            self._keep("machine", server_id, machine)
        if machine.off_at and machine.off_at <= now:
            self._switch_off(server_id, machine)
        return machine

    def _install(self, machine: SimulatedMachine) -> None:
        machine.installs = False
        machine.log += [*self.guest().installer_says, "installation finished"]
        place = {"data_disk": 1, "system_disk": 0, "nothing": None}[self.guest().installs_on]
        if place is None:
            return
        target = machine.volume_ids[min(place, len(machine.volume_ids) - 1)]
        volume = self._volume(target)
        volume.written_bytes = min(INSTALLED_BYTES, volume.size_gib << 30)
        volume.content = f"installed from {Path(machine.iso or '').name}"
        self._keep("volume", target, volume)

    def _reboots(self, machine: SimulatedMachine) -> bool:
        """Return True if the installer reboots the machine when it is done, instead of powering it off."""
        return machine.boots_iso and (self.guest().reboots < 0 or machine.reboots < self.guest().reboots)

    def _reboot(self, machine: SimulatedMachine, moment: datetime) -> None:
        machine.reboots += 1
        machine.log = [*machine.log[-LOG_LINES:], "restarted"]
        self._start_guest(machine, moment)

    def _interrupt(self, machine: SimulatedMachine) -> None:
        """End an installer that is still at work; its disk stays as it was."""
        if machine.installs:
            machine.installs = False
            machine.log.append("installation interrupted")

    def _switch_off(self, server_id: str, machine: SimulatedMachine) -> None:
        self._interrupt(machine)
        machine.powered_on, machine.off_at = False, None
        machine.log.append("powered off")
        self._keep("machine", server_id, machine)

    def _boot_text(self, machine: SimulatedMachine) -> list[str]:
        if machine.installs:
            return [f"booting from {Path(machine.iso).name if machine.iso else 'an empty drive'}, installing"]
        content = [self._volumes[v].content for v in machine.volume_ids if v in self._volumes]
        system = next((c for c in content if c), "")
        return [f"booting: {system}", *self.guest().says] if system else ["booting: no bootable disk"]

    def _volume(self, volume_id: str) -> SimulatedVolume:
        try:
            return self._volumes[volume_id]
        except KeyError:
            raise DriverError(f"volume {volume_id} does not exist") from None

    def _image_path(self, image_id: str) -> Path | None:
        return next(iter(self._images.glob(f"{image_id}.*")), None)

    def _describe(self, path: Path) -> dict[str, Any]:
        if path.stat().st_size > 4096 or path.suffix == ".iso":
            return {}
        try:
            described = json.loads(path.read_text())
        except ValueError:
            return {}
        return described if isinstance(described, dict) else {}

    def _image_file(self, path: Path, disk_format: str, size_gib: int) -> ImageFile:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return ImageFile(path, path.stat().st_size, digest, disk_format, size_gib)

    def _kept(self, kind: str) -> list[Path]:
        folder = self._state / kind
        folder.mkdir(exist_ok=True)
        return list(folder.glob("*.json"))

    def _file(self, kind: str, name: str) -> Path:
        return self._state / kind / f"{name}.json"

    def _keep(self, kind: str, name: str, value: BaseModel) -> None:
        path = self._file(kind, name)
        fresh = path.with_suffix(".new")
        fresh.write_text(value.model_dump_json())
        fresh.replace(path)
