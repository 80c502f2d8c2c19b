"""Pulumi home of a clone, the folder with the CLI's settings, plugins and logs."""

from contextlib import suppress
from pathlib import Path


def keep_no_logs(home: Path) -> None:
    """
    Create the Pulumi home so that the CLI cannot write a log of each command with all properties.

    The logs are nearly half of the engine's work in a preview. There is no setting for them. If the folder of the logs
    cannot be created, the CLI continues without.

    Args:
        home: Pulumi home, which exists afterwards. An existing folder of logs stays in use.
    """
    home.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        (home / "logs").touch(exist_ok=False)
