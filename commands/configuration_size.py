"""Size of a stack's configuration, which Pulumi's official host for Python programs passes in one variable."""

import json
from pathlib import Path
from typing import Any

import yaml

from toolchain.paths import BIN, ROOT
from toolchain.pulumi.long_variables import LONGEST_VARIABLE_BYTES
from toolchain.steps import SetupError

VARIABLE = "PULUMI_CONFIG"


def require_room(stack: str) -> None:
    """
    Check that the configuration of a stack fits into the program's environment, if the CLI passes it there.

    Args:
        stack: Name of the stack.

    Raises:
        SetupError: It does not fit; the message contains the limit and remedies.
    """
    size = size_bytes(ROOT / f"Pulumi.{stack}.yaml")
    if uses_official_host() and size > LONGEST_VARIABLE_BYTES:
        raise SetupError(
            f"the configuration of the stack {stack} has {size // 1024} KiB, but this Pulumi CLI passes at most"
            f" {(LONGEST_VARIABLE_BYTES + 1) // 1024} KiB to a Python program; move common settings to `defaults`,"
            " let installers load long `user_data` from an address, or distribute the builds over several stacks"
            " (docs/reference/configuration.md)"
        )


def uses_official_host() -> bool:
    """Return True if the CLI has its own host for Python programs, not the one of this project."""
    return (BIN / "pulumi").is_symlink()


def size_bytes(file: Path) -> int:
    """Return the size of a configuration in the environment; 0 if it cannot be read, which Pulumi reports."""
    try:
        values: dict[str, Any] = (yaml.safe_load(file.read_text()) or {}).get("config") or {}
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    except (OSError, ValueError, AttributeError, yaml.YAMLError):
        return 0
    return len(VARIABLE) + len(json.dumps(texts).encode()) + 2
