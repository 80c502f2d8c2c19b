"""The clone's own Pulumi CLI, and a command of it whose answer is read."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.layout import BIN, ROOT

PULUMI = str(BIN / "pulumi")


def ask(environment: Mapping[str, str], *arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """
    Run a command that asks nothing, and keep what it prints.

    Args:
        environment: the whole environment of the command.
        arguments: of the CLI.
        folder: of the program.
    """
    return subprocess.run(
        [PULUMI, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
