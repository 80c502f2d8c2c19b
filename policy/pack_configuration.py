"""
Validation of the pack's configuration file: names of rules and of their settings.

The engine checks values against the schema of each rule, and ignores names that it does not know.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from config.constraints import is_reserved
from config.suggestions import close_keys
from policy.rules import ALL

LEVEL = "enforcementLevel"
LEVELS = ("advisory", "mandatory", "remediate", "disabled")
EVERY_RULE = "all"


def problems(content: Any) -> list[str]:
    """
    Return all problems of a configuration file.

    Args:
        content: Parsed JSON: for each rule, a level or a mapping of settings.

    Returns:
        One line per problem.
    """
    if not isinstance(content, Mapping):
        return ["must map rules to their settings"]
    known = {rule.id: {limit.name for limit in rule.limits} for rule in ALL} | {EVERY_RULE: set()}
    found = []
    for name, settings in content.items():
        if name not in known:
            found.append(f"{name}: is not a rule{_nearest(name, known)}")
        elif isinstance(settings, Mapping):
            found += _problems_of(name, settings, known[name])
        elif settings not in LEVELS:
            found.append(f"{name}: {settings!r} is not a level; the levels are {', '.join(LEVELS)}")
    return found


def _problems_of(rule: str, settings: Mapping[str, Any], known: set[str]) -> Iterable[str]:
    for key, value in settings.items():
        if key == LEVEL and value not in LEVELS:
            yield f"{rule}.{LEVEL}: {value!r} is not a level; the levels are {', '.join(LEVELS)}"
        elif isinstance(value, Mapping) and (rule, key) == ("required-tags", "tags"):
            reserved = (tag for tag in value if is_reserved(str(tag)))
            yield from (f"{rule}.{key}: {tag!r} is reserved for the ownership tag" for tag in reserved)
        elif key != LEVEL and key not in known:
            yield f"{rule}.{key}: is not a setting of this rule{_nearest(key, [*known, LEVEL])}"


def _nearest(name: str, known: Iterable[str]) -> str:
    near = close_keys(name, known)
    return f"; did you mean {near[0]!r}?" if near else ""


def main(file: str) -> int:
    """Check a file and return the exit status."""
    try:
        found = problems(json.loads(Path(file).read_text()))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        found = [f"cannot be read: {error}"]
    for problem in found:
        print(f"{file}: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m policy.pack_configuration FILE")
    sys.exit(main(sys.argv[1]))
