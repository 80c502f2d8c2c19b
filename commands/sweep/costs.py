"""What a thing costs, from a table of the user's."""

from datetime import datetime
from pathlib import Path

import yaml
from pydantic import ValidationError

from commands.sweep.inventory import Thing
from config.prices import Prices

HOURS_OF_A_MONTH = 730.0


class NoPrices(Exception):
    """The price table cannot be used; the message says why."""


def read(file: Path) -> Prices:
    """
    Read a price table: YAML or JSON, the same as the stack's setting `prices`.

    Raises:
        NoPrices: There is no such file, or it is not a price table.
    """
    try:
        return Prices.model_validate(yaml.safe_load(file.read_text()) or {})
    except OSError as error:
        raise NoPrices(f"the price table {file} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise NoPrices(f"the price table {file} is not one: {first}") from None


def hourly(thing: Thing, prices: Prices) -> float | None:
    """
    The price of a thing for an hour.

    Args:
        thing: a server without its disks, a disk or an image.
        prices: the table.

    Returns:
        The price; None where the table does not have it. ISO images cost nothing.
    """
    if thing.kind == "server":
        return prices.flavors.get(thing.kind_of)
    if thing.kind == "disk":
        price = prices.volumes.get(thing.kind_of)
        return None if price is None else price * thing.size_gib
    if thing.step == "iso":
        return 0.0
    return prices.image_gib_month * thing.size_gib / HOURS_OF_A_MONTH if prices.image_gib_month else None


def so_far(thing: Thing, prices: Prices, now: datetime) -> float | None:
    """What a thing has cost since it was made."""
    price = hourly(thing, prices)
    if price is None or thing.created is None:
        return None
    return price * max((now - thing.created).total_seconds(), 0.0) / 3600
