"""Prices from a table that the user gives, because the cloud's prices differ by region and contract."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from config.builds.checked_build import Build


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


Price = Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(_no_truth)]


class Prices(BaseModel):
    """
    Price table.

    Attributes:
        currency: Currency that is shown behind every sum.
        flavors: Price of a server for an hour, by flavor.
        volumes: Price of 1 GiB of a disk for an hour, by disk type.
        image_gib_month: Price of 1 GiB of a private image for a month.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    currency: str = Field(default="", max_length=8)
    flavors: dict[str, Price] = {}
    volumes: dict[str, Price] = {}
    image_gib_month: Price = 0

    def hourly(self, flavor: str, disks: Iterable[tuple[str, int]]) -> float | None:
        """
        Return the price of a server with its disks for an hour.

        Args:
            flavor: Flavor of the server.
            disks: Type and size (GiB) of each disk.

        Returns:
            The price; None if the table lacks the flavor or a disk type.
        """
        disks = list(disks)
        if flavor not in self.flavors or any(kind not in self.volumes for kind, _ in disks):
            return None
        return self.flavors[flavor] + sum(self.volumes[kind] * size for kind, size in disks)


def disks(build: Build) -> list[tuple[str, int]]:
    """Return type and size (GiB) of each disk of a build's server."""
    return [(volume.volumetype, volume.size) for volume in (build.root_volume, *build.data_volumes)]


def money(amount: float, currency: str) -> str:
    """Return a sum of money with two decimals and its currency."""
    return f"{amount:.2f} {currency}".strip()


def disks_of_test(build: Build) -> list[tuple[str, int]]:
    """Return type and size (GiB) of each disk of the server that tests a build's image: its disk is the image's."""
    return [(volume.volumetype, volume.size) for volume in build.data_volumes]
