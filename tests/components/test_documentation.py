"""docs/reference/configuration.md names every key that there is, and no other."""

import re
from pathlib import Path

import yaml

from config import stack_model, stack_settings
from config.builds import BuildSettings, Installation
from config.connection import CREDENTIAL_KEYS
from config.regions import RegionSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "configuration.md").read_text()


def keys_of(heading: str) -> set[str]:
    """The keys in the first column of the table under a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    cells = (line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))
    return {key for cell in cells for key in re.findall(r"`([a-z0-9_.]+)`", cell)}


def test_every_setting_of_a_build_is_documented_and_nothing_else():
    settings = {*BuildSettings.model_fields} - {"installation"}

    assert settings | {f"installation.{key}" for key in Installation.model_fields} == keys_of("A build")


def test_every_key_of_a_stack_is_documented_here_or_with_the_preflight():
    preflight = (ROOT / "docs" / "how-to" / "preflight.md").read_text()

    assert set(CREDENTIAL_KEYS) <= keys_of("The stack") <= set(stack_model.KEYS)
    assert [] == [key for key in stack_model.KEYS if f"`{key}`" not in PAGE + preflight]


def test_every_setting_of_a_region_is_documented_and_nothing_else():
    assert {*RegionSettings.model_fields} == keys_of("Several regions")


def test_the_examples_have_no_fault():
    examples = [yaml.safe_load(text)["config"] for text in re.findall(r"```yaml\n(config:.*?)```", PAGE, re.DOTALL)]
    environment = {"HW_ACCESS_KEY": "a-key", "HW_SECRET_KEY": "a-secret"}

    for example in examples:
        values = {key.removeprefix("image-from-iso:"): value for key, value in example.items()}
        assert [] == stack_settings.validate(values, environment).problems
    assert 2 == len(examples)
