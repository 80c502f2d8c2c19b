"""Pages on the lab, which name everything that exists and nothing else."""

import re
import subprocess
import sys

from lab.settings import Settings
from lab.variants.variant_catalog import Variant, list_variants
from tests.labs import ROOT

TEXT = (ROOT / "docs" / "reference" / "lab.md").read_text()


def described(variant: Variant) -> str:
    values = ", ".join(f"**`{value}`**" if value == variant.default else f"`{value}`" for value in variant.values)
    return f"- `{variant.name}`: {values}\n  - Subject: {variant.changes}\n  - Left open by: {variant.silent}\n"


def test_the_page_describes_every_variant_as_the_code_does_and_no_other() -> None:
    assert [variant.name for variant in list_variants() if described(variant) not in TEXT] == []
    assert TEXT.count("  - Left open by: ") == len(list(list_variants()))


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


def test_every_link_of_the_guide_leads_to_a_section_of_the_reference() -> None:
    guide = (ROOT / "docs" / "how-to" / "lab.md").read_text()
    headings = re.findall(r"^##+ (.*)$", TEXT, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}

    targets = re.findall(r"\(\.\./reference/lab\.md#([\w-]+)\)", guide) + re.findall(r"\(#([\w-]+)\)", TEXT)

    assert [target for target in targets if target not in anchors] == []
