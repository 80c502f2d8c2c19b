"""Lenient types for values with several spellings in the services' responses."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BeforeValidator

from huaweicloud.models.tags import read_tags


def number(value: object) -> int | None:
    """Read a number that may be text; "" and null are None."""
    text = str(value).strip() if value is not None else ""
    return int(text) if re.fullmatch(r"-?\d+", text) else None


def fraction(value: object) -> float | None:
    """Read the fraction done of a job (0 to 1)."""
    try:
        done = float(str(value))
    except ValueError:
        return None
    # Every documented sample is a fraction; a number above 1 can only be a percentage.
    return min(1.0, done / 100 if done > 1 else done) if done >= 0 else None


def first(*values: object) -> str:
    """Return the first value that is not empty, as text."""
    return next((str(value) for value in values if value), "")


def joined(values: Iterable[object]) -> str:
    """Join the values that are not empty, each once."""
    return "; ".join(dict.fromkeys(str(value).strip() for value in values if value))


def is_true(value: object) -> bool:
    """Read a boolean that may be text in upper or lower case."""
    return value if isinstance(value, bool) else str(value).lower() == "true"


def moment(value: object) -> datetime | None:
    """Read a time: ISO 8601 with or without Z and fractions, or the old jobs' `04-Jun-2015 18:11:06:586`; all UTC."""
    if isinstance(value, datetime):
        return value
    text = str(value or "").strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = datetime.strptime(text, "%d-%b-%Y %H:%M:%S:%f")
        except ValueError:
            return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


Moment = Annotated[datetime | None, BeforeValidator(moment)]
LenientInt = Annotated[int | None, BeforeValidator(number)]
Count = Annotated[int, BeforeValidator(lambda value: number(value) or 0)]
LenientBool = Annotated[bool, BeforeValidator(is_true)]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]
Tags = Annotated[dict[str, str], BeforeValidator(read_tags)]
StringMap = Annotated[
    dict[str, str],
    BeforeValidator(
        lambda value: {str(k): str(v) for k, v in value.items() if v is not None} if isinstance(value, dict) else {}
    ),
]
