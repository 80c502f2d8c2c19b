"""What a leftover costs, from a table of the user's."""

from datetime import datetime
from pathlib import Path

import yaml
from pydantic import ValidationError

from commands.sweep.inventory import Leftover
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


def hourly(leftover: Leftover, prices: Prices) -> float | None:
    """
    The price of a leftover for an hour.

    Args:
        leftover: a server without its disks, a disk or an image.
        prices: the table.

    Returns:
        The price; None where the table does not have it. ISO images cost nothing.
    """
    if leftover.kind == "server":
        return prices.flavors.get(leftover.kind_of)
    if leftover.kind == "disk":
        price = prices.volumes.get(leftover.kind_of)
        return None if price is None else price * leftover.size_gib
    if leftover.step == "iso":
        return 0.0
    return prices.image_gib_month * leftover.size_gib / HOURS_OF_A_MONTH if prices.image_gib_month else None


def so_far(leftover: Leftover, prices: Prices, now: datetime) -> float | None:
    """What a leftover has cost since it was made."""
    price = hourly(leftover, prices)
    if price is None or leftover.created is None:
        return None
    return price * max((now - leftover.created).total_seconds(), 0.0) / 3600
