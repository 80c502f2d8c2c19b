"""Names of stacks, derived from their combinations and stable between runs."""

import hashlib
import re

from commands.fleet.matrix import Combination, shown

LONGEST = 100  # characters, the limit of Pulumi


def stack_name(fleet: str, axes: list[str], combination: Combination) -> str:
    """
    Return `<fleet>-<value>-<value>…`, with the values sorted by their keys.

    The order in the file does not matter, so that sorting it does not lead to new stacks.

    Args:
        fleet: Name of the fleet.
        axes: Keys whose values distinguish the combinations.
        combination: One of the combinations.
    """
    parts = [shown(combination[key]) for key in sorted(axes) if key in combination]
    return valid_name("-".join([fleet, *parts]))


def valid_name(text: str) -> str:
    """Return a text as the name of a stack; if characters are replaced, a digest keeps it unique."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", text)
    if name == text and len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - 9]}-{digest}"
