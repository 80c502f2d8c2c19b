"""Context of a build: what it shares with the other builds of its program, and its turn among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pulumi

from components.build_values import BuildValues
from components.iso_image_import import IsoImageImport

if TYPE_CHECKING:
    from components.iso_image_build import IsoImageBuild
    from providers.iso_object import IsoObject


@dataclass(frozen=True)
class Place:
    """
    Place of a build in its program.

    Attributes:
        values: Settings of the build.
        iso: Import of its ISO file.
        region: Region, by the name that the program gives it.
        region_id: Id of that region.
        in_turn: Region as an input that is known when the build's turn has come.
        iso_sha256: Digest that another build of the ISO file pins.
        upload: Upload of the ISO file; None for a file in the object store.
    """

    values: BuildValues
    iso: IsoImageImport
    region: pulumi.Input[str]
    region_id: pulumi.Input[str]
    in_turn: pulumi.Input[str]
    iso_sha256: str | None = None
    upload: IsoObject | None = None


class BuildContext(Protocol):
    """Context of the builds of a program."""

    def read(self, name: str, args: Mapping[str, Any]) -> BuildValues:
        """Validate the arguments of a build."""

    def options(self, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions | None:
        """Return the options of the component, with the provider of its resources."""

    def place(self, build: IsoImageBuild, name: str, values: BuildValues, opts: pulumi.ResourceOptions | None) -> Place:
        """Declare everything that the build needs before its own steps, and return its place."""

    def end(self, build: IsoImageBuild) -> None:
        """Record that all steps of a build are declared."""
