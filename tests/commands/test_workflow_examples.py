"""Examples of workflows: they parse, and their commands exist."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from iso.vendor.customisation import TOOLS

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "examples" / "workflows").glob("*.yaml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
CI_PAGE = (ROOT / "docs" / "how-to" / "ci.md").read_text()


def read(file: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(file.read_text())
    return found


def scripts(file: Path) -> list[str]:
    return [step["run"] for job in read(file)["jobs"].values() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_workflow_uses_targets_that_exist_in_scripts_that_parse(file: Path) -> None:
    used = {target for script in scripts(file) for target in re.findall(r"\bmake (?:-s )?([a-z-]+)", script)}

    assert {"up", "preview"} <= used <= TARGETS
    for script in scripts(file):
        checked = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert ("", 0) == (checked.stderr, checked.returncode)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_workflow_uses_the_documented_secrets_one_stack_and_never_two_runs_at_once(file: Path) -> None:
    workflow, text = read(file), file.read_text()
    needed = {f"`{name}`" for name in re.findall(r"(?:secrets|vars)\.([A-Z_]+)", text)}

    assert {name for name in needed if name not in CI_PAGE} == set()
    assert {"group": "images-prod", "cancel-in-progress": False} == workflow["concurrency"]
    assert {"prod"} == {*re.findall(r"--stack (\S+)", text), workflow["env"]["STACK"]}
    # YAML 1.1 reads the key `on` as true
    (schedule,) = workflow[True]["schedule"]
    assert 5 == len(schedule["cron"].split())


def test_the_nightly_workflow_installs_what_answers_require() -> None:
    text = "\n".join(scripts(ROOT / "examples" / "workflows" / "nightly.yaml"))

    assert {package for package in TOOLS.values() if package not in text} == set()


def test_the_nightly_workflow_finds_the_digest_in_a_vendors_list(tmp_path: Path) -> None:
    (script,) = [text for text in scripts(ROOT / "examples" / "workflows" / "nightly.yaml") if "VENDOR_DIGESTS" in text]
    (line,) = [line for line in script.splitlines() if line.startswith("digest=")]
    listed = tmp_path / "SHA256SUMS"
    listed.write_text(f"{'a' * 64}  other.iso\n{'b' * 64}  debian.iso\n{'c' * 64}  debian.iso.torrent\n")
    environment = {"PATH": "/usr/bin:/bin", "VENDOR_DIGESTS": listed.as_uri(), "VENDOR_FILE": "debian.iso"}

    found = subprocess.run(
        ["bash", "-c", f'{line}\necho "$digest"'], env=environment, capture_output=True, text=True, check=False
    )

    assert ("b" * 64 + "\n", "", 0) == (found.stdout, found.stderr, found.returncode)
