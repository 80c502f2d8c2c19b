"""An examination as a table for people, and as JSON for machines."""

import json
import shutil
import textwrap
from collections.abc import Iterator, Sequence

from config.problems import Finding
from preflight import terminal_table
from preflight.report import Examination, Place

HEAD = ("", "key", "what is wrong, and what to do")
WIDTHS = (7, 28)
INDENT = 9
LEAST_WIDTH, MOST_WIDTH = 60, 160


def as_json(examination: Examination) -> str:
    """Everything, for machines."""
    content = {
        "ok": not examination.has_errors,
        "findings": [vars(finding) for finding in examination.findings],
        "regions": [vars(place) for place in examination.places],
        "requests": examination.requests,
    }
    return json.dumps(content, indent=2, default=str)


def as_text(examination: Examination, width: int | None = None) -> str:
    """A table for people, as wide as the terminal."""
    width = min(max(width or shutil.get_terminal_size((120, 40)).columns, LEAST_WIDTH), MOST_WIDTH)
    lines = [line for place in examination.places for line in _about(place, width)]
    lines.append(_table(examination.findings, width) if examination.findings else "nothing is wrong")
    return "\n".join([*lines, "", _summary(examination)])


def _about(place: Place, width: int) -> Iterator[str]:
    yield f"region   {place.region}"
    yield f"project  {place.project_id or '(not known)'}"
    yield f"sign-in  {place.sign_in}"
    if place.project_id:
        yield f"roles    {_roles(place.roles)}"
    for line in place.files:
        yield from textwrap.wrap(f"ISO      {line}", width, subsequent_indent=" " * INDENT, break_on_hyphens=False)
    if place.plan:
        yield f"plan     without what is there already, {place.plan}"
    yield ""


def _roles(roles: list[str] | None) -> str:
    return "cannot be read with an access key" if roles is None else ", ".join(roles) or "none"


def _summary(examination: Examination) -> str:
    errors = sum(finding.severity == "error" for finding in examination.findings)
    warnings = len(examination.findings) - errors
    return f"{errors} errors, {warnings} warnings, {examination.requests} requests, nothing was created"


def _table(findings: Sequence[Finding], width: int) -> str:
    last = width - sum(WIDTHS) - len(WIDTHS) * len(terminal_table.GAP)
    return terminal_table.render(HEAD, [_row(finding) for finding in findings], widths=(*WIDTHS, last), ruled=True)


def _row(finding: Finding) -> tuple[str, str, str]:
    value = "" if finding.value is None else f"{finding.value!r} "
    text = [f"{value}{finding.reason}", *([f"-> {finding.remedy}"] if finding.remedy else [])]
    return finding.severity, finding.key, "\n".join(text)
