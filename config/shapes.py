"""Shapes of structured settings: a setting left empty is absent, and one of another shape is one problem."""

import json
from collections.abc import Mapping
from typing import Any

from config.problems import Finding, problem
from config.sign_in.precedence import ENDPOINT_KEYS
from config.suggestions import shown_key

SHAPES: dict[str, tuple[type, str]] = {
    "builds": (list, "must be a list with at least one build"),
    "defaults": (Mapping, "must be a mapping of settings that every build shares"),
    "endpoints": (Mapping, f"must map some of {', '.join(ENDPOINT_KEYS)} to base URLs"),
    "regions": (Mapping, "must map names of regions to their settings"),
    "prices": (Mapping, "must be a mapping with currency, flavors, volumes or image_gib_month"),
}
FREE_MAPPINGS = ("tags",)
"""Mappings whose keys are the user's own: an empty value there is a value."""


def shaped(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """
    Return a stack's settings without those that are left empty or of another shape.

    Args:
        values: Settings by key, without the namespace.

    Returns:
        The settings, and a problem for each structured one of another shape, never with its value.
    """
    found: dict[str, Any] = {}
    problems: list[Finding] = []
    for key, value in values.items():
        shape, reason = SHAPES.get(key, (object, ""))
        if is_empty(value):
            continue
        if key not in SHAPES and isinstance(value, Mapping | list):
            problems.append(problem(shown_key(key), "must be a single value, not a list or a mapping"))
        elif isinstance(value, shape):
            found[key] = value
        else:
            problems.append(problem(key, reason))
    if not found.get("builds") and "builds" not in [item.key for item in problems]:
        problems.append(problem("builds", SHAPES["builds"][1]))
    return found, problems


def structured(key: str, text: Any) -> Any:
    """Return a structured setting from its JSON text; a plain word stays one, to be reported with all else."""
    if key not in SHAPES or not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def is_empty(value: Any) -> bool:
    """Tell if a setting is left empty; Pulumi hands an empty one over as empty text."""
    return value is None or value == ""


def given(settings: Mapping[Any, Any]) -> dict[str, Any]:
    """Return settings without those that are left empty, at every level; keys are text."""
    return {str(key): _given(str(key), value) for key, value in settings.items() if value is not None}


def _given(key: str, value: Any) -> Any:
    if isinstance(value, Mapping) and key not in FREE_MAPPINGS:
        return given(value)
    if isinstance(value, list):
        return [_given("", item) for item in value]
    return value


def read_endpoints(configured: Mapping[Any, Any]) -> tuple[dict[str, str], list[Finding]]:
    """
    Return the base URLs that a stack gives, and a problem for each that is no text or of no service.

    Args:
        configured: Base URLs by service.
    """
    present = given(configured)
    unknown = [shown_key(name) for name in present if name not in ENDPOINT_KEYS]
    problems = (
        [problem("endpoints", f"{SHAPES['endpoints'][1]}; {', '.join(unknown)} is none of them")] if unknown else []
    )
    problems += [
        problem(f"endpoints.{name}", "must be a base URL, as text")
        for name, url in present.items()
        if name in ENDPOINT_KEYS and not isinstance(url, str)
    ]
    return {} if problems else present, problems
