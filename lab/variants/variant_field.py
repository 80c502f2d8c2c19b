"""Declaration of one variant, as a field of a pydantic model."""

from typing import Any

from pydantic import Field


def variant(default: str, changes: str, silent: str) -> Any:
    """
    Return a field for a variant.

    Args:
        default: Default value, the first one of the field's type.
        changes: Subject that the value changes.
        silent: Passage of the documentation that leaves the subject open.
    """
    return Field(default, description=changes, json_schema_extra={"silent": silent})
