"""State of the embedded cloud, with everything that its rules need."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from lab.clock import Clock
from lab.drivers.interface import ComputeDriver
from lab.record_store import Store
from lab.settings import Settings
from lab.supervision import Supervisor
from lab.variants.variant_catalog import Variants
from lab.world.identity.iam import Iam
from lab.world.network.networks import Network
from lab.world.procedures import Jobs
from lab.world.records import Image, ImageMember, KeyPair, PublicAddress, Server, Volume
from lab.world.servers.console_links import ConsoleLinks

T = TypeVar("T")


class StoredObject(Protocol):
    """Description of an object in the object store."""

    @property
    def size(self) -> int: ...

    @property
    def etag(self) -> str: ...


class ObjectFiles(Protocol):
    """Interface of the object store for images."""

    def head(self, bucket: str, key: str) -> StoredObject | None: ...

    def path(self, bucket: str, key: str) -> Path | None: ...

    def put_file(self, bucket: str, key: str, source: Path, md5: str | None = None) -> StoredObject: ...


class World:
    """Everything that exists in the lab."""

    def __init__(
        self, root: Path, store: Store, clock: Clock, settings: Settings, driver: ComputeDriver, objects: ObjectFiles
    ) -> None:
        self.root, self.store, self.clock, self.driver, self.objects = root, store, clock, driver, objects
        self.settings = self.default_settings = settings
        kept = store.fact("settings")
        if kept is not None:
            self.settings = Settings.model_validate_json(kept)
        self.control_url = ""
        self.console_links = ConsoleLinks()
        self.iam = Iam(store, root, lambda: self.settings)
        self.supervisor = Supervisor()
        self.jobs = Jobs(store, clock, lambda: self.settings, self.supervisor)
        self.network = Network(store)
        self.images = store.collection("image", Image, "project_id")
        self.members = store.collection("image_member", ImageMember, "image_id", "member_id")
        self.servers = store.collection("server", Server, "project_id")
        self.public_addresses = store.collection("public_address", PublicAddress, "project_id", "port_id")
        self.key_pairs = store.collection("key_pair", KeyPair)
        self.volumes = store.collection("volume", Volume, "project_id", "server_id")
        self._threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="driver")

    @property
    def variants(self) -> Variants:
        return self.settings.variants

    def now(self) -> datetime:
        return self.clock.now()

    def visible_at(self) -> datetime:
        """Return the time at which something that is created now begins to show in lists."""
        lag = self.settings.list_lag_s
        if self.variants.lists_lag == "yes":
            lag = max(lag, 30.0)
        return self.now() + timedelta(seconds=lag)

    def tags_visible_at(self) -> datetime:
        """Return the time at which tags that are given at creation begin to show."""
        late = 120.0 if self.variants.tags_show == "late" else 0.0
        return max(self.visible_at(), self.now() + timedelta(seconds=late))

    async def drive(self, work: Callable[..., T], *args: object) -> T:
        """Run work of the compute driver in a thread of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def change_settings(self, settings: Settings) -> None:
        """Replace the settings; they apply from now on and survive a restart."""
        self.settings = settings
        self.store.keep_fact("settings", settings.model_dump_json())

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
