"""Comparison of responses with the models of the official SDK: names and types of all fields, at every depth."""

import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (float, int),
    "datetime": (str,),
}
LIST = re.compile(r"list\[(.*)\]")
MAP = re.compile(r"dict\(str, (.*)\)")


def mismatches(models: ModuleType, kind: str, value: Any, place: str = "") -> Iterator[str]:
    """Yield a line for every field that the model does not have, or that has another type there; null fits each."""
    if value is None or kind == "object":
        return
    if kind in PLAIN:
        is_flag = isinstance(value, bool) and kind != "bool"
        if is_flag or not isinstance(value, PLAIN[kind]):
            yield f"{place} is {value!r}, no {kind}"
    elif item := LIST.fullmatch(kind):
        for element in value if isinstance(value, list) else [f"no list: {value!r}"]:
            yield from mismatches(models, item[1], element, f"{place}[]")
    elif entry := MAP.fullmatch(kind):
        for element in value.values():
            yield from mismatches(models, entry[1], element, f"{place}.*")
    else:
        yield from _of_model(models, kind, value, place)


def _of_model(models: ModuleType, kind: str, value: Any, place: str) -> Iterator[str]:
    model = getattr(models, kind)
    names = {model.attribute_map[name]: type_name for name, type_name in model.openapi_types.items()}
    if not isinstance(value, dict):
        yield f"{place} is {value!r}, no {kind}"
        return
    for key, element in value.items():
        if key not in names:
            yield f"{place}.{key} is not in the model"
        else:
            yield from mismatches(models, names[key], element, f"{place}.{key}")
