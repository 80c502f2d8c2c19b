"""Messages about resources in an event log of Pulumi (`pulumi up --event-log FILE`)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from huaweicloud.printable import printable
from toolchain.steps import SetupError

MAX_MESSAGES = 20
"""Number of error messages of one resource that are kept."""
MAX_MESSAGE = 64_000
"""Number of characters of a message that are kept."""


@dataclass
class EngineEvents:
    """
    Events of the latest run in a log.

    Attributes:
        errors: Error messages by URN; "" for the stack.
        progress: Latest message about the progress of a resource, by URN.
        has_ended: True if the engine has ended.
    """

    errors: dict[str, list[str]] = field(default_factory=dict)
    progress: dict[str, str] = field(default_factory=dict)
    has_ended: bool = False

    def add(self, event: Mapping[str, Any]) -> None:
        """Take an event; a prelude begins a run, such as the update after its preview."""
        if "preludeEvent" in event:
            self.errors, self.progress, self.has_ended = {}, {}, False
        elif "cancelEvent" in event:
            self.has_ended = True
        found = event.get("diagnosticEvent")
        if isinstance(found, Mapping) and isinstance(found.get("message"), str):
            urn, message = str(found.get("urn") or ""), printable(found["message"].strip(), MAX_MESSAGE)
            if found.get("severity") == "error":
                self.errors[urn] = [*self.errors.get(urn, []), message][-MAX_MESSAGES:]
            elif found.get("ephemeral"):
                self.progress[urn] = message


def read(file: Path) -> EngineEvents:
    """
    Return the events of the latest run in a log, which may still be written.

    Raises:
        SetupError: The file cannot be read, or is something else.
    """
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            found, count = _events(lines)
    except OSError as error:
        raise SetupError(f"cannot read {file}: {error.strerror}") from None
    if not count and file.stat().st_size:
        raise SetupError(f"{file} was not written by `pulumi up --event-log`")
    return found


def _events(lines: Iterable[str]) -> tuple[EngineEvents, int]:
    found, count = EngineEvents(), 0
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:  # the last line may be incomplete
            continue
        if isinstance(event, dict) and "sequence" in event:
            count += 1
            found.add(event)
    return found, count
