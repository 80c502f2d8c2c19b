"""Costs of leftovers, by a price table of the user."""

from datetime import datetime
from pathlib import Path

import yaml
from pydantic import ValidationError

from commands.sweep.inventory import Leftover
from config.prices import Prices

HOURS_OF_A_MONTH = 730.0


class NoPrices(Exception):
    """The price table cannot be used; the message contains the reason."""


def read(file: Path) -> Prices:
    """
    Return the price table in a YAML or JSON file, with the format of the stack's setting `prices`.

    Raises:
        NoPrices: The file does not exist, or is not a price table.
    """
    try:
        return Prices.model_validate(yaml.safe_load(file.read_text()) or {})
    except OSError as error:
        raise NoPrices(f"the price table {file} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise NoPrices(f"{file} is not a price table: {first}") from None


def hourly(leftover: Leftover, prices: Prices) -> float | None:
    """
    Return the hourly price of a leftover.

    Args:
        leftover: A server without its disks, a disk, an image or an uploaded ISO file.
        prices: Price table.

    Returns:
        The price; None if the table does not contain it, as that of uploads. ISO images cost nothing.
    """
    if leftover.kind == "server":
        return prices.flavors.get(leftover.kind_of)
    if leftover.kind == "disk":
        price = prices.volumes.get(leftover.kind_of)
        return None if price is None else price * leftover.size_gib
    if leftover.kind in ("upload", "object"):
        return None
    if leftover.step == "iso":
        return 0.0
    return prices.image_gib_month * leftover.size_gib / HOURS_OF_A_MONTH if prices.image_gib_month else None


def so_far(leftover: Leftover, prices: Prices, now: datetime) -> float | None:
    """Return the costs of a leftover since its creation; None if they are unknown."""
    price = hourly(leftover, prices)
    if price is None or leftover.created is None:
        return None
    return price * max((now - leftover.created).total_seconds(), 0.0) / 3600
