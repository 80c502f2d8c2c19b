"""Validation of single values by the types that the providers check their inputs with."""

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

_LONGEST = 60


def violations_of(key: str, kind: Any, value: Any) -> Iterator[str]:
    """
    Return the first violation of a value, if there is one.

    Args:
        key: Name of the property.
        kind: Annotated type of config/constraints.py.
        value: Value of the property.
    """
    try:
        TypeAdapter(kind).validate_python(_plain(value))
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        shown = "" if _is_structured(value) else f" {_short(value)}"
        yield f"{key}{shown}: {reason[0].lower()}{reason[1:]}"


def _plain(value: Any) -> Any:
    return dict(value) if hasattr(value, "items") else value


def _is_structured(value: Any) -> bool:
    """Return True for a value that may contain any text of the user, which no message shows."""
    return not isinstance(value, str | int | float)


def _short(value: Any) -> str:
    text = repr(_plain(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
