"""Command of the report with warm Python processes."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from providers.installation import diagnostic_files
from tests import warm
from tests.commands.report.parsed_page import Element, parse
from tests.commands.report.states import State
from tests.labs import inherited_variables
from toolchain.paths import ROOT

Write = Callable[..., Element]


def command(module: str, *arguments: str, text: str = "", folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [warm.python(), "-m", f"commands.{module}", *arguments],
        cwd=ROOT,
        env={**inherited_variables(), diagnostic_files.SETTING: str(folder / "diagnostics")},
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def page(tmp_path: Path) -> Write:
    """Return a function that writes the report of a state with options, and returns the page."""

    def write(state: State, *options: str) -> Element:
        file = tmp_path / "report.html"
        shown = command("report", "--state", "-", "--output", str(file), *options, text=str(state), folder=tmp_path)
        assert (0, f"{file}\n", "") == (shown.returncode, shown.stdout, shown.stderr)
        assert 0o600 == file.stat().st_mode & 0o777
        return parse(file.read_text())

    return write
