"""Combinations of a matrix, with `include` and `exclude` as in CI systems."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Value = str | int | bool
Combination = dict[str, Value]

REFERENCE = re.compile(r"\$\{\{\s*matrix\.([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}")


class UnknownReference(Exception):
    """A text refers to a key that the combination does not have."""


def combinations(
    axes: Mapping[str, Sequence[Value]], exclude: Sequence[Combination], include: Sequence[Combination]
) -> list[Combination]:
    """
    Return the combinations of the axes' values that are not excluded, with the additions of `include`.

    An entry of `include` adds its keys to each combination that has the entry's values of the axes. An entry that
    matches no combination becomes a combination of its own.

    Args:
        axes: Values of each axis; without axes, only the entries of `include` remain.
        exclude: Combinations to omit, or parts of them.
        include: Keys to add.
    """
    products = itertools.product(*axes.values()) if axes else ()
    made = [dict(zip(axes, values, strict=True)) for values in products]
    kept = [combination for combination in made if not any(_has(combination, part) for part in exclude)]
    extended = [dict(combination) for combination in kept]
    alone: list[Combination] = []
    for entry in include:
        chosen = {key: value for key, value in entry.items() if key in axes}
        fitting = [new for old, new in zip(kept, extended, strict=True) if _has(old, chosen)]
        for combination in fitting:
            combination.update(entry)
        if not fitting:
            alone.append(dict(entry))
    return extended + alone


def _has(combination: Combination, part: Mapping[str, Value]) -> bool:
    return all(key in combination and str(combination[key]) == str(value) for key, value in part.items())


def resolved(value: Any, combination: Mapping[str, Value]) -> Any:
    """
    Return a setting whose references, such as `${{ matrix.version }}`, are replaced.

    A text that consists of one reference takes the value with its type.

    Raises:
        UnknownReference: The combination does not have the key.
    """
    if isinstance(value, Mapping):
        return {key: resolved(inner, combination) for key, inner in value.items()}
    if isinstance(value, list):
        return [resolved(inner, combination) for inner in value]
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value)
    if whole:
        return _value(whole, combination)
    return REFERENCE.sub(lambda found: shown(_value(found, combination)), value)


def references(value: Any) -> Iterator[str]:
    """Yield the keys that a setting refers to."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)
    elif isinstance(value, str):
        yield from REFERENCE.findall(value)


def shown(value: Value) -> str:
    """Return a value in the spelling of YAML."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(found: re.Match[str], combination: Mapping[str, Value]) -> Value:
    name = found.group(1)
    if name not in combination:
        known = ", ".join(sorted(combination))
        raise UnknownReference(f"refers to `matrix.{name}`, which does not exist; existing keys: {known}")
    return combination[name]
