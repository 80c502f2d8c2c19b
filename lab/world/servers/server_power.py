"""Start, stop and reboot of servers, and detection of guests that power themselves off."""

import asyncio
import itertools
import logging
from datetime import timedelta
from typing import Literal

from lab.drivers.interface import DriverError
from lab.files.disk_space import is_low
from lab.world.procedures import Job, Procedure, Step
from lab.world.records import Server
from lab.world.refusal import JobFailed, Refused
from lab.world.servers.server_building import machine_of
from lab.world.servers.server_deletion import delete_expired
from lab.world.servers.server_status import find_server, forget_after
from lab.world.state import World
from lab.world.volumes.volume_operations import disks_of

log = logging.getLogger(__name__)

Action = Literal["start", "stop", "reboot"]
JOB_TYPES: dict[Action, str] = {
    # Not documented: the job types of these three.
    "start": "startServer",
    "stop": "stopServer",
    "reboot": "rebootServer",
}
SOFT_STOP_TIMEOUT_S = 60.0
"""Lab seconds before a guest that ignores the power button is switched off (os_shutdown_timeout's default)."""
MONITOR_INTERVAL_S = 0.25
"""Real seconds between two checks of all machines."""
CHECKS_PER_SWEEP = 8


def act(world: World, project_id: str, action: Action, server_ids: list[str], hard: bool) -> Job:
    """Accept a power action on servers."""
    if not server_ids:
        raise Refused("Ecs.0005", "No server is named.")
    servers = [_target(world, project_id, server_id) for server_id in dict.fromkeys(server_ids)]
    in_place = [s for s in servers if _is_there(s, action)]
    if in_place and world.variants.power_action_in_place == "refused":
        raise Refused("Ecs.0100", "The server's state does not allow this.")
    task = {"start": "powering-on", "stop": "powering-off", "reboot": "rebooting_hard" if hard else "rebooting"}
    for server in servers:
        if server not in in_place:
            server.task_state = task[action]
            world.servers.save(server)
    params = {"server_ids": [s.id for s in servers], "hard": hard, "in_place": [s.id for s in in_place]}
    entities = {"server_id": servers[0].id} if len(servers) == 1 else {}
    kind = f"{action}_server"
    return world.jobs.start("ecs", project_id, kind, JOB_TYPES[action], params=params, entities=entities)


def _target(world: World, project_id: str, server_id: str) -> Server:
    server = find_server(world, project_id, server_id)
    if server is None or server.vm_state == "deleted":
        raise Refused("Ecs.0114", "The server does not exist.")
    if server.vm_state not in ("active", "stopped") or server.task_state is not None:
        raise Refused("Ecs.0100", "The server's state does not allow this.")
    if any(v.capturing for v in disks_of(world, server.id)):
        raise Refused("Ecs.0100", "An image is being made from the server's disk.")
    return server


def _is_there(server: Server, action: Action) -> bool:
    off = server.vm_state == "stopped" or server.guest_is_off
    return (action == "start" and not off) or (action == "stop" and server.vm_state == "stopped")


class ServerPower:
    """Procedures of the three actions."""

    def __init__(self, world: World) -> None:
        self.world = world
        for action, work in (("start", self._start), ("stop", self._stop), ("reboot", self._reboot)):
            kind = f"{action}_server"
            world.jobs.register(Procedure(kind, kind, (Step(action, work, 1.0),), self._undo))

    def _servers(self, job: Job) -> list[Server]:
        if job.params["in_place"] and self.world.variants.power_action_in_place == "job_fails":
            raise JobFailed("Ecs.0100", "The server's state does not allow this.")
        server_ids = [i for i in job.params["server_ids"] if i not in job.params["in_place"]]
        return [s for s in (self.world.servers.get(server_id) for server_id in server_ids) if s is not None]

    async def _start(self, job: Job) -> None:
        for server in self._servers(job):
            try:
                await self.world.drive(self.world.driver.power_on, machine_of(self.world, server))
            except DriverError as error:
                raise JobFailed("Ecs.0226", str(error)) from error
            self._settle(server, "active")

    async def _stop(self, job: Job) -> None:
        await asyncio.gather(*(self._stop_one(s, job.params["hard"]) for s in self._servers(job)))

    async def _stop_one(self, server: Server, hard: bool) -> None:
        driver = self.world.driver
        await self.world.drive(driver.power_off, server.id, hard)
        deadline = self.world.clock.monotonic() + SOFT_STOP_TIMEOUT_S
        while not hard and await self.world.drive(driver.is_powered_on, server.id):
            if self.world.clock.monotonic() > deadline:
                await self.world.drive(driver.power_off, server.id, True)
                break
            await asyncio.sleep(MONITOR_INTERVAL_S)
        self._settle(server, "stopped")

    async def _reboot(self, job: Job) -> None:
        for server in self._servers(job):
            driver, hard = self.world.driver, job.params["hard"]
            try:
                if server.vm_state == "stopped" or server.guest_is_off:
                    await self.world.drive(driver.power_on, machine_of(self.world, server))
                else:
                    await self.world.drive(driver.reboot, server.id, hard)
            except DriverError as error:
                raise JobFailed("Ecs.0227", str(error)) from error
            self._settle(server, "active")

    def _settle(self, server: Server, state: Literal["active", "stopped"]) -> None:
        server.vm_state, server.task_state = state, None
        server.guest_is_off, server.guest_off_at = state == "stopped", None
        server.updated_at = self.world.now()
        self.world.servers.save(server)

    async def _undo(self, job: Job) -> None:
        for server_id in job.params["server_ids"]:
            server = self.world.servers.get(server_id)
            if server is not None and server.task_state != "deleting":
                server.task_state = None
                self.world.servers.save(server)


class ServerMonitor:
    """Repeated check of all machines, because a guest may power itself off; also deletes what no longer shows."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._checks = itertools.count()
        self._was_full = False

    async def check(self) -> None:
        """Check all machines once, and record changes."""
        await self._resume_after_full_disk()
        try:
            await self._check_power()
            delete_expired(self.world)
            if next(self._checks) % CHECKS_PER_SWEEP == 0:
                self._sweep()
        finally:
            self.world.store.flush()

    async def _resume_after_full_disk(self) -> None:
        """Resume guests that were held because the disk was full."""
        is_full = is_low(self.world.root)
        if self._was_full and not is_full:
            await self.world.drive(self.world.driver.resume_held)
        self._was_full = is_full

    async def _check_power(self) -> None:
        running = [s for s in self.world.servers if s.vm_state == "active" and s.task_state is None]
        off, failures = await self.world.drive(self._powered_off, [s.id for s in running if not s.guest_is_off])
        now = self.world.now()
        for server in running:
            if server.id in off and server.guest_off_at is None:
                server.guest_off_at = now
                self.world.servers.save(server)
            if server.guest_off_at is not None and now >= server.guest_off_at + self._notice():
                self._note_power_off(server)
        if failures:
            raise failures[0]

    def _powered_off(self, server_ids: list[str]) -> tuple[set[str], list[Exception]]:
        """Return the machines that are off; one that cannot be checked does not hide the others."""
        off: set[str] = set()
        failures: list[Exception] = []
        for server_id in server_ids:
            try:
                if not self.world.driver.is_powered_on(server_id):
                    off.add(server_id)
            except Exception as error:
                failures.append(error)
        return off, failures

    def _notice(self) -> timedelta:
        late = 60.0 if self.world.variants.guest_power_off == "shutoff_late" else 0.0
        return timedelta(seconds=self.world.settings.power_off_notice_s + late)

    def _note_power_off(self, server: Server) -> None:
        if server.vm_state != "active" or server.task_state is not None or server.guest_is_off:
            return
        server.guest_is_off, server.updated_at = True, self.world.now()
        if self.world.variants.guest_power_off != "active":
            server.vm_state = "stopped"
        self.world.servers.save(server)

    def _sweep(self) -> None:
        for server in self.world.servers:
            if forget_after(self.world, server):
                self.world.servers.delete(server.id)
        oldest = self.world.now() - timedelta(seconds=self.world.settings.job_lifetime_s)
        for job in self.world.jobs.records:
            if job.end is not None and job.end < oldest:
                self.world.jobs.records.delete(job.id)
