"""Size of a stack's configuration, which Pulumi's official host for Python programs puts into one variable."""

import json
from pathlib import Path
from typing import Any

import yaml

from toolchain.paths import BIN, ROOT
from toolchain.pulumi.long_variables import LONGEST_VARIABLE_BYTES
from toolchain.steps import SetupError

VARIABLE = "PULUMI_CONFIG"


def require_room(stack: str) -> None:
    """Check that the configuration of a stack fits into the program's environment, where it goes that way.

    Args:
        stack: Name of the stack.

    Raises:
        SetupError: It does not fit; the message has the limit and the way out.
    """
    size = size_bytes(ROOT / f"Pulumi.{stack}.yaml")
    if uses_official_host() and size > LONGEST_VARIABLE_BYTES:
        raise SetupError(
            f"the configuration of the stack {stack} has {size // 1024} KiB, and this Pulumi CLI hands at most"
            f" {(LONGEST_VARIABLE_BYTES + 1) // 1024} KiB to a Python program: move what builds share to `defaults`,"
            " let installers load long `user_data` from an address, or divide the builds among several stacks"
            " (docs/reference/configuration.md)"
        )


def uses_official_host() -> bool:
    """Return True if the CLI brings its own host for Python programs, not the one of this project."""
    return (BIN / "pulumi").is_symlink()


def size_bytes(file: Path) -> int:
    """Return the size that a configuration has in the environment; 0 if it cannot be read, which Pulumi reports."""
    try:
        values: dict[str, Any] = (yaml.safe_load(file.read_text()) or {}).get("config") or {}
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    except (OSError, ValueError, AttributeError, yaml.YAMLError):
        return 0
    return len(VARIABLE) + len(json.dumps(texts).encode()) + 2
