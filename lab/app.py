"""The lab as one process: its state, its services and their ports."""

import asyncio
import contextlib
import json
import logging
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from lab import control_interface
from lab.access import AllowedHosts, ControlGuard
from lab.browser.page_routes import BrowserPage
from lab.browser.sessions import Sessions
from lab.clock import Clock
from lab.drivers.driver_choice import make_driver
from lab.files.private_files import control_token, make_private_folder
from lab.journal.request_journal import Journal
from lab.machines.screens import Screens
from lab.obs import ObjectStore, SecretKey
from lab.obs import create_app as create_obs
from lab.ports import HOST, Ports, listen, real_time
from lab.record_store import Store
from lab.services import ecs, evs, iam, ims, vpc
from lab.services.error_shapes import Shape, flat_error, iam_error, wrapped_error
from lab.services.gateway import Gateway, Recorder
from lab.services.object_store_gateway import StreamGateway
from lab.services.raw_connection import TrackedProtocol
from lab.settings import changed, defaults_for
from lab.start_options import DEFAULT_PORT, Options
from lab.supervision import BackgroundFailed
from lab.variants.faults import Faults
from lab.world.identity.accounts import DOMAIN, REGION
from lab.world.images.image_building import ImageBuilding
from lab.world.images.image_changes import ImageDeletion
from lab.world.images.image_copies import ImageCopying
from lab.world.images.image_sharing import ImageSharing
from lab.world.images.image_upload import drop_stale_uploads
from lab.world.images.public_images import add_public_images
from lab.world.keys.key_pairs import add_fixed_key_pair
from lab.world.servers.server_building import ServerBuilding, machine_of
from lab.world.servers.server_deletion import ServerDeletion
from lab.world.servers.server_power import MONITOR_INTERVAL_S, ServerMonitor, ServerPower
from lab.world.state import World
from lab.world.volumes.attachments import Attachments
from lab.world.volumes.volume_changes import VolumeExtension
from lab.world.volumes.volume_operations import VolumeWork

log = logging.getLogger(__name__)

BUCKET = "lab-images"
KEEP_INTERVAL_S = 1.0
PAGE_INTERVAL_S = 0.5
PROCEDURES = (
    ImageBuilding,
    ImageDeletion,
    ImageSharing,
    ImageCopying,
    ServerBuilding,
    ServerDeletion,
    ServerPower,
    VolumeWork,
    VolumeExtension,
    Attachments,
)
_SHAPES: dict[str, Shape] = {"iam": iam_error, "vpc": flat_error}


@dataclass
class Running:
    """Description of a running lab, which it writes to DIR/lab.json."""

    pid: int
    driver: str
    time_scale: float
    requested_port: int
    ports: dict[str, int]
    region: str
    hosts: list[str]
    obs_hosts: list[str] = field(default_factory=list)

    @property
    def endpoints(self) -> dict[str, str]:
        return {name: f"http://{HOST}:{port}" for name, port in self.ports.items()}


class Server(uvicorn.Server):
    """uvicorn without signal handling of its own, because the lab stops it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Lab:
    """All parts of a lab, connected with each other."""

    def __init__(self, options: Options) -> None:
        root = options.state
        make_private_folder(root)
        self.options, self.root, self._last = options, root, _last_start(root)
        self.store = Store(root / "lab.sqlite")
        now = datetime.now(UTC)
        self.clock = Clock(options.time_scale, max(now, self.store.last_time() or now))
        self.store.time = self.clock.now
        self.driver = make_driver(options.driver, root / "compute", self.clock, lambda: self.world.settings)
        self.objects = ObjectStore(root / "objects")
        self.objects.create_bucket(BUCKET, DOMAIN.id)
        settings = defaults_for(options.driver)
        self.world = World(root, self.store, self.clock, settings, self.driver, self.objects)
        if options.changes:
            self.world.change_settings(changed(self.world.settings, options.nested_changes()))
        for part in PROCEDURES:
            part(self.world)
        add_public_images(self.world)
        add_fixed_key_pair(self.world)
        drop_stale_uploads(self.world)
        self.hosts = options.hosts or tuple(self._last.get("hosts", ()))
        self.obs_hosts = options.obs_hosts or tuple(self._last.get("obs_hosts", ()))
        self.journal, self.faults, self.ports = (
            Journal(self.store.connection),
            Faults(),
            Ports(AllowedHosts(self.hosts, self.obs_hosts)),
        )
        self._sessions = Sessions(control_token(root))
        self.page = BrowserPage(
            self.world, self.journal, self.faults, self.objects, DOMAIN.id, self._sessions, control_interface.NOVNC
        )
        self.must_reset = asyncio.Event()
        """Request to end this lab, after which its starter deletes everything in its folder and starts another."""
        self.screens = Screens(self.ports.allowed, self.world.console_links.is_valid, self._screen)

    async def _screen(self, server_id: str) -> Path | None:
        return await self.world.drive(self.driver.screen, server_id)

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set, or until a user resets the lab."""
        sockets = listen(self.options, self._last)
        ports = {name: s.getsockname()[1] for name, s in sockets.items()}
        requested = DEFAULT_PORT if self.options.port is None else self.options.port
        scale, hosts, of_store = self.options.time_scale, list(self.hosts), list(self.obs_hosts)
        running = Running(os.getpid(), self.options.driver, scale, requested, ports, REGION, hosts, of_store)
        self._mount(running)
        await self._recover()
        config = uvicorn.Config(
            self.ports, http=TrackedProtocol, ws=cast(Any, self.screens.protocol), lifespan="off",
            log_config=None, log_level="warning", access_log=False,
            timeout_graceful_shutdown=2, server_header=False, date_header=False,
            h11_max_incomplete_event_size=64 * 1024,
        )  # fmt: skip
        server = Server(config)
        serving = asyncio.create_task(server.serve(sockets=list(sockets.values())))
        supervisor = self.world.supervisor
        supervisor.repeat("the server monitor", MONITOR_INTERVAL_S, ServerMonitor(self.world).check)
        supervisor.repeat("the lab's clock", KEEP_INTERVAL_S, self._keep_time)
        supervisor.repeat("the lab's page", PAGE_INTERVAL_S, self.page.hub.tick)
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        _write_running(self.root, running)
        try:
            await self._until_end(stop, serving)
        finally:
            self.page.hub.close()
            server.should_exit = True
            await asyncio.gather(serving, return_exceptions=True)
            await self._close()

    async def _until_end(self, stop: asyncio.Event, serving: "asyncio.Task[None]") -> None:
        """
        Wait for ``stop``.

        Raises:
            BackgroundFailed: Background work has ended although it must not, or the ports are closed.
        """
        stopped = asyncio.create_task(stop.wait())
        reset = asyncio.create_task(self.must_reset.wait())
        failed = asyncio.create_task(self.world.supervisor.failed())
        try:
            await asyncio.wait([stopped, reset, failed, serving], return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                raise failed.result()
            if serving.done() and not stop.is_set():
                raise BackgroundFailed("the lab's HTTP server has ended") from serving.exception()
        finally:
            for waiting in (stopped, reset, failed):
                waiting.cancel()

    def _mount(self, running: Running) -> None:
        recorder = Recorder(self.world, self.journal)
        apps: dict[str, FastAPI] = {}
        for name, module in (("iam", iam), ("ims", ims), ("ecs", ecs), ("evs", evs), ("vpc", vpc)):
            app: FastAPI = module.create_app(self.world)
            app.state.endpoints = running.endpoints
            apps[name] = app
            sign_in = iam.needs_sign_in if name == "iam" else None
            shape = _SHAPES.get(name, wrapped_error)
            gateway = Gateway(name, app, self.world, recorder, self.faults, shape=shape)
            if sign_in is not None:
                gateway = Gateway(name, app, self.world, recorder, self.faults, sign_in, shape)
            self.ports.apps[running.ports[name]] = gateway
            if name != "iam":  # IAM's tokens expire by the real time
                self.ports.clocks[running.ports[name]] = self.clock.now
        # Clients sign with the real time, so the store's clock is the real one.
        folder = self.root / "objects"
        obs = create_obs(folder, self._secret_key, real_time, region=REGION, hosts=(*self.hosts, *self.obs_hosts))
        self.ports.apps[running.ports["obs"]] = StreamGateway("obs", obs, self.world, self.journal, self.faults)
        self.ports.bucket_port = running.ports["obs"]
        self.world.control_url = running.endpoints["control"]
        self.screens.port = running.ports["control"]
        process = control_interface.Process(partial(self._change_time_scale, running), self.must_reset.set)
        app = control_interface.create_app(self.world, self.journal, self.faults, apps, process)
        self.page.add_routes(app)
        guard = ControlGuard(app, control_token(self.root), self.world.console_links.is_valid, self._sessions.admits)
        self.ports.apps[running.ports["control"]] = guard

    def _change_time_scale(self, running: Running, scale: float) -> None:
        self.clock.change_scale(scale)
        running.time_scale = scale
        _write_running(self.root, running)

    def _secret_key(self, access_key: str) -> SecretKey | None:
        key = self.world.iam.valid_key(access_key)
        return SecretKey(key.secret, key.security_token, key.domain_id) if key else None

    async def _recover(self) -> None:
        on = [s for s in self.world.servers if s.vm_state == "active" and not s.guest_is_off]
        machines = [machine_of(self.world, server) for server in on]
        await self.world.drive(self.driver.recover, machines)
        self.world.jobs.resume()

    async def _keep_time(self) -> None:
        """Save the lab's time, so that it continues from here after a restart."""
        self.store.keep_fact("time", self.clock.now().isoformat())
        self.store.flush()
        self.journal.flush()

    async def _close(self) -> None:
        await self.world.supervisor.stop()
        await self.world.drive(self.driver.shutdown)
        self.world.close()
        self.store.keep_fact("time", self.clock.now().isoformat())
        with contextlib.suppress(sqlite3.Error):  # the store reports the same failure
            self.journal.flush()
        self.store.close()
        self.objects.close()


def _last_start(root: Path) -> dict[str, Any]:
    """Return the description that the last lab in this folder wrote, empty if there was none."""
    path = root / "lab.json"
    if not path.exists():
        return {}
    kept: dict[str, Any] = json.loads(path.read_text())
    return kept


def _write_running(root: Path, running: Running) -> None:
    fresh = root / "lab.json.new"
    fresh.write_text(json.dumps({**asdict(running), "endpoints": running.endpoints}, indent=1))
    fresh.replace(root / "lab.json")
