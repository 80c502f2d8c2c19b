"""Declaration of all builds of a stack: shared imports, and the order in which builds take turns."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.build_context import Place
from components.build_values import BuildValues
from components.iso_image_build import IsoImageBuild
from components.iso_image_import import IsoImageImport, import_name
from components.iso_upload_step import declare_upload, with_upload
from components.scheduling import after, capacity, slot_counts
from config.builds.build_reading import pins
from config.builds.build_settings import BuildSettings
from config.regions import Regions
from providers.iso_object import IsoObject


class _BuildOfStack:
    """Context of one build of a stack, whose configuration was validated as a whole and is checked region by region."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def read(self, name: str, args: Mapping[str, Any]) -> BuildValues:
        return self._place.values

    def options(self, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
        return opts

    def place(self, build: IsoImageBuild, name: str, values: BuildValues, opts: pulumi.ResourceOptions | None) -> Place:
        return self._place

    def end(self, build: IsoImageBuild) -> None:
        pass


def declare(
    regions: Regions,
    builds: list[BuildSettings],
    provider: pulumi.ProviderResource | None = None,
    before: Sequence[pulumi.Resource] = (),
) -> dict[str, IsoImageBuild]:
    """
    Declare all builds of a stack.

    Builds of a region that use the same ISO file share its import. Where a limit holds, each build waits for the
    teardown of the one that had its slot before.

    Args:
        regions: Regions of the stack.
        builds: Settings of the builds.
        provider: Provider of all their resources.
        before: Resources that each of them waits for.

    Returns:
        The components by name of the build.
    """
    opts = pulumi.ResourceOptions(depends_on=[*before] or None, providers=[provider] if provider else None)
    imports: dict[str, IsoImageImport] = {}
    declared: dict[str, IsoImageBuild] = {}
    by_region: dict[str, list[IsoImageBuild]] = {}
    counts = Counter(build.region or regions.own for build in builds)
    digests = pins(builds)
    slots = slot_counts(counts, {name: regions.servers_at_once(name) for name in counts}, capacity())
    uploads = _uploads(regions, builds, pulumi.ResourceOptions(depends_on=[*before] or None, provider=provider))
    for build in builds:
        region = build.region or regions.own
        upload = uploads.get((region, build.image_url)) if build.iso else None
        values = with_upload(BuildValues(build), upload)
        name = import_name(build, "" if region == regions.own else region)
        pin = digests.get((build.region, build.image_url))
        imports[name] = imports.get(name) or IsoImageImport(name, region, values, opts, iso_sha256=pin)
        ahead = by_region.setdefault(region, [])
        earlier = [ahead[-slots[region]].last_step] if len(ahead) >= slots[region] else []
        # everything that costs a write of the state waits for its slot: the engine writes all of it at every step
        in_turn = after(earlier, region) if earlier else region
        place = Place(values, imports[name], region, regions.id_of(region), in_turn, pin, upload)
        component = IsoImageBuild(build.name, {}, opts, context=_BuildOfStack(place))
        ahead.append(component)
        declared[build.name] = component
    return declared


def _uploads(
    regions: Regions, builds: Sequence[BuildSettings], opts: pulumi.ResourceOptions
) -> dict[tuple[str, str], IsoObject]:
    """Declare the uploads of the builds, one for each region and content, by region and location."""
    users: dict[tuple[str, str], list[BuildSettings]] = {}
    for build in builds:
        if build.iso is not None:
            users.setdefault((build.region or regions.own, build.image_url), []).append(build)
    return {
        (region, location): declare_upload(region, sharing, "" if region == regions.own else region, opts)
        for (region, location), sharing in users.items()
    }
