"""Copies and export of a finished image, and the publication after them: the channels that point to the images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components.joined_outputs import joined
from config.builds.build_settings import BuildSettings
from config.builds.publication import Publication
from providers.image_copy import ImageCopy, ImageCopyInputs
from providers.image_export import ImageExport
from providers.image_publication import ImagePublication

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.build_values import BuildValues
    from components.iso_image_build import IsoImageBuild
    from providers.captured_image import CapturedImage

PASSED_ON = sorted({*ImageCopyInputs.model_fields} & {*BuildSettings.model_fields} - {"name", "region"})
"""Settings that a copy has in common with its image."""


@dataclass(frozen=True)
class Distribution:
    """
    Copies and export of an image.

    Attributes:
        copies: Copies by region.
        export: Export; None if there is none.
    """

    copies: Mapping[str, ImageCopy]
    export: ImageExport | None

    @property
    def steps(self) -> list[pulumi.Resource]:
        """Return the resources that the publication waits for."""
        return [*self.copies.values(), *([self.export] if self.export else [])]

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the build, of which there are none without copies and export."""
        found: dict[str, Any] = {}
        if self.copies:
            found["copies"] = joined(dict, {region: copy.id for region, copy in self.copies.items()})
        if self.export:
            found["export"] = self.export.id
        return found


def places(values: BuildValues) -> dict[str, Any]:
    """Return the inputs of the build's identity that name the places of copies and exports; {} if there are none."""
    published = values.known.publish
    if published is None:
        return {}
    found: dict[str, Any] = {}
    if published.copies:
        found["copy_regions"] = [copy.region for copy in published.copies]
    if published.export:
        found["export_objects"] = [_location(values)]
    return found


def declare_distribution(
    name: str,
    values: BuildValues,
    common: Mapping[str, Any],
    history: Mapping[str, Any],
    image: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> Distribution:
    """
    Declare the copies and the export of an image.

    Args:
        name: Name of the build.
        values: Settings of the build.
        common: Region and id of the build.
        history: Input that names the history of the build; {} without one.
        image: Id of the image, known once it may be used, and the statement of its provenance.
        opts: Options of the resources.
    """
    published = values.known.publish
    if published is None:
        return Distribution({}, None)
    opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(retain_on_delete=values["retain_image"] or None))
    of_image = {**values.passed_on(PASSED_ON), **history, "image_id": image["image_id"]}
    copies: dict[str, ImageCopy] = {}
    for copy in published.copies:
        own = {"name": values["image_name"], **copy.model_dump(exclude_none=True)}
        args = {**of_image, "source_region": common["region"], "build_id": common["build_id"], **own}
        copies[copy.region] = ImageCopy(f"{name}-{copy.region}", args, opts)
    if published.export is None:
        return Distribution(copies, None)
    exported = {"location": _location(values), "format": published.export.format, **image}
    retained = values.passed_on(["retain_image"])
    return Distribution(copies, ImageExport(name, {**common, **exported, **retained}, opts))


def declare_publications(
    build: IsoImageBuild,
    name: str,
    publish: Publication | None,
    image: tuple[pulumi.Input[str], CapturedImage],
    distribution: Distribution,
) -> dict[str, Any]:
    """
    Declare the channel that points to an image, and the same channel in the place of each of its copies.

    No channel moves before all steps of the build have ended, because a step that fails publishes nothing.

    Args:
        build: Component of the build.
        name: Name of the build.
        publish: Setting of the build.
        image: Region of the image, and the image.
        distribution: Copies and export of the image.

    Returns:
        The output of the build with the family and the channel; {} if the image is not published.
    """
    if publish is None:
        return {}
    opts = pulumi.ResourceOptions(parent=build, depends_on=[build.teardown, build.last_step, *distribution.steps])
    place = {"family": publish.family, "channel": publish.channel}
    for region, copy in distribution.copies.items():
        ImagePublication(f"{name}-{region}", {"region": copy.region, "image_id": copy.id, **place}, opts)
    published = ImagePublication(name, {"region": image[0], "image_id": image[1].id, **place}, opts)
    return {"publication": joined(dict, {"family": published.family, "channel": published.channel})}


def _location(values: BuildValues) -> Any:
    """Return the object of the export, in whose name the id of the build is missing."""

    def location(settings: BuildSettings) -> str:
        assert settings.publish is not None
        assert settings.publish.export is not None
        return settings.publish.export.location(settings.image_name)

    return values.combined(["image_name"], location)
