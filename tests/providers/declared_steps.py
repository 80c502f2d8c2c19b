"""Steps that a stack declares for its builds, with the inputs that the component gives them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

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
from tests.procedure.engine import Props, Resource

Step = tuple[str, Any, Props]
PROJECT, BUILD = "project", "build"
"""Name of the project, and that of the first build in URNs."""


@dataclass
class DeclaredSteps:
    """
    Steps of one build, and of further ones that share its import.

    Args:
        env: Environment from `lab env`.
        settings: Settings of the build, as in the stack's configuration.
        lease_minutes: Lease of the temporary server.
        copies: Settings of the copies, as in the stack's configuration.
        export: Inputs of the export.
        name: Name of the stack.
        more: Changes of further builds, by name; their resources are called "<build>/<step>".

    Attributes:
        state: Resources by name, in the order of their creation.
    """

    env: dict[str, str]
    settings: Props = field(default_factory=dict)
    lease_minutes: float | None = None
    copies: list[Props] = field(default_factory=list)
    export: Props = field(default_factory=dict)
    name: str = "stack"
    more: dict[str, Props] = field(default_factory=dict)
    state: dict[str, Resource] = field(default_factory=dict)

    def steps(self) -> Iterator[Step]:
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
            publisher = publisher_of(PROJECT, self.name, f"{prefix}{beginning}".removesuffix("/") or BUILD)
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
