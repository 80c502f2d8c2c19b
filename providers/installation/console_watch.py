"""Occasional reads of a server's console during its installation, which detect an installer that starts repeatedly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huaweicloud.errors import Cancelled, CloudError
from providers.installation.installer_starts import InstallerStarts
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import Server

FIRST_S = 90.0
"""Seconds until the first read of the console; for an installation of known duration a tenth more than that."""
LATER = 1.1
GROWTH = 3.0
LONGEST_S = 900.0
AGAIN_S = 60.0
"""Seconds between two reads, once the installer has started for the second time."""
LINES = 5000
ALLOWED_RESTARTS = 1
"""Some installers reboot once in the middle of the installation, then power off."""


class ConsoleWatch:
    """
    Watch for repeated starts of an installer that needs few requests: none in the first 90 seconds, two in ten minutes.

    Args:
        cloud: Client of the region.
        server: Server that is being installed.
        allowed_restarts: Number of times that the installer may start again.
        expected_s: Seconds that the installation takes, counted from its beginning; None if unknown.
    """

    def __init__(self, cloud: Cloud, server: Server, allowed_restarts: int, expected_s: float | None) -> None:
        self._cloud, self._server = cloud, server
        self._allowed = allowed_restarts
        self._starts = InstallerStarts()
        self._due_s = max(FIRST_S, LATER * (expected_s or 0.0))
        self._reported = 1

    def excess_starts(self, waited_s: float) -> int:
        """
        Read the console if a read is due, and return the number of starts if they are more than allowed.

        Args:
            waited_s: Seconds since the installation began.

        Returns:
            The number of starts; 0 if they are allowed.
        """
        if waited_s < self._due_s:
            return 0
        starts = self._read()
        if starts is None:
            self._due_s = float("inf")  # a service that refuses this does so every time
            return 0
        pause_s = min(waited_s * (GROWTH - 1), LONGEST_S)
        self._due_s = waited_s + (min(pause_s, AGAIN_S) if starts > 1 else pause_s)
        if starts > 1 + self._allowed:
            return starts
        if starts > self._reported:
            self._reported = starts
            process.log(_again(self._server, starts), "warning")
        return 0

    def _read(self) -> int | None:
        try:
            text = self._cloud.ecs.get_console_output(self._server.id, LINES)
        except Cancelled:
            raise
        except CloudError as error:
            return self._starts.count("", is_whole=True) if error.retryable else None
        return self._starts.count(text, is_whole=text.count("\n") < LINES)


def _again(server: Server, starts: int) -> str:
    return (
        f"server {server.name} has started its installer again (its console shows {starts} starts); the installation "
        "ends when the machine is powered off, so an installer that always reboots never ends it"
    )
