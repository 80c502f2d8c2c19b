"""IsoImageBuild: the procedure, as a graph of resources."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pulumi

from components.iso_image_import import IsoImageImport, import_name
from components.optional_outputs import known_with
from components.scheduling import room, when_gone, widths
from config.build_reading import pins
from config.builds import BuildSettings
from config.regions import Regions
from providers.build_identity import BuildIdentity
from providers.captured_image import CapturedImage
from providers.image_history import ImageHistory
from providers.lifecycle.lease import lease_minutes
from providers.os_installation import OsInstallation
from providers.temp_server import TempServer
from providers.temp_server_teardown import TempServerTeardown


class IsoImageBuild(pulumi.ComponentResource):
    """Builds a private image from an ISO file.

    Each step takes what the one before it has made, so that the dependency graph is the procedure: the ISO image, a
    temporary server that boots it, the installation on the server's data disk, the image of that disk, and the end of
    the server.

    Args:
        name: the component's name.
        region: where the image is built.
        settings: the validated settings of the build.
        iso: the ISO image, where several builds share it; the build makes its own otherwise.
        region_id: the region's id, where `region` is another name of it.
        after: the build whose temporary server has to be gone before this one begins.
        iso_sha256: digest of the ISO file that another build of it pins.

    Attributes:
        teardown: the end of the temporary server.
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
        child = pulumi.ResourceOptions(parent=self)
        iso = iso or IsoImageImport(import_name(settings), region, settings, child)
        # all that costs something to record waits for the turn: the engine writes the whole state at every step
        in_turn = when_gone(after.teardown, region) if after else region
        history = _history(name, in_turn, settings, child)
        identity = BuildIdentity(
            name,
            region=in_turn,
            triggers=settings.triggers,
            rebuild=settings.rebuild,
            retain_images=settings.retain_image,
            use_build=settings.use_build,
            keep_images=settings.keep_images,
            iso_sha256=iso_sha256 or settings.iso_sha256,
            **history,
            opts=child,
        )
        # the resource's id, for an output would not be known while an update of the identity is previewed
        common = {"region": region, "build_id": identity.id}
        lease = lease_minutes(region_id or region, settings.auto_terminate, settings.installation.timeout_minutes)
        leased = {"lease_minutes": lease} if lease else {}
        wanted = {**common, **_server(settings), **leased, "iso_image_id": iso.image_id}
        server = TempServer(name, wanted, child)
        installation = OsInstallation(
            name, {**common, "server_id": server.id, **settings.installation.model_dump(), **leased}, child
        )
        image = CapturedImage(
            name,
            {**common, **_image(settings), **history, "volume_id": server.data_volume_id},
            pulumi.ResourceOptions(
                parent=self, depends_on=[installation], retain_on_delete=settings.retain_image or None
            ),
        )
        # a build that is finished already has no server, and so no system disk
        volume_ids = pulumi.Output.all(server.system_volume_id, server.data_volume_id).apply(
            lambda ids: [volume_id for volume_id in ids if volume_id]
        )
        self.teardown = teardown = TempServerTeardown(
            name,
            {
                "region": region,
                "server_id": server.id,
                "volume_ids": volume_ids,
                "image_id": image.id,
                "rented_s": pulumi.Output.all(server.duration_s, installation.duration_s, image.duration_s).apply(sum),
            },
            child,
        )
        self.image_id = image.image_id
        self.summary = pulumi.Output.all(
            image_id=image.image_id,
            image_name=image.name,
            os_version=image.os_version,
            detected_os_version=known_with(image.detected_os_version, image.image_id),
            min_disk=known_with(image.min_disk, image.image_id),
            image_size=known_with(image.size, image.image_id),
            iso_image_id=iso.image_id,
            build_id=identity.id,
            temporary_server=teardown.server_status,
            **_figures(
                iso_image=iso,
                temporary_server=server,
                installation=installation,
                captured_image=image,
                teardown=teardown,
            ),
        )
        # known before the server is gone: where many builds end together, that is when the engine has most to write
        self.register_outputs({"image_id": self.image_id})


def _figures(**steps: Any) -> dict[str, pulumi.Output[Any]]:
    """What the steps took; those that an earlier version has made do not tell all of it."""

    def each(figure: str) -> pulumi.Output[dict[str, Any]]:
        told = pulumi.Output.all(
            **{name: known_with(getattr(step, figure), step.duration_s) for name, step in steps.items()}
        )
        return told.apply(lambda found: {name: value for name, value in found.items() if value is not None})

    queued_s = each("queued_s").apply(lambda found: round(sum(found.values()), 1))
    return {"duration_s": each("duration_s"), "requests": each("requests"), "queued_s": queued_s}


def _history(
    name: str, region: pulumi.Input[str], settings: BuildSettings, child: pulumi.ResourceOptions
) -> dict[str, Any]:
    """What names the history of a build that keeps earlier images."""
    if not (settings.keep_images or settings.use_build):
        return {}
    history = ImageHistory(name, {"region": region, "keep_images": settings.keep_images}, child)
    return {"history_id": history.id}  # known at preview, also while the history is updated


def _server(settings: BuildSettings) -> dict[str, Any]:
    keys = ("name", "flavor", "availability_zone", "vpc_id", "subnet_id", "security_group_ids", "root_volume")
    kept = (*keys, "data_volumes", "tags", "enterprise_project_id")
    # secret, for installers are told the first password by their user data
    user_data = {"user_data": pulumi.Output.secret(settings.user_data)} if settings.user_data else {}
    return {**settings.model_dump(include=set(kept), exclude_none=True), **user_data}


def _image(settings: BuildSettings) -> dict[str, Any]:
    keys = {"os_version", "hw_firmware_type", "min_ram", "description", "tags", "enterprise_project_id"}
    keys |= {"min_image_size", "keep_images", "retain_image", "share_with"}
    return {"name": settings.image_name, **settings.model_dump(include=keys, exclude_none=True)}


def declare(
    regions: Regions,
    builds: list[BuildSettings],
    provider: pulumi.ProviderResource | None = None,
    before: Sequence[pulumi.Resource] = (),
) -> dict[str, IsoImageBuild]:
    """
    Declare all builds of a stack. Those of a region that use the same ISO file share its import; where not all of a
    region may go on at a time, they follow each other in lanes.

    Args:
        regions: where they happen.
        builds: their settings.
        provider: of all their resources.
        before: resources that each of them waits for.
    """
    opts = pulumi.ResourceOptions(depends_on=[*before] or None, providers=[provider] if provider else None)
    imports: dict[str, IsoImageImport] = {}
    declared: dict[str, IsoImageBuild] = {}
    by_region: dict[str, list[IsoImageBuild]] = {}
    counts = Counter(build.region or regions.own for build in builds)
    digests = pins(builds)
    lanes = widths(counts, {name: regions.servers_at_once(name) for name in counts}, room())
    for build in builds:
        region = build.region or regions.own
        name = import_name(build, "" if region == regions.own else region)
        pin = digests.get((build.region, build.image_url))
        imports[name] = imports.get(name) or IsoImageImport(name, region, build, opts, iso_sha256=pin)
        ahead = by_region.setdefault(region, [])
        after = ahead[-lanes[region]] if len(ahead) >= lanes[region] else None
        ahead.append(
            IsoImageBuild(
                build.name,
                region,
                build,
                imports[name],
                opts,
                region_id=regions.id_of(region),
                after=after,
                iso_sha256=pin,
            )
        )
        declared[build.name] = ahead[-1]
    return declared
