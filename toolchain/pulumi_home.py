"""Pulumi home of a clone: the folder of the CLI's settings, plugins and logs."""

from contextlib import suppress
from pathlib import Path


def keep_no_logs(home: Path) -> None:
    """Keep the CLI from writing all that its engine does, properties and all, into a log of each command.

    It is nearly half of what the engine computes in a preview. There is no setting for it; where the folder of the logs
    cannot be made, the CLI goes on without.

    Args:
        home: Pulumi's; it exists afterwards. Logs that are there already stay, and go on.
    """
    home.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        (home / "logs").touch(exist_ok=False)
