"""Problems of a configuration: setting, value, reason and remedy, formatted once."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """
    One problem, or one property that could not be checked.

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

    @classmethod
    def of_props(cls, props: "Mapping[str, Any] | str") -> "Finding":
        """Return a finding from its properties, or from the line `key: reason` of a program of an earlier version."""
        if isinstance(props, str):
            key, _, reason = props.partition(": ")
            return problem(key, reason)
        return cls(**{"value": None, **props})

    def as_props(self) -> dict[str, Any]:
        """Return the properties that are set, as a resource passes them on."""
        return {key: value for key, value in asdict(self).items() if value not in (None, "")}

    def __str__(self) -> str:
        value = "" if self.value is None else f"{self.value!r} "
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{self.key}: {value}{self.reason}{remedy}"


def problem(key: str, reason: str, remedy: str = "") -> Finding:
    """
    Return a problem that stops a run and whose value is not shown.

    Args:
        key: The configuration key, or the environment variable.
        reason: What is wrong, as a phrase that goes on after the key.
        remedy: What to do, as an imperative; "" where there is no one advice.
    """
    return Finding("error", key, None, reason, remedy)


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that stop a run."""
    return [finding for finding in findings if finding.severity == "error"]


def warnings(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings that do not stop a run."""
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


def with_namespace(finding: Finding, project: str, builds: Collection[str] = ()) -> str:
    """
    Return a finding as one line, its key with the namespace of the configuration if it is a configuration key.

    Args:
        finding: A finding of a configuration.
        project: Namespace of the configuration keys.
        builds: Names of builds that a program declares itself; their keys begin with the name.
    """
    is_variable = re.fullmatch(r"[A-Z][A-Z0-9_]*|[a-z]+_proxy", finding.key)
    is_of_program = finding.key.partition(".")[0] in builds
    return str(finding) if is_variable or is_of_program else f"{project}:{finding}"
