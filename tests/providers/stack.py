"""A stack without the CLI: the engine's protocol in miniature, with a state that survives a crash of the process.

What the engine does is done here too: a replacement is created before the old resource is deleted, what was created is
in the state at once, and a crash forgets what was under way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from components.settings import BuildSettings
from providers.build_identity import BuildIdentityProvider
from providers.captured_image import CapturedImageProvider
from providers.image_history import ImageHistoryProvider
from providers.iso_image import IsoImageProvider
from providers.os_installation import OsInstallationProvider
from providers.temp_server import TempServerProvider
from providers.temp_server_teardown import TempServerTeardownProvider
from tests.e2e.project import build_settings
from tests.procedure.engine import Bag, Resource, as_engine, check

DELETED_IN_ORDER = ["teardown", "image", "installation", "server", "identity", "iso", "import", "history"]
Step = tuple[str, Any, Bag]


@dataclass
class Stack:
    """One build.

    Args:
        env: what `lab env` prints.
        settings: of the build, as the stack's configuration has them.
        lease_minutes: of the temporary server.

    Attributes:
        state: the resources by name, in the order of their creation.
        condemned: resources that have a successor and are still to be deleted.
        done: what was done to which resource, in order.
    """

    env: dict[str, str]
    settings: Bag = field(default_factory=dict)
    lease_minutes: float | None = None
    state: dict[str, Resource] = field(default_factory=dict)
    condemned: list[Resource] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def up(self) -> "Stack":
        """Bring everything to the settings, then delete what was replaced or is not wanted any more."""
        names = []
        for name, provider, inputs in self._program():
            names.append(name)
            self._bring(name, provider, inputs)
        for name in [name for name in self.state if name not in names]:
            self.condemned.append(self.state.pop(name))
        self._delete_condemned()
        return self

    def refresh(self) -> "Stack":
        """Read everything; what is gone leaves the state."""
        for name, resource in list(self.state.items()):
            if resource.refresh() == "is gone":
                del self.state[name]
        return self

    def destroy(self) -> None:
        """Delete everything, each before what it depends on."""
        self._delete_condemned()
        for name in sorted(self.state, key=DELETED_IN_ORDER.index):
            self.state[name].delete()
            del self.state[name]

    def repaired(self) -> list[str]:
        """What a refresh and an `up` do."""
        self.done.clear()
        self.refresh().up()
        return self.done

    def __getitem__(self, name: str) -> Resource:
        return self.state[name]

    def _bring(self, name: str, provider: Any, inputs: Bag) -> None:
        old = self.state.get(name)
        if old is None:
            self.state[name] = Resource.create(provider, inputs)
            self.done.append(f"create {name}")
            return
        checked = check(provider, old.inputs, inputs)
        found = provider.diff(old.id, as_engine(old.outputs), as_engine(checked))
        if found.replaces:
            new = Resource.create(provider, inputs)
            self.condemned.append(old)
            self.state[name] = new
            self.done.append(f"replace {name}")
            return
        old.inputs = checked
        if found.changes:
            old.update()
            self.done.append(f"update {name}")

    def _delete_condemned(self) -> None:
        for resource in sorted(self.condemned, key=lambda r: DELETED_IN_ORDER.index(_NAMES[type(r.provider).__name__])):
            resource.delete()
            self.condemned.remove(resource)
            self.done.append(f"delete {_NAMES[type(resource.provider).__name__]}")

    def _program(self) -> Iterator[Step]:
        """The resources in the order of their dependencies; each takes what the ones before have made."""
        build = BuildSettings.model_validate(build_settings(self.env, **self.settings))
        region, made = {"region": self.env["HW_REGION_NAME"]}, self.state
        source = {"image_url": build.image_url, "os_version": build.os_version, "min_disk": build.min_disk}
        yield "import", BuildIdentityProvider(), {**region, "triggers": source}
        import_id = made["import"].id
        yield "iso", IsoImageProvider(), {**region, **source, "build_id": import_id, "name": f"iso-{import_id}"}
        history: Bag = {}
        if build.keep_images or build.use_build:
            yield "history", ImageHistoryProvider(), {**region, "keep_images": build.keep_images}
            history = {"history_id": made["history"].id}
        identity = {"triggers": build.triggers, "rebuild": build.rebuild, "use_build": build.use_build}
        yield "identity", BuildIdentityProvider(), {**region, **identity, **history}
        common = {**region, "build_id": made["identity"].id}
        keys = ("name", "flavor", "availability_zone", "vpc_id", "subnet_id", "root_volume", "data_volumes", "tags")
        server = {**common, **build.model_dump(include=set(keys)), "iso_image_id": made["iso"]["image_id"]}
        yield "server", TempServerProvider(), {**server, "lease_minutes": self.lease_minutes}
        server_id = made["server"].id
        installation = {**build.installation.model_dump(), "lease_minutes": self.lease_minutes}
        yield "installation", OsInstallationProvider(), {**common, **installation, "server_id": server_id}
        image = {"os_version", "min_ram", "description", "tags", "min_image_size", "keep_images"}
        captured = {**common, **build.model_dump(include=image), **history, "name": build.image_name}
        yield "image", CapturedImageProvider(), {**captured, "volume_id": made["server"]["data_volume_id"]}
        volumes = [made["server"].outputs.get(key) for key in ("system_volume_id", "data_volume_id")]
        teardown = {"server_id": server_id, "volume_ids": [v for v in volumes if v], "image_id": made["image"].id}
        yield "teardown", TempServerTeardownProvider(), {**region, **teardown}


_NAMES = {
    "TempServerTeardownProvider": "teardown",
    "CapturedImageProvider": "image",
    "OsInstallationProvider": "installation",
    "TempServerProvider": "server",
    "BuildIdentityProvider": "identity",
    "IsoImageProvider": "iso",
    "ImageHistoryProvider": "history",
}
