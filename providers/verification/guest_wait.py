"""Wait for the guest of a test: for a text on its console, an open TCP port, or both, as far as they are visible."""

from __future__ import annotations

import socket
import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from huaweicloud.errors import Cancelled, CloudError, UnexpectedState, WaitTimeout
from huaweicloud.polling import wait_until
from huaweicloud.printable import printable
from providers.runtime import process, progress, step_metrics
from providers.verification import guest_findings

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import Server
    from providers.lifecycle.lease import Lease

LINES = 2000
MAX_TEXT = 512 * 1024
CONNECT_S = 3.0
SHUTDOWN = 4  # OS-EXT-STS:power_state


class TestFailed(Exception):
    """
    Failure of an image in its test; the message is a phrase with the image as its subject.

    Attributes:
        server: The server, as it was in the end.
    """

    __test__ = False  # no test of pytest's

    def __init__(self, problem: str, server: Server) -> None:
        super().__init__(problem)
        self.server = server


@dataclass
class GuestWait:
    """
    Wait for a guest.

    Args:
        cloud: Client of the region.
        until: Text that its console has to show; None for any.
        port: TCP port that it has to open; None for none.
        timeout_minutes: Minutes that it may take, counted from the creation of its server.

    Attributes:
        console: Text of its console, as it was read last.
    """

    cloud: Cloud
    until: str | None
    port: int | None
    timeout_minutes: float
    console: str = ""
    _unread: str = ""
    _is_observed: bool = False
    _seen: set[str] = field(default_factory=set)

    def run(self, server: Server, lease: Lease) -> Server:
        """
        Wait until the guest shows the sign of success, and return its server.

        Raises:
            TestFailed: It does not show it in time, or powers off.
            UnexpectedState: The cloud has no such server any more, cannot run it, or does not let it be observed.
            Cancelled: The user cancelled the run; the server is kept, and the next run continues.
        """

        def poll() -> Server | None:
            nonlocal server
            self._is_observed = False
            lease.renew()
            current = self.cloud.ecs.get_server(server.id)
            if current is not None:
                server = current
                if current.status != "ERROR":
                    self._look(current)
            self._is_observed = not self._unread
            return current

        age_s = _age_s(self.cloud, server)
        try:
            passed = wait_until(
                poll,
                done=lambda current: current is not None and self._has_passed,
                failed=lambda current: _unusable(server.name, current),
                subject="the test of the image",
                timeout_s=max(self.timeout_minutes * 60 - age_s, 1.0),
                started_ago_s=age_s,
                expected_s=step_metrics.expected_s(age_s),
                cancelled=process.cancelled,
                poll_at_once=True,
                describe=lambda current: "gone" if current is None else f"booting ({current.status})",
                progress=progress.reporter(),
            )
        except _PoweredOff:
            raise TestFailed(f"the guest of server {server.name} powered itself off{self._cause()}", server) from None
        except WaitTimeout:
            if not self._is_observed:
                raise self._unobserved(server) from None
            within = f"within {self.timeout_minutes:g} minutes"
            raise TestFailed(f"{self._lacks(server)} {within}{self._cause()}", server) from None
        assert passed is not None  # narrowed by `done`
        return passed

    @property
    def _has_passed(self) -> bool:
        return (self.until is None or "text" in self._seen) and (self.port is None or "port" in self._seen)

    def _look(self, server: Server) -> None:
        """Look at the console and at the port, if it is not known yet that they are as they should be."""
        if "text" not in self._seen and self.until is not None and self._shows_text(server, self.until):
            self._seen.add("text")
        if "port" not in self._seen and self.port is not None and self._is_open(server, self.port):
            self._seen.add("port")
        if not self._has_passed and _is_off(server):
            raise _PoweredOff

    def _shows_text(self, server: Server, until: str) -> bool:
        """
        Return True if the console shows the text; a console that cannot be read shows none.

        Source: ECS GET /v1/{project_id}/cloudservers/{server_id}/console-output, `length` in lines.
        """
        text = self._read(server)
        return until in text or until in printable(text, MAX_TEXT)

    def _read(self, server: Server) -> str:
        try:
            self.console, self._unread = self.cloud.ecs.get_console_output(server.id, LINES)[-MAX_TEXT:], ""
        except Cancelled:
            raise
        except CloudError as error:
            self._unread = str(error)
        return self.console

    def _is_open(self, server: Server, port: int) -> bool:
        for address in server.addresses:
            try:
                with closing(socket.create_connection((address, port), CONNECT_S)):
                    return True
            except OSError:
                continue
        return False

    def _lacks(self, server: Server) -> str:
        """Return a phrase for the sign that is missing."""
        missing = []
        if self.until is not None and "text" not in self._seen:
            missing.append(f"the text {self.until!r} did not appear on the console of server {server.name}")
        if self.port is not None and "port" not in self._seen:
            where = " or ".join(server.addresses) or "the server, which has no address"
            missing.append(f"port {self.port} of {where} did not open for this machine")
        return " and ".join(missing)

    def _unobserved(self, server: Server) -> UnexpectedState:
        """Return the error for a guest about which nothing is known; that says nothing about its image."""
        reason = f"its console cannot be read ({self._unread})" if self._unread else "the service does not answer"
        return UnexpectedState(
            f"the test of the image cannot be judged, because server {server.name} cannot be observed: {reason}; the "
            "server is kept",
            hint="run `pulumi up` to continue; where consoles cannot be read, set verify.port instead of verify.until",
        )

    def _cause(self) -> str:
        """Return a phrase for what the console says, which may be the cause; "" if it says nothing that is known."""
        found = guest_findings.of_console(self.console)
        return f"; {found}" if found else ""


class _PoweredOff(Exception):
    """Guest that has powered its machine off."""


def _unusable(name: str, server: Server | None) -> CloudError | None:
    if server is None:
        return UnexpectedState(
            f"server {name} was deleted before the test of its image ended", hint="run `pulumi up` to test it again"
        )
    if server.status == "ERROR":
        reason = server.fault.message if server.fault else "the service gives no reason"
        return UnexpectedState(
            f"server {name} ({server.id}) changed to status ERROR during the test of its image: {reason}",
            hint="run `pulumi up` again, which deletes it and tests the image once more",
        )
    return None


def _is_off(server: Server) -> bool:
    # Not documented: the status after a guest's own power-off, see providers/os_installation.py.
    return not server.task_state and (server.status == "SHUTOFF" or server.power_state == SHUTDOWN)


def _age_s(cloud: Cloud, server: Server) -> float:
    now, began = cloud.service_time("ecs"), time.monotonic()
    age_s = (now - server.created).total_seconds() if now and server.created else 0.0
    return max(age_s + time.monotonic() - began, 0.0)
