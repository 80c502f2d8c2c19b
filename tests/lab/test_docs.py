"""docs/lab.md names what there is, and nothing that is not."""

import re
import subprocess
import sys

from lab.settings import Settings
from lab.variants.variant_catalogue import catalogue
from tests.labs import ROOT

TEXT = (ROOT / "docs" / "lab.md").read_text()


def test_every_variant_is_described_with_its_values() -> None:
    for variant in catalogue():
        (row,) = re.findall(rf"^\| `{variant.name}` \|.*$", TEXT, re.MULTILINE)
        assert all(f"`{value}`" in row for value in variant.values), variant.name
        assert f"**`{variant.default}`**" in row


def test_every_setting_is_described() -> None:
    settings = Settings().model_dump()
    names = [f"{name}.{key}" for name, group in settings.items() if isinstance(group, dict) for key in group]
    names += [name for name, value in settings.items() if not isinstance(value, dict)]

    missing = [name for name in names if f"`{name}`" not in TEXT and f"`{name.partition('.')[0]}.*`" not in TEXT]

    assert missing == []


def test_every_command_is_described() -> None:
    done = subprocess.run([sys.executable, "-m", "lab", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    commands = set(re.findall(r"^    ([\w-]+) ", done.stdout, re.MULTILINE))
    assert {"start", "stop", "journal"} < commands
    assert [name for name in commands if not re.search(rf"^\| `{name}[ `]", TEXT, re.MULTILINE)] == []
