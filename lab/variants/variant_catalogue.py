"""The variants as lists show them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from lab.variants.behaviors import Variants


@dataclass(frozen=True)
class Variant:
    """One open question as the lab lists it."""

    name: str
    values: tuple[str, ...]
    default: str
    changes: str
    silent: str


def catalogue() -> Iterator[Variant]:
    """All variants, in the order of their declaration."""
    for name, field in Variants.model_fields.items():
        extra = field.json_schema_extra
        silent = str(extra["silent"]) if isinstance(extra, dict) else ""
        yield Variant(name, get_args(field.annotation), str(field.default), field.description or "", silent)
