"""Report of a fleet: the stacks of a fleet file on one page, each as its own report shows it."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from commands.fleet import definition
from commands.fleet.definition import StackDefinition
from commands.fleet.run import end_of
from commands.report import stack_record
from commands.report.figures.engine_events import EngineEvents
from commands.report.stack_report import StackReport, report_of
from commands.state.exported_stack import NoState
from config.preflight_settings import read_preflight
from config.prices import Prices
from config.sign_in.connection import SECRET_KEYS
from toolchain.paths import STATE
from toolchain.steps import SetupError

AT_ONCE = 4
"""Number of states that are read at the same time; each is a process of the CLI."""
LOG_READ = 1024 * 1024
ABSENT = "no stack named"
STATUS = {"finished": "built", "not finished": "unfinished", "under way": "under way", "without builds": "empty"}
"""Words of `python -m commands.fleet status`, and `under way`."""


class Member(NamedTuple):
    """
    Stack of a fleet.

    Attributes:
        name: Name of the stack.
        status: Status in the words of `python -m commands.fleet status`.
        report: Report of the stack; None if it has no state.
        problem: Reason why the state could not be read.
    """

    name: str
    status: str
    report: StackReport | None = None
    problem: str = ""


def members(file: Path, only: Sequence[str], prices: Prices | None, diagnostics: Path, at: float) -> list[Member]:
    """
    Return the stacks of a fleet file with their reports.

    Args:
        file: Fleet file.
        only: Patterns of names; none for all stacks.
        prices: Price table; None for those of the stacks' configurations.
        diagnostics: Folder with the saved output of servers.
        at: Time of the report, in seconds since the epoch.

    Raises:
        InvalidFleet: The file has problems, or a pattern matches no stack.
    """
    chosen = definition.chosen(definition.unvalidated(file), only)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(partial(_member, prices=prices, diagnostics=diagnostics, at=at), chosen))


def _member(stack: StackDefinition, prices: Prices | None, diagnostics: Path, at: float) -> Member:
    own = read_preflight(stack.configuration)[0].prices
    secrets = list(_secrets(stack.configuration))
    try:
        record = stack_record.recorded(stack.name, prices or own, _messages(stack.name), secrets)
    except (SetupError, NoState) as error:
        is_absent = ABSENT in str(error)
        return Member(stack.name, "absent" if is_absent else "unknown", problem="" if is_absent else str(error))
    report = report_of(record, diagnostics, at)
    return Member(stack.name, STATUS[report.status], report)


def _messages(stack: str) -> EngineEvents:
    """Return the diagnostics at the end of the latest log of `up` on this machine, if that run has failed."""
    logs = sorted((STATE / "fleet" / stack).glob("up-*.log"))
    if not logs:
        return EngineEvents()
    try:
        with logs[-1].open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - LOG_READ, 0))
            text = file.read().decode(errors="replace")
    except OSError:
        return EngineEvents()
    return (
        EngineEvents(errors={"": [end_of(text)]}) if "\nDiagnostics:" in text and "error:" in text else EngineEvents()
    )


def _secrets(value: Any) -> Iterator[str]:
    """Yield the secrets of a configuration, wherever it has them."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key in ("user_data", *SECRET_KEYS) and isinstance(part, str):
                yield part
            yield from _secrets(part)
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for part in value:
            yield from _secrets(part)
