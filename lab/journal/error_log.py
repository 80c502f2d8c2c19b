"""The lab's log: failed work and its place in the code, never the content of a request."""

import asyncio
import logging
import sqlite3
import traceback
from types import TracebackType
from typing import Any

from lab.drivers.interface import DriverError
from lab.files.disk_space import NotWritten
from lab.machines.terminal_text import printable

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
WITHOUT_CONTENT = (OSError, sqlite3.Error, DriverError, NotWritten)
"""Errors whose messages contain nothing of a request."""

log = logging.getLogger(__name__)


class PlainFormatter(logging.Formatter):
    """Log formatter that names errors by their type and place, because their messages may quote values of requests."""

    def format(self, record: logging.LogRecord) -> str:
        return printable(super().format(record))

    def formatException(
        self, info: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        lines: list[str] = []
        error = info[1]
        while error is not None:
            said = f": {error}" if isinstance(error, WITHOUT_CONTENT) else ""
            part = ["Traceback (most recent call last):\n", *traceback.format_tb(error.__traceback__)]
            lines[:0] = [*part, f"{type(error).__name__}{said}\n"]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "".join(lines).rstrip("\n")


def write_log() -> None:
    """Write the log of this process to its standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter(FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def log_loop_errors(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log an error that no task has handled, as an exception handler of asyncio."""
    log.error("%s", str(context.get("message", "an error in the event loop"))[:200], exc_info=context.get("exception"))
