"""IsoImageBuild: the procedure, as a graph of resources."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import pulumi

from components import program
from components.build_args import IsoImageBuildArgs
from components.build_context import BuildContext, Place
from components.build_values import BuildValues
from components.distribution_step import declare_distribution, declare_publications, places
from components.iso_image_import import IsoImageImport
from components.joined_outputs import Optional, joined
from components.provenance.build_provenance import build_facts, digest_output, statement_of
from config.builds.build_settings import BuildSettings
from config.builds.build_source import IMPORT_SETTINGS
from providers.build_identity import BuildIdentity
from providers.captured_image import CapturedImage, CapturedImageInputs
from providers.image_history import ImageHistory
from providers.image_verification import ImageVerification, ImageVerificationInputs
from providers.lifecycle.lease import lease_minutes
from providers.os_installation import OsInstallation
from providers.runtime import serving
from providers.runtime.base import STEP_METRICS
from providers.runtime.properties import Properties
from providers.temp_server import TempServer, TempServerInputs
from providers.temp_server_teardown import TempServerTeardown, VerificationTeardown

NAME = "IsoImageBuild"
STEPS = ("upload", "iso_image", "temporary_server", "installation", "captured_image", "teardown", "verification")
"""Names of the steps in the outputs."""
OTHER_MEANING = {"name", "region", "user_data"}
"""Settings whose values are not passed on as they are."""
OF_TRIGGERS = (*IMPORT_SETTINGS, "data_volumes", "user_data")
"""Settings that `BuildSettings.triggers` follows from."""


class IsoImageBuild(pulumi.ComponentResource):
    """
    Build of a private image from an ISO file.

    Each step takes the outputs of the one before it, so that the dependency graph is the procedure: the ISO image, a
    temporary server that boots it, the installation on the server's data disk, the image of that disk, and the end of
    the server. With `verify`, a test of the image follows, and the outputs name the image only if it passes. With
    `publish`, a channel of a family points to it at the end.

    Args:
        name: Name of the component, and of the build.
        args: Settings of the build. Plain values are validated at once, outputs before anything is created.
        opts: Options of the component.
        context: Other builds of the program; by default those that it has declared before.

    Attributes:
        teardown: End of the temporary server.
        last_step: Resource that exists when no server of the build does any more.
        image_id: Id of the finished image.
        build_id: Id of the build.
        iso_image_id: Id of the ISO image that the server boots.
        summary: Outputs of the build, as docs/reference/outputs.md describes them.
        provenance: Statement of the provenance of the image; None for an image of an earlier version.

    Raises:
        FaultyBuild: Plain values are faulty; the message lists all problems.
    """

    teardown: TempServerTeardown
    last_step: pulumi.Resource
    image_id: pulumi.Output[str]
    build_id: pulumi.Output[str]
    iso_image_id: pulumi.Output[str]
    summary: pulumi.Output[dict[str, Any]]
    provenance: pulumi.Output[str | None]

    def __init__(
        self,
        name: str,
        args: IsoImageBuildArgs | Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
        *,
        context: BuildContext | None = None,
    ) -> None:
        context = context or program.current()
        values, opts = context.read(name, args), context.options(opts)
        super().__init__(serving.component_token(NAME), name, {}, _with_aliases(opts))
        self._child = pulumi.ResourceOptions(parent=self)
        # 1. the check of the build, and the ISO image
        place = context.place(self, name, values, opts)
        self._step, self._values, self._place, self.iso_image_id = name, place.values, place, place.iso.image_id
        self._lease = _lease(place, lambda settings: settings.installation.timeout_minutes)
        # 2. the identity of the build, in the state before anything that costs money exists
        history = self._history(place.in_turn)
        identity = self._identity(place.in_turn, history, place.iso_sha256)
        # the id of the resource: an output would not be known while an update of the identity is previewed
        common = {"region": place.region, "build_id": identity.id}
        # 3. the temporary server, which boots the ISO image
        server = self._server(common, place.iso)
        # 4. the installation on the server's data disk
        installation = self._installation(common, server)
        # 5. the image of that disk
        image = self._image(common, history, server, installation)
        # 6. the end of the server
        self.teardown = self._teardown(place.region, server, installation, image)
        # 7. the test of the image, when the temporary server needs no quota any more
        verification = self._verification(common, image)
        context.end(self)
        self.image_id, self.build_id = _published(image, verification), identity.id
        self.provenance = statement_of(image, verification)
        # 8. its copies and its export, and then its publication, once nothing that may fail remains
        distributed = self._distribution(common, history, image, verification)
        made = [server, installation, image, self.teardown, verification]
        self.summary = self._summary(identity, made, distributed)
        # known before the server is gone: where many builds end together, that is when the engine has most to write
        self.register_outputs(serving.outputs({"image_id": self.image_id}))

    def _history(self, region: pulumi.Input[str]) -> dict[str, Any]:
        """Declare the history of a build that keeps earlier images, and return the inputs that name it."""
        values = self._values
        settings = ("keep_images", "use_build")
        if values.are_plain(settings) and not any(values[name] for name in settings):
            return {}
        history = ImageHistory(self._step, {"region": region, "keep_images": values["keep_images"]}, self._child)
        return {"history_id": history.id}  # known at preview, also while the history is updated

    def _identity(self, region: pulumi.Input[str], history: dict[str, Any], iso_sha256: str | None) -> BuildIdentity:
        values = self._values
        return BuildIdentity(
            self._step,
            region=region,
            triggers=values.combined(OF_TRIGGERS, lambda settings: settings.triggers),
            rebuild=values["rebuild"],
            retain_images=values["retain_image"],
            use_build=values["use_build"],
            keep_images=values["keep_images"],
            iso_sha256=iso_sha256 or values.pin,
            max_age_days=values["max_age_days"],
            made_of=values.known.made_of or None,
            **history,
            **places(values),
            opts=self._child,
        )

    def _server(self, common: dict[str, Any], iso: IsoImageImport) -> TempServer:
        values = self._values
        is_without = values.are_plain(["user_data"]) and not values["user_data"]
        # a secret, because installers get the first password by their user data
        user_data = {} if is_without else {"user_data": pulumi.Output.secret(values["user_data"])}
        args = {**common, "name": self._step, **_passed_on(values, TempServerInputs), **user_data}
        return TempServer(self._step, {**args, **self._leased, "iso_image_id": iso.image_id}, self._child)

    def _installation(self, common: dict[str, Any], server: TempServer) -> OsInstallation:
        installation = self._values["installation"]
        if isinstance(installation, pulumi.Output):
            installation = {key: installation[key] for key in type(self._values.known.installation).model_fields}
        args = {**common, "server_id": server.id, **installation, **self._leased}
        return OsInstallation(self._step, args, self._child)

    def _image(
        self, common: dict[str, Any], history: dict[str, Any], server: TempServer, installation: OsInstallation
    ) -> CapturedImage:
        values = self._values
        args = {**common, "name": values["image_name"], **_passed_on(values, CapturedImageInputs), **history}
        args["build_facts"] = build_facts(self._place, server, installation)
        opts = pulumi.ResourceOptions(
            parent=self, depends_on=[installation], retain_on_delete=values["retain_image"] or None
        )
        if values.known.verify is not None:  # only an image that passes its test is shared
            args |= {"share_with": [], "tested": True}
        return CapturedImage(self._step, {**args, "volume_id": server.data_volume_id}, opts)

    def _teardown(
        self, region: pulumi.Input[str], server: TempServer, installation: OsInstallation, image: CapturedImage
    ) -> TempServerTeardown:
        # a build that is finished already has no server, and so no system disk
        volume_ids = joined(
            lambda ids: [volume_id for volume_id in ids.values() if volume_id],
            {"system": server.system_volume_id, "data": server.data_volume_id},
        )
        rented = {"server": server.duration_s, "installation": installation.duration_s, "image": image.duration_s}
        rented_s = joined(lambda seconds: sum(seconds.values()), rented)
        args = {"region": region, "server_id": server.id, "volume_ids": volume_ids, "image_id": image.id}
        return TempServerTeardown(self._step, {**args, "rented_s": rented_s}, self._child)

    def _verification(self, common: dict[str, Any], image: CapturedImage) -> ImageVerification | None:
        """Declare the test of the image and the end of its server, if there is to be a test."""
        values, verify = self._values, self._values.known.verify
        self.last_step = self.teardown
        if verify is None:
            return None
        lease = _lease(self._place, lambda _settings: verify.timeout_minutes)
        leased = {"lease_minutes": lease} if lease is not None else {}
        test = verify.model_dump(exclude_none=True)  # its flavor, if it has one, instead of the build's
        args = {**common, "name": self._step, **_passed_on(values, ImageVerificationInputs), **test, **leased}
        # the system disk of a server from the image is as large as the disk that the image is of
        disk: pulumi.Input[Any] = values.combined(["data_volumes"], _disk_of_image)
        args |= {"image_id": image.id, "root_volume": disk}
        args["build_provenance"] = statement_of(image, None)
        opts = pulumi.ResourceOptions(parent=self, depends_on=[self.teardown])
        verification = ImageVerification(self._step, args, opts)
        volume_ids = joined(lambda ids: [found for found in ids.values() if found], {"": verification.system_volume_id})
        ended = {"server_id": verification.id, "volume_ids": volume_ids, "image_id": image.id}
        self.last_step = VerificationTeardown(self._step, {"region": common["region"], **ended}, self._child)
        return verification

    def _distribution(
        self, common: dict[str, Any], history: dict[str, Any], image: CapturedImage, test: ImageVerification | None
    ) -> dict[str, Any]:
        """Declare the copies, the export and the publication of an image that may be used; return their outputs."""
        opts = pulumi.ResourceOptions(parent=self, depends_on=[test or self.teardown])
        usable = {"image_id": self.image_id, "provenance": self.provenance}
        distribution = declare_distribution(self._step, self._values, common, history, usable, opts)
        publish, published = self._values.known.publish, (common["region"], image)
        return {
            **distribution.outputs(),
            **declare_publications(self, self._step, publish, published, distribution),
        }

    def _summary(
        self, identity: BuildIdentity, made: Sequence[Any], of_places: Mapping[str, Any]
    ) -> pulumi.Output[dict[str, Any]]:
        """Return the outputs of the build from its identity and its steps; upload and test may be missing."""
        made = [self._place.upload, self._place.iso, *made]
        steps = {name: step for name, step in zip(STEPS, made, strict=True) if step is not None}
        iso, image, verification = steps["iso_image"], steps["captured_image"], steps.get("verification")
        values: dict[str, Any] = {
            "image_id": self.image_id,
            "image_name": image.name,
            "os_version": image.os_version,
            "detected_os_version": Optional(image.detected_os_version, image.image_id),
            "min_disk": Optional(image.min_disk, image.image_id),
            "image_size": Optional(image.size, image.image_id),
            "iso_image_id": iso.image_id,
            "build_id": identity.id,
            "temporary_server": steps["teardown"].server_status,
            **({"verification": verification.status} if verification else {}),
            **of_places,
        }
        metrics = {
            f"{metric} {name}": Optional(getattr(step, metric), step.duration_s)
            for metric in STEP_METRICS
            for name, step in steps.items()
        }

        def summary(found: dict[str, Any]) -> dict[str, Any]:
            by_metric = {metric: _by_step(found, metric, steps) for metric in STEP_METRICS}
            queued_s = round(sum(by_metric["queued_s"].values()), 1)
            plain = {**{name: found[name] for name in values}, **digest_output(found["provenance"])}
            return {**plain, **by_metric, "queued_s": queued_s}

        return joined(summary, {**values, "provenance": self.provenance, **metrics})

    @property
    def _leased(self) -> dict[str, Any]:
        return {"lease_minutes": self._lease} if self._lease is not None else {}


def _with_aliases(opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(aliases=serving.former(NAME)), opts)


def _lease(place: Place, minutes_of: Callable[[BuildSettings], float]) -> pulumi.Input[float] | None:
    """
    Return the minutes of a server's lease; None if it has none.

    Args:
        place: Place of the build.
        minutes_of: Function of the settings that returns the minutes for which a run waits for the server.
    """
    needed = ("auto_terminate", "installation")
    if isinstance(place.region_id, str) and place.values.are_plain(needed):
        settings = place.values.known
        return lease_minutes(place.region_id, settings.auto_terminate, minutes_of(settings))

    chosen = place.values.combined(needed, lambda found: [found.auto_terminate, minutes_of(found)])
    both = pulumi.Output.all(place.region_id, chosen)
    return both.apply(lambda found: cast("float", lease_minutes(found[0], *found[1])))


def _passed_on(values: BuildValues, inputs: type[Properties]) -> dict[str, Any]:
    """Return the settings that a resource has an input of the same name for."""
    return values.passed_on(sorted({*inputs.model_fields} & {*BuildSettings.model_fields} - OTHER_MEANING))


def _disk_of_image(settings: BuildSettings) -> dict[str, Any]:
    return settings.data_volumes[0].model_dump()


def _published(image: CapturedImage, verification: ImageVerification | None) -> pulumi.Output[str]:
    """Return the id of the image, which is not known before the image has passed its test."""
    if verification is None:
        return image.image_id
    # the id of the test: an output would not be known while an update of it is previewed
    return joined(lambda found: found["image"], {"image": image.image_id, "test": verification.id})


def _by_step(found: dict[str, Any], metric: str, steps: Iterable[str]) -> dict[str, Any]:
    """Return a metric by step; resources of an earlier version lack some of them."""
    values = {name: found[f"{metric} {name}"] for name in steps}
    return {name: value for name, value in values.items() if value is not None}
