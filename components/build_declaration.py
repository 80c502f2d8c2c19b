"""Declaration of all builds of a stack: shared imports, and the order in which builds take turns."""

from collections import Counter
from collections.abc import Sequence

import pulumi

from components.iso_image_build import IsoImageBuild
from components.iso_image_import import IsoImageImport, import_name
from components.scheduling import capacity, slot_counts
from config.build_reading import pins
from config.builds import BuildSettings
from config.regions import Regions


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
    for build in builds:
        region = build.region or regions.own
        name = import_name(build, "" if region == regions.own else region)
        pin = digests.get((build.region, build.image_url))
        imports[name] = imports.get(name) or IsoImageImport(name, region, build, opts, iso_sha256=pin)
        ahead = by_region.setdefault(region, [])
        component = IsoImageBuild(
            build.name,
            region,
            build,
            imports[name],
            opts,
            region_id=regions.id_of(region),
            after=ahead[-slots[region]] if len(ahead) >= slots[region] else None,
            iso_sha256=pin,
        )
        ahead.append(component)
        declared[build.name] = component
    return declared
