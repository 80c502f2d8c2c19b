"""Catalog of all variants: the chosen values, and the list of the open questions."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from pydantic import ConfigDict

from lab.variants.image_variants import ImageVariants
from lab.variants.job_variants import JobVariants
from lab.variants.list_variants import ListVariants
from lab.variants.server_variants import ServerVariants


class Variants(ListVariants, JobVariants, ImageVariants, ServerVariants):
    """Chosen behaviour for each question that the cloud's documentation leaves open."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Variant:
    """
    Open question of the documentation.

    Attributes:
        name: Name of the variant.
        values: Values that can be chosen, the default first.
        default: Default value.
        changes: Subject that the value changes.
        silent: Passage of the documentation that leaves the subject open.
    """

    name: str
    values: tuple[str, ...]
    default: str
    changes: str
    silent: str


def list_variants() -> Iterator[Variant]:
    """Yield all variants, in the order of their declaration."""
    for name, field in Variants.model_fields.items():
        extra = field.json_schema_extra
        silent = str(extra["silent"]) if isinstance(extra, dict) else ""
        yield Variant(name, get_args(field.annotation), str(field.default), field.description or "", silent)
