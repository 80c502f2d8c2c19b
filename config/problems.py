"""What a check has to say: which setting, which value, what is wrong with it, and what to do."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """
    One fault, or one thing that could not be checked.

    Attributes:
        severity: An error stops the run, a warning does not.
        key: The configuration key, such as `builds[0].flavor`.
        value: What is configured there; None where nothing is, or where it must not be shown.
        reason: What is wrong, as a phrase that goes on after the value.
        remedy: What to do, as an imperative; "" where there is no one advice.
    """

    severity: Severity
    key: str
    value: Any
    reason: str
    remedy: str = ""

    def __str__(self) -> str:
        value = "" if self.value is None else f"{self.value!r} "
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.key}: {value}{self.reason}{remedy}"


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that stop a run."""
    return [finding for finding in findings if finding.severity == "error"]


def warnings(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that do not."""
    return [finding for finding in findings if finding.severity == "warning"]


def in_order(findings: Iterable[Finding], fields: Sequence[str]) -> list[Finding]:
    """
    Sort findings as the configuration is read: the stack's own keys, then each build's, then what concerns all builds.

    Args:
        findings: In any order.
        fields: The settings of a build in their order.
    """
    return sorted(findings, key=lambda finding: _place(finding.key, fields))


def _place(key: str, fields: Sequence[str]) -> tuple[int, int, int]:
    if key == "builds":
        return (2, 0, 0)
    if not key.startswith("builds["):
        return (0, 0, 0)
    number, _, rest = key.removeprefix("builds[").partition("]")
    field = rest.removeprefix(".").partition(".")[0].partition("[")[0]
    return (1, int(number), fields.index(field) if field in fields else len(fields))


def with_namespace(line: str, project: str) -> str:
    """
    Put the project's namespace in front of a line's key, unless that is an environment variable.

    Args:
        line: `key: reason`.
        project: Namespace of the configuration keys.
    """
    is_variable = re.match(r"([A-Z][A-Z0-9_]*|[a-z]+_proxy): ", line)
    return line if is_variable else f"{project}:{line}"
