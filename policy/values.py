"""Judges single values by the same types that the providers check their inputs with."""

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

_LONGEST = 60


def violations_of(key: str, kind: Any, value: Any) -> Iterator[str]:
    """
    Say what is wrong with a value, if anything is.

    Args:
        key: the property.
        kind: an annotated type of config/constraints.py.
        value: the property's value.
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
    """Tell if a value may hold any text of the user's, which no message shows."""
    return not isinstance(value, str | int | float)


def _short(value: Any) -> str:
    text = repr(_plain(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
