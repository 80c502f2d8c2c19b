"""
A stack without the CLI: the engine's protocol in miniature, with a state that survives a crash of the process.

It acts as the engine does: a replacement is created before the old resource is deleted, a created resource is in the
state at once, and a crash loses the operation in progress.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from config.builds.build_settings import BuildSettings
from config.builds.publication import Publication, publisher_of
from config.iso_file.iso_upload import resolved
from providers.build_identity import BuildIdentityProvider
from providers.captured_image import CapturedImageInputs, CapturedImageProvider
from providers.image_copy import ImageCopyInputs, ImageCopyProvider
from providers.image_export import ImageExportProvider
from providers.image_history import ImageHistoryProvider
from providers.image_publication import ImagePublicationProvider
from providers.image_verification import ImageVerificationInputs, ImageVerificationProvider
from providers.iso_image import IsoImageProvider
from providers.iso_object import IsoObjectProvider
from providers.os_installation import OsInstallationProvider
from providers.temp_server import TempServerProvider
from providers.temp_server_teardown import TempServerTeardownProvider, VerificationTeardownProvider
from tests.e2e.project import build_settings
from tests.procedure.engine import Props, Resource, as_engine, check

DELETED_IN_ORDER = [
    "publication",
    "copy",
    "export",
    "end of test",
    "test",
    "teardown",
    "image",
    "installation",
    "server",
    "identity",
]
DELETED_IN_ORDER += ["iso", "import", "history", "upload"]
Step = tuple[str, Any, Props]
T = TypeVar("T")


@dataclass(frozen=True)
class Operation:
    """Request of the engine with the URN of the resource; providers find it on the stack of their thread."""

    urn: str


def working_on(request: Operation, work: Callable[[], T]) -> T:
    """Run an operation that the engine requests for a resource."""
    return work()


@dataclass
class Stack:
    """
    One build.

    Args:
        env: Environment from `lab env`.
        settings: Settings of the build, as in the stack's configuration.
        lease_minutes: Lease of the temporary server.
        copies: Settings of the copies, as in the stack's configuration.
        export: Inputs of the export.
        prefix: Beginning of the URNs, if there are several stacks.
        more: Changes of further builds, by name; their resources are called "<build>/<step>".
        serve: Function that returns a provider as it is served.

    Attributes:
        state: Resources by name, in the order of their creation.
        condemned: Resources that have a successor and are still to be deleted.
        done: Completed operations with their resources, in order.
        identities: Ids of all builds and imports so far, in order.
    """

    env: dict[str, str]
    settings: Props = field(default_factory=dict)
    lease_minutes: float | None = None
    copies: list[Props] = field(default_factory=list)
    export: Props = field(default_factory=dict)
    prefix: str = ""
    more: dict[str, Props] = field(default_factory=dict)
    serve: Callable[[Any], Any] = lambda provider: provider
    state: dict[str, Resource] = field(default_factory=dict)
    condemned: list[Resource] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)

    def up(self) -> "Stack":
        """Create, update or replace everything by the settings, then delete replaced and removed resources."""
        names = []
        for name, provider, inputs in self._program():
            names.append(name)
            working_on(Operation(self.prefix + name), partial(self._bring, name, self.serve(provider), inputs))
            if type(provider) is BuildIdentityProvider and self.state[name].id not in self.identities:
                self.identities.append(self.state[name].id)
            if type(provider) in (CapturedImageProvider, ImageCopyProvider, ImageExportProvider):
                self.state[name].retained = bool(self.state[name].inputs.get("retain_image"))
        for name in [name for name in self.state if name not in names]:
            self._condemn(name, self.state.pop(name))
        self._delete_condemned()
        return self

    def refresh(self) -> "Stack":
        """Read everything, and remove missing resources from the state."""
        for name, resource in list(self.state.items()):
            if working_on(Operation(self.prefix + name), resource.refresh) == "is gone":
                del self.state[name]
        return self

    def destroy(self) -> None:
        """Delete everything, each resource before those that it depends on."""
        self._delete_condemned()
        for name in sorted(self.state, key=_order):
            if not self.state[name].retained:
                working_on(Operation(self.prefix + name), self.state[name].delete)
            del self.state[name]

    def repaired(self) -> list[str]:
        """Refresh the stack, run `up`, and return what was done."""
        self.done.clear()
        self.refresh().up()
        return self.done

    def __getitem__(self, name: str) -> Resource:
        return self.state[name]

    def _bring(self, name: str, provider: Any, inputs: Props) -> None:
        old = self.state.get(name)
        if old is None:
            self.state[name] = Resource.create(provider, inputs)
            self.done.append(f"create {name}")
            return
        checked = check(provider, old.inputs, inputs)
        found = provider.diff(old.id, as_engine(old.outputs), as_engine(checked))
        if found.replaces:
            new = Resource.create(provider, inputs)
            self._condemn(name, old)
            self.state[name] = new
            self.done.append(f"replace {name}")
            return
        recorded, old.inputs = old.inputs, checked
        if found.changes:
            try:
                old.update()
            except BaseException:  # a failed update leaves the state as it was
                old.inputs = recorded
                raise
            self.done.append(f"update {name}")

    def _delete_condemned(self) -> None:
        for resource in sorted(self.condemned, key=lambda resource: _order(_name(resource))):
            if not resource.retained:
                working_on(Operation(self.prefix + _name(resource)), resource.delete)
            self.condemned.remove(resource)
            self.done.append(f"delete {_name(resource)}")

    def _condemn(self, name: str, resource: Resource) -> None:
        resource.name = name
        self.condemned.append(resource)

    def _program(self) -> Iterator[Step]:
        """Yield the resources in the order of their dependencies, with inputs from the outputs of the earlier ones."""
        build = self._settings(self.settings)
        region, made = {"region": self.env["HW_REGION_NAME"]}, self.state
        if build.iso:
            upload: Props = {"source": build.iso, "image_url": build.image_url, "sha256": build.iso_sha256}
            answers = build.recorded_answers
            upload |= {"answers": answers.model_dump()} if answers else {}
            yield "upload", IsoObjectProvider(), {**region, **upload, "keep_iso_object": build.keep_iso_object}
        source = {"image_url": build.image_url, "os_version": build.os_version, "min_disk": build.min_disk}
        yield "import", BuildIdentityProvider(), {**region, "triggers": source}
        import_id = made["import"].id
        pin = {"iso_sha256": build.object_sha256} if build.object_sha256 else {}
        iso = {"build_id": import_id, "name": f"iso-{import_id}", "content": made["import"].outputs.get("content")}
        yield "iso", IsoImageProvider(), {**region, **source, **iso, **pin}
        yield from self._build("", build)
        for name, changes in self.more.items():
            yield from self._build(f"{name}/", self._settings({"name": name, "image_name": name, **changes}))

    def _settings(self, changes: Props) -> BuildSettings:
        values, problems = resolved(build_settings(self.env, **changes))
        assert not problems, problems
        return BuildSettings.model_validate(values)

    def _build(self, prefix: str, build: BuildSettings) -> Iterator[Step]:
        """Yield the resources of one build, which uses the shared import."""
        region, made = {"region": self.env["HW_REGION_NAME"]}, self.state
        history: Props = {}
        if build.keep_images or build.use_build:
            yield f"{prefix}history", ImageHistoryProvider(), {**region, "keep_images": build.keep_images}
            history = {"history_id": made[f"{prefix}history"].id}
        identity: Props = {"triggers": build.triggers, "rebuild": build.rebuild, "use_build": build.use_build}
        identity |= {"retain_images": build.retain_image, "keep_images": build.keep_images}
        identity |= {"iso_sha256": build.object_sha256} if build.object_sha256 else {}
        identity |= {"max_age_days": build.max_age_days, "made_of": build.made_of or None}
        copies, export = self._distribution(build)
        identity |= {"export_objects": [export["location"]]} if export else {}
        identity |= {"copy_regions": [copy["region"] for copy in copies]} if copies else {}
        yield f"{prefix}identity", BuildIdentityProvider(), {**region, **identity, **history}
        common = {**region, "build_id": made[f"{prefix}identity"].id}
        keys = ("name", "flavor", "availability_zone", "vpc_id", "subnet_id", "root_volume", "data_volumes", "tags")
        server = {**common, **build.model_dump(include=set(keys)), "iso_image_id": made["iso"]["image_id"]}
        yield f"{prefix}server", TempServerProvider(), {**server, "lease_minutes": self.lease_minutes}
        server_id = made[f"{prefix}server"].id
        installation = {**build.installation.model_dump(), "lease_minutes": self.lease_minutes}
        yield f"{prefix}installation", OsInstallationProvider(), {**common, **installation, "server_id": server_id}
        image = {*CapturedImageInputs.model_fields} & {*BuildSettings.model_fields} - {"name", "region"}
        settings = build.model_dump(include=image, exclude_none=True)
        captured = {**common, **settings, **history, "name": build.image_name}
        captured |= {"share_with": [], "tested": True} if build.verify else {}
        captured["build_facts"] = self._facts(build, made[f"{prefix}server"], made[f"{prefix}installation"])
        captured["volume_id"] = made[f"{prefix}server"]["data_volume_id"]
        yield f"{prefix}image", CapturedImageProvider(), captured
        volumes = [made[f"{prefix}server"].outputs.get(key) for key in ("system_volume_id", "data_volume_id")]
        teardown = {
            "server_id": server_id,
            "volume_ids": [v for v in volumes if v],
            "image_id": made[f"{prefix}image"].id,
        }
        yield f"{prefix}teardown", TempServerTeardownProvider(), {**region, **teardown}
        if build.verify:
            yield from self._test(prefix, build, common)
        for copy in copies:
            yield from self._copy(prefix, build, {**common, **history, "source_region": common["region"], **copy})
        if export:
            exported = {"image_id": made[f"{prefix}image"].id, **export, "retain_image": build.retain_image}
            yield f"{prefix}export", ImageExportProvider(), {**common, **exported}
        if build.publish:
            yield from self._publications(prefix, build.publish, ["", *(f"{copy['region']}/" for copy in copies)])

    def _distribution(self, build: BuildSettings) -> tuple[list[Props], Props]:
        """Return the copies and the export of a build, as the stack or the settings of the build say."""
        if build.publish is None:
            return self.copies, self.export
        copies, target = [copy.model_dump(exclude_none=True) for copy in build.publish.copies], build.publish.export
        export = {"location": target.location(build.image_name), "format": target.format} if target else {}
        return [*self.copies, *copies], self.export or export

    def _publications(self, prefix: str, publish: Publication, places: list[str]) -> Iterator[Step]:
        """Yield the publications of the image and of its copies, whose places are the beginnings of their names."""
        place = publish.model_dump(include={"family", "channel"})
        for beginning in places:
            image = self.state[f"{prefix}{beginning}{'copy' if beginning else 'image'}"]
            publisher = publisher_of("project", self.prefix, f"{prefix}{beginning}publication")
            inputs = {"region": image.inputs["region"], "image_id": image.id, "publisher": publisher, **place}
            yield f"{prefix}{beginning}publication", ImagePublicationProvider(), inputs

    def _copy(self, prefix: str, build: BuildSettings, inputs: Props) -> Iterator[Step]:
        """Yield a copy of the image."""
        settings = {*ImageCopyInputs.model_fields} & {*BuildSettings.model_fields} - {"region", "name"}
        passed_on = {"name": build.image_name, **build.model_dump(include=settings, exclude_none=True)}
        image_id = self.state[f"{prefix}image"].id
        yield f"{prefix}{inputs['region']}/copy", ImageCopyProvider(), {**passed_on, **inputs, "image_id": image_id}

    def _facts(self, build: BuildSettings, server: Resource, installation: Resource) -> Props:
        """Return the facts for the statement of provenance, as the component does."""
        iso = self.state["iso"].outputs
        found = {
            "iso": build.image_url,
            "started_on": server.outputs.get("created_at"),
            "iso_sha256": iso.get("sha256"),
            "bill_of_materials": installation.outputs.get("packages"),
        }
        known = {key: value for key, value in found.items() if value is not None}
        return {**known, "iso_image_id": iso["image_id"], "parameters": {"flavor": server["flavor"]}}

    def _test(self, prefix: str, build: BuildSettings, common: Props) -> Iterator[Step]:
        """Yield the test of the image and the end of its server."""
        assert build.verify is not None
        image_id = self.state[f"{prefix}image"].id
        shared = {*ImageVerificationInputs.model_fields} & {*BuildSettings.model_fields} - {"region"}
        inputs = {**common, **build.model_dump(include=shared, exclude_none=True), "image_id": image_id}
        inputs |= build.verify.model_dump(exclude_none=True)
        inputs |= {"build_provenance": self.state[f"{prefix}image"].outputs.get("provenance")}
        inputs |= {"root_volume": build.data_volumes[0].model_dump(), "lease_minutes": self.lease_minutes}
        yield f"{prefix}test", ImageVerificationProvider(), inputs
        test = self.state[f"{prefix}test"]
        ended = {"server_id": test.id, "volume_ids": [test["system_volume_id"]], "image_id": image_id}
        yield f"{prefix}end of test", VerificationTeardownProvider(), {"region": common["region"], **ended}


def _name(resource: Resource) -> str:
    return resource.name or _NAMES[type(resource.provider).__name__]


def _order(name: str) -> int:
    return DELETED_IN_ORDER.index(name.rpartition("/")[2])


_NAMES = {
    "TempServerTeardownProvider": "teardown",
    "CapturedImageProvider": "image",
    "OsInstallationProvider": "installation",
    "TempServerProvider": "server",
    "BuildIdentityProvider": "identity",
    "IsoImageProvider": "iso",
    "IsoObjectProvider": "upload",
    "ImageHistoryProvider": "history",
    "ImagePublicationProvider": "publication",
    "ImageVerificationProvider": "test",
    "VerificationTeardownProvider": "end of test",
    "ImageCopyProvider": "copy",
    "ImageExportProvider": "export",
}
