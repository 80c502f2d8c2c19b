"""The running lab that a command works on."""

from pathlib import Path
from typing import Any

from lab import daemon
from lab.commands.command_name import COMMAND
from lab.control_client import Control


def description_of(state: Path) -> dict[str, Any]:
    """
    Return the description that the running lab wrote.

    Raises:
        LabError: No lab is running in the state folder.
    """
    about = daemon.running(state)
    if about is None:
        raise daemon.LabError(f"no lab is running in {state}; start one: {COMMAND} start")
    return about


def control_of(state: Path) -> Control:
    """
    Return the control interface of the running lab.

    Raises:
        LabError: No lab is running in the state folder.
    """
    return Control.of(state, description_of(state))
