"""Spellings of tags in requests and responses."""

from collections.abc import Mapping


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Spell tags for a request."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def read_tags(value: object) -> dict[str, str]:
    """
    Read tags in any of the spellings that responses use.

    Args:
        value: An object, a list of {key, value}, or a list of `k=v`, `k.v` (the old image tags) or bare keys.

    Returns:
        The tags by key.
    """
    if isinstance(value, Mapping):
        return {str(key): str(item) for key, item in value.items()}
    tags: dict[str, str] = {}
    for item in value if isinstance(value, list) else []:
        if isinstance(item, Mapping):
            tags[str(item.get("key"))] = str(item.get("value") or "")
        elif isinstance(item, str):
            key, _, text = item.partition("=" if "=" in item else ".")
            tags[key] = text
    return tags
