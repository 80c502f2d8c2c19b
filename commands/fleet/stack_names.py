"""Names of stacks: made from what tells a combination apart, and the same at every run."""

import hashlib
import re

from commands.fleet.matrix import Combination, shown

LONGEST = 100  # characters, as Pulumi has it


def stack_name(fleet: str, axes: list[str], combination: Combination) -> str:
    """
    `<fleet>-<value>-<value>…`, with the values in the order of their keys' names.

    The order in the file does not count: whoever sorts the file anew must not get new stacks.

    Args:
        fleet: the fleet's name.
        axes: keys whose values tell the combinations apart.
        combination: one of them.
    """
    parts = [shown(combination[key]) for key in sorted(axes) if key in combination]
    return valid_name("-".join([fleet, *parts]))


def valid_name(text: str) -> str:
    """The text as a stack's name; where characters have to go, a digest keeps two names from becoming one."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", text)
    if name == text and len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - 9]}-{digest}"
