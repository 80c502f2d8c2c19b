"""Result of an inspection: facts on an image, and findings with their remedies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lab.commands.command_name import COMMAND
from lab.machines.terminal_text import printable

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
BOOT_IT = f"Boot the image to check it: {COMMAND} boot."
MAX_TEXT = 400
MAX_LISTED = 64
"""Longest list of findings and of most facts; a hostile disk could fill any list."""
MAX_LIST_ITEMS = 20_000


@dataclass(frozen=True)
class Finding:
    """
    Observation that a user should know before the image is used.

    Attributes:
        severity: An error keeps servers from working, a warning can do so or is a risk, a note is for information.
        rule: Name of the check that never changes.
        finding: Sentence on what was found.
        fix: Imperative sentence on the correction.
    """

    severity: Severity
    rule: str
    finding: str
    fix: str


class Inspection:
    """Facts and findings that the checks collect; every text in them is printable and bounded."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self._findings: list[Finding] = []

    @property
    def findings(self) -> list[Finding]:
        """Return the findings, the most severe ones first."""
        return sorted(self._findings, key=lambda each: SEVERITIES.index(each.severity))

    def state(self, topic: str, fact: Any) -> None:
        """Add the facts on a topic."""
        self.facts[topic] = bounded(fact)

    def report(self, severity: Severity, rule: str, finding: str, fix: str) -> None:
        """Add a finding, unless it is known already or there are too many."""
        found = Finding(severity, rule, shortened(finding), shortened(fix))
        if found not in self._findings and len(self._findings) < MAX_LISTED:
            self._findings.append(found)

    def as_json(self) -> dict[str, Any]:
        """Return facts, findings and their numbers as plain values."""
        counts = {severity: sum(f.severity == severity for f in self._findings) for severity in SEVERITIES}
        return {"facts": self.facts, "findings": [vars(f) for f in self.findings], "counts": counts}


def shortened(text: str, limit: int = MAX_TEXT) -> str:
    """Return a text of the disk on one line, without what a terminal would obey, and of bounded length."""
    line = " ".join(printable(text[: 2 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def bounded(value: Any) -> Any:
    """Return a value of plain types in which every text is printable and every list has a bounded length."""
    if isinstance(value, str):
        return shortened(value)
    if isinstance(value, Mapping):
        return {shortened(str(key)): bounded(each) for key, each in list(value.items())[:MAX_LIST_ITEMS]}
    if isinstance(value, Sequence):
        return [bounded(each) for each in value[:MAX_LIST_ITEMS]]
    return value
