"""Report that is written again and again during a run, with links to the screens of its servers."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from commands.console import Installing, installing
from commands.environment import LAB_STACK, lab_settings, pulumi_environment
from commands.report import report_file
from commands.report.console_redirect import ConsoleRedirect
from commands.report.drawing import report_page
from commands.report.drawing.report_sections import LiveConsole
from commands.report.stack_record import StackRecord, settings_of
from commands.report.stack_report import report_of
from commands.state.exported_stack import NoState
from config.sign_in import connection
from huaweicloud.errors import CloudError
from huaweicloud.printable import printable_line
from providers.installation import diagnostic_files, diagnostics
from toolchain.steps import SetupError

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

UNNAMED = "a command that the backend does not name"
MAX_CONSOLES = 8
"""Number of servers whose console text is read each time; the others have a link only."""

ATTEMPTS = 4
"""Number of consecutive failures to read the state that end the command."""

_never = threading.Event()


def follow(stack: str, read: Callable[[], StackRecord], file: Path, every_s: float) -> None:
    """
    Write the report until the run has ended.

    The last version is the plain report, with the last lines of the consoles of servers that are still installing.

    Args:
        stack: Name of the stack.
        read: Function that returns the present record of the stack.
        file: File of the report.
        every_s: Seconds between two versions.

    Raises:
        KeyboardInterrupt: The command was interrupted; the file is the plain report.
        SetupError: The state can no longer be read; the file is the plain report of what was read last.
    """
    servers, consoles = Consoles(stack), list[LiveConsole]()
    record = _in_run(read())
    if not record.holder:
        print(
            printable_line(f"report: no run of the stack {stack} is under way; the report is written once"),
            file=sys.stderr,
        )
    try:
        with ConsoleRedirect(servers.url) as redirect:
            while record.holder:
                consoles = servers.consoles(installing(record.resources), redirect.link)
                report_file.write(file, _document(record, consoles, every_s))
                _never.wait(every_s)
                record = _in_run(_read_again(read, every_s))
            consoles = servers.consoles(installing(record.resources), redirect.link)
    finally:
        report_file.write(file, _document(record, [console._replace(link="") for console in consoles]))


def _read_again(read: Callable[[], StackRecord], every_s: float) -> StackRecord:
    """Return the present record; a read may fail while the engine writes the state, and is repeated then."""
    for _ in range(ATTEMPTS - 1):
        try:
            return read()
        except (SetupError, NoState):
            _never.wait(every_s)
    return read()


def _in_run(record: StackRecord) -> StackRecord:
    """Return a record with a holder if its run may not have ended, although the backend does not show that."""
    if record.shows_holder or record.events.has_ended:
        return record
    return replace(record, holder=UNNAMED)


def _document(record: StackRecord, consoles: Iterable[LiveConsole] = (), every_s: float | None = None) -> str:
    report = report_of(record, diagnostic_files.folder(), time.time())
    return report_page.of_stack(report, consoles, every_s)


class Consoles:
    """
    Consoles of the servers of a stack, with one client for each region.

    Args:
        stack: Name of the stack.
    """

    def __init__(self, stack: str) -> None:
        self._stack = stack
        self._clients: dict[str, Cloud] = {}
        self._regions: dict[str, str] = {}

    def consoles(self, servers: list[Installing], link: Callable[[str], str]) -> list[LiveConsole]:
        """Return the consoles of servers, without a link where no client can be made."""
        found = []
        for number, server in enumerate(servers):
            self._regions[server.server_id] = server.region
            cloud = self._client(server.region)
            has_text = cloud is not None and number < MAX_CONSOLES
            lines = diagnostics.last_lines(cloud, server.server_id) if cloud and has_text else []
            found.append(LiveConsole(server.build, link(server.server_id) if cloud else "", tuple(lines)))
        return found

    def url(self, server_id: str) -> str:
        """Return a new address of a server's screen, or the reason for its absence."""
        cloud = self._client(self._regions[server_id])
        return diagnostics.console_url(cloud, server_id) if cloud else "not available"

    def _client(self, region: str) -> "Cloud | None":
        if region not in self._clients:
            of_lab = lab_settings() if self._stack == LAB_STACK else {}
            environment = {**pulumi_environment(self._stack, os.environ), **of_lab}
            settings = settings_of(self._stack, environment)
            try:
                self._clients[region] = connection.connect(region, settings.sign_in if settings else {}, environment)
            except CloudError as error:
                print(printable_line(f"report: no consoles in {region}: {error}"), file=sys.stderr)
                return None
        return self._clients[region]
