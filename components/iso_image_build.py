"""IsoImageBuild: the procedure, as a graph of resources."""

from typing import Any

import pulumi

from components.iso_image_import import IsoImageImport, import_name
from components.optional_outputs import known_with
from components.scheduling import after_teardown
from config.builds import BuildSettings
from providers.build_identity import BuildIdentity
from providers.captured_image import CapturedImage, CapturedImageInputs
from providers.image_history import ImageHistory
from providers.lifecycle.lease import lease_minutes
from providers.os_installation import OsInstallation
from providers.temp_server import TempServer, TempServerInputs
from providers.temp_server_teardown import TempServerTeardown

OTHER_MEANING = {"name", "region", "user_data"}
"""Settings whose values are not passed on as they are."""


class IsoImageBuild(pulumi.ComponentResource):
    """
    Build of a private image from an ISO file.

    Each step takes the outputs of the one before it, so that the dependency graph is the procedure: the ISO image, a
    temporary server that boots it, the installation on the server's data disk, the image of that disk, and the end of
    the server.

    Args:
        name: Name of the component.
        region: Region of the build, by the name that the stack gives it.
        settings: Validated settings of the build.
        iso: ISO image that several builds share; the build imports its own otherwise.
        region_id: Id of the region, if `region` is another name of it.
        after: Build whose temporary server has to be deleted before this one begins.
        iso_sha256: Digest of the ISO file that another build of it pins.

    Attributes:
        teardown: End of the temporary server.
        image_id: Id of the finished image.
        summary: Outputs of the build, as docs/reference/outputs.md describes them.
    """

    teardown: TempServerTeardown
    image_id: pulumi.Output[str]
    summary: pulumi.Output[dict[str, Any]]

    def __init__(
        self,
        name: str,
        region: str,
        settings: BuildSettings,
        iso: IsoImageImport | None = None,
        opts: pulumi.ResourceOptions | None = None,
        *,
        region_id: str = "",
        after: "IsoImageBuild | None" = None,
        iso_sha256: str | None = None,
    ) -> None:
        super().__init__("huaweicloud:image:IsoImageBuild", name, {}, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._step, self._settings = name, settings
        self._lease = lease_minutes(region_id or region, settings.auto_terminate, settings.installation.timeout_minutes)
        # everything that costs a write of the state waits for its slot: the engine writes all of it at every step
        in_turn = after_teardown(after.teardown, region) if after else region

        # 1. the ISO image
        iso = iso or IsoImageImport(import_name(settings), region, settings, self._child)
        # 2. the identity of the build, in the state before anything that costs money exists
        history = self._history(in_turn)
        identity = self._identity(in_turn, history, iso_sha256)
        # the id of the resource: an output would not be known while an update of the identity is previewed
        common = {"region": region, "build_id": identity.id}
        # 3. the temporary server, which boots the ISO image
        server = self._server(common, iso)
        # 4. the installation on the server's data disk
        installation = self._installation(common, server)
        # 5. the image of that disk
        image = self._image(common, history, server, installation)
        # 6. the end of the server
        self.teardown = self._teardown(region, server, installation, image)

        self.image_id = image.image_id
        self.summary = _summary(iso, identity, server, installation, image, self.teardown)
        # known before the server is gone: where many builds end together, that is when the engine has most to write
        self.register_outputs({"image_id": self.image_id})

    def _history(self, region: pulumi.Input[str]) -> dict[str, Any]:
        """Declare the history of a build that keeps earlier images, and return the inputs that name it."""
        if not (self._settings.keep_images or self._settings.use_build):
            return {}
        history = ImageHistory(self._step, {"region": region, "keep_images": self._settings.keep_images}, self._child)
        return {"history_id": history.id}  # known at preview, also while the history is updated

    def _identity(self, region: pulumi.Input[str], history: dict[str, Any], iso_sha256: str | None) -> BuildIdentity:
        settings = self._settings
        return BuildIdentity(
            self._step,
            region=region,
            triggers=settings.triggers,
            rebuild=settings.rebuild,
            retain_images=settings.retain_image,
            use_build=settings.use_build,
            keep_images=settings.keep_images,
            iso_sha256=iso_sha256 or settings.iso_sha256,
            **history,
            opts=self._child,
        )

    def _server(self, common: dict[str, Any], iso: IsoImageImport) -> TempServer:
        settings = self._settings
        # a secret, because installers get the first password by their user data
        user_data = {"user_data": pulumi.Output.secret(settings.user_data)} if settings.user_data else {}
        args = {**common, "name": settings.name, **_passed_on(settings, TempServerInputs), **user_data}
        return TempServer(self._step, {**args, **self._leased, "iso_image_id": iso.image_id}, self._child)

    def _installation(self, common: dict[str, Any], server: TempServer) -> OsInstallation:
        args = {**common, "server_id": server.id, **self._settings.installation.model_dump(), **self._leased}
        return OsInstallation(self._step, args, self._child)

    def _image(
        self, common: dict[str, Any], history: dict[str, Any], server: TempServer, installation: OsInstallation
    ) -> CapturedImage:
        settings = self._settings
        args = {**common, "name": settings.image_name, **_passed_on(settings, CapturedImageInputs), **history}
        opts = pulumi.ResourceOptions(
            parent=self, depends_on=[installation], retain_on_delete=settings.retain_image or None
        )
        return CapturedImage(self._step, {**args, "volume_id": server.data_volume_id}, opts)

    def _teardown(
        self, region: str, server: TempServer, installation: OsInstallation, image: CapturedImage
    ) -> TempServerTeardown:
        # a build that is finished already has no server, and so no system disk
        volume_ids = pulumi.Output.all(server.system_volume_id, server.data_volume_id).apply(
            lambda ids: [volume_id for volume_id in ids if volume_id]
        )
        rented_s = pulumi.Output.all(server.duration_s, installation.duration_s, image.duration_s).apply(sum)
        args = {"region": region, "server_id": server.id, "volume_ids": volume_ids, "image_id": image.id}
        return TempServerTeardown(self._step, {**args, "rented_s": rented_s}, self._child)

    @property
    def _leased(self) -> dict[str, Any]:
        return {"lease_minutes": self._lease} if self._lease else {}


def _passed_on(settings: BuildSettings, inputs: type[CapturedImageInputs | TempServerInputs]) -> dict[str, Any]:
    """Return the settings that a resource has an input of the same name for."""
    keys = {*inputs.model_fields} & {*BuildSettings.model_fields} - OTHER_MEANING
    return settings.model_dump(include=keys, exclude_none=True)


def _summary(
    iso: IsoImageImport,
    identity: BuildIdentity,
    server: TempServer,
    installation: OsInstallation,
    image: CapturedImage,
    teardown: TempServerTeardown,
) -> pulumi.Output[dict[str, Any]]:
    metrics = _metrics(
        iso_image=iso,
        temporary_server=server,
        installation=installation,
        captured_image=image,
        teardown=teardown,
    )
    return pulumi.Output.all(
        image_id=image.image_id,
        image_name=image.name,
        os_version=image.os_version,
        detected_os_version=known_with(image.detected_os_version, image.image_id),
        min_disk=known_with(image.min_disk, image.image_id),
        image_size=known_with(image.size, image.image_id),
        iso_image_id=iso.image_id,
        build_id=identity.id,
        temporary_server=teardown.server_status,
        **metrics,
    )


def _metrics(**steps: Any) -> dict[str, pulumi.Output[Any]]:
    """Return the metrics of the steps by step; resources of an earlier version lack some of them."""

    def each(metric: str) -> pulumi.Output[dict[str, Any]]:
        values = pulumi.Output.all(
            **{name: known_with(getattr(step, metric), step.duration_s) for name, step in steps.items()}
        )
        return values.apply(lambda known: {name: value for name, value in known.items() if value is not None})

    queued_s = each("queued_s").apply(lambda known: round(sum(known.values()), 1))
    return {"duration_s": each("duration_s"), "requests": each("requests"), "queued_s": queued_s}
