"""Rendering of a report as text and as JSON."""

import json
import shutil
import textwrap
from collections.abc import Iterator, Sequence

from config import wording
from config.problems import Finding
from preflight import terminal_table
from preflight.report import RegionReport, Report

HEAD = ("", "key", "problem and remedy")
WIDTHS = (7, 28)
INDENT = 9
LEAST_WIDTH, MOST_WIDTH = 60, 160


def as_json(report: Report) -> str:
    """Return the whole report as JSON."""
    content = {
        "ok": not report.has_errors,
        "findings": [vars(finding) for finding in report.findings],
        "regions": [vars(section) for section in report.regions],
        "requests": report.requests,
    }
    return json.dumps(content, indent=2, default=str)


def as_text(report: Report, width: int | None = None) -> str:
    """Return the report as text with a table, as wide as the terminal."""
    width = min(max(width or shutil.get_terminal_size((120, 40)).columns, LEAST_WIDTH), MOST_WIDTH)
    lines = [line for section in report.regions for line in _about(section, width)]
    lines.append(_table(report.findings, width) if report.findings else "no problems found")
    return "\n".join([*lines, "", _summary(report)])


def _about(section: RegionReport, width: int) -> Iterator[str]:
    yield f"region   {section.region}"
    yield f"project  {section.project_id or '(unknown)'}"
    yield f"sign-in  {section.sign_in}"
    if section.project_id:
        yield f"roles    {_roles(section.roles)}"
    for line in section.files:
        yield from textwrap.wrap(f"ISO      {line}", width, subsequent_indent=" " * INDENT, break_on_hyphens=False)
    if section.plan:
        yield f"plan     without existing resources, {section.plan}"
    yield ""


def _roles(roles: list[str] | None) -> str:
    return "not available with an access key" if roles is None else ", ".join(roles) or "none"


def _summary(report: Report) -> str:
    errors = sum(finding.severity == "error" for finding in report.findings)
    warnings = len(report.findings) - errors
    counts = {"error": errors, "warning": warnings, "request": report.requests}
    return f"{', '.join(wording.count(number, noun) for noun, number in counts.items())}; nothing was created"


def _table(findings: Sequence[Finding], width: int) -> str:
    last = width - sum(WIDTHS) - len(WIDTHS) * len(terminal_table.GAP)
    return terminal_table.render(HEAD, [_row(finding) for finding in findings], widths=(*WIDTHS, last), ruled=True)


def _row(finding: Finding) -> tuple[str, str, str]:
    value = "" if finding.value is None else f"{finding.value!r} "
    text = [f"{value}{finding.reason}", *([f"-> {finding.remedy}"] if finding.remedy else [])]
    return finding.severity, finding.key, "\n".join(text)
