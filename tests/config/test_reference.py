"""The reference of the configuration and the JSON schema agree with the models."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from config import stack_model, stack_settings
from config.builds.build_settings import BuildSettings, Installation
from config.builds.publication import Publication
from config.builds.verification import Verification
from config.documentation import clouds_reference, reference, stack_schema
from config.documentation.settings_documentation import setting_of
from config.regions import RegionSettings
from tests.config.build_problems import BUILD

ROOT = Path(__file__).parents[2]
PAGE = reference.PAGE.read_text()
ENVIRONMENT = {"HW_ACCESS_KEY": "a-key", "HW_SECRET_KEY": "a-secret"}
SCHEMA_LINE = "# yaml-language-server: $schema=docs/stack.schema.json\n"
ENDPOINTS = {f"HW_{name}_ENDPOINT": "http://127.0.0.1:1" for name in ("IAM", "IMS", "ECS", "EVS", "VPC", "OBS")}
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
EXAMPLES = [
    text
    for page in PAGES
    for text in re.findall(r"^ *```yaml\n(?:#[^\n]*\n)?( *config:.*?)```", page.read_text(), re.DOTALL | re.MULTILINE)
    if "builds:" in text
]


def validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(reference.SCHEMA.read_text()))


def stack(**changes: Any) -> dict[str, Any]:
    return {"config": {"image-from-iso:region": "cn-north-4", "image-from-iso:builds": [{**BUILD, **changes}]}}


def test_the_tables_and_the_schema_are_those_of_the_models() -> None:
    assert reference.page(PAGE) == PAGE, "run: python -m config.documentation.reference"
    assert stack_schema.as_text() == reference.SCHEMA.read_text(), "run: python -m config.documentation.reference"


def test_the_page_of_the_clouds_is_that_of_the_list() -> None:
    text = reference.CLOUDS_PAGE.read_text()

    assert clouds_reference.page(text) == text, "run: python -m config.documentation.reference"
    with pytest.raises(ValueError, match="markers"):
        clouds_reference.page("# Clouds")


@pytest.mark.parametrize("model", [stack_model.StackConfiguration, BuildSettings, Installation, RegionSettings])
def test_every_setting_has_a_description(model: Any) -> None:
    assert [] == [name for name, field in model.model_fields.items() if not setting_of(field).description]


def test_every_setting_is_in_the_page() -> None:
    keys = set(re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE))

    assert {*stack_model.KEYS, *RegionSettings.model_fields} <= keys
    assert {*BuildSettings.model_fields} - {"installation", "verify", "publish", "answers"} <= keys
    assert {f"installation.{key}" for key in Installation.model_fields} <= keys
    assert {f"verify.{key}" for key in Verification.model_fields} <= keys
    assert {f"publish.{key}" for key in Publication.model_fields} <= keys


def test_the_examples_have_no_problem_and_fit_the_schema() -> None:
    for text in EXAMPLES:
        example = yaml.safe_load(text)
        values = {key.removeprefix("image-from-iso:"): value for key, value in example["config"].items()}
        assert [] == stack_settings.validate(values, {**ENVIRONMENT, **ENDPOINTS}).problems
        assert [] == [error.message for error in validator().iter_errors(example)]
    assert len(EXAMPLES) >= 2


def test_the_stack_of_the_lab_fits_the_schema_that_it_names() -> None:
    text = (ROOT / "Pulumi.lab.yaml").read_text()

    assert text.startswith(SCHEMA_LINE)
    assert validator().is_valid(yaml.safe_load(text))


@pytest.mark.parametrize(
    "changes",
    [
        {"rebuild": 3},
        {"min_ram": None},
        {"tags": {}},
        {"installation": {"timeout_minutes": "2.5"}},
        {"min_disk": 10.0},
        {"share_with": ["0" * 32]},
    ],
)
def test_a_setting_that_the_program_accepts_fits_the_schema(changes: dict[str, Any]) -> None:
    values = {key.removeprefix("image-from-iso:"): value for key, value in stack(**changes)["config"].items()}

    assert [] == stack_settings.validate(values, ENVIRONMENT).problems
    assert validator().is_valid(stack(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"flavour": "s6.large.2"},
        {"min_disk": 2000},
        {"min_disk": "10"},
        {"architecture": "riscv"},
        {"name": "two words"},
        {"root_volume": {"volumetype": "SSD", "size": 10, "kind": "x"}},
        {"installation": {"mode": "manual"}},
        {"data_volumes": {"volumetype": "SSD", "size": 10}},
    ],
)
def test_a_setting_that_the_program_refuses_does_not_fit_the_schema(changes: dict[str, Any]) -> None:
    values = {key.removeprefix("image-from-iso:"): value for key, value in stack(**changes)["config"].items()}

    assert [] != stack_settings.validate(values, ENVIRONMENT).problems
    assert not validator().is_valid(stack(**changes))


@pytest.mark.parametrize(
    ("key", "value", "fits"),
    [
        ("image-from-iso:servers_at_once", "7", True),
        ("image-from-iso:servers_at_once", 0, False),
        ("image-from-iso:password", {"secure": "v1:abc"}, True),
        ("image-from-iso:endpoints", {"ims": "https://ims.example.com"}, True),
        ("image-from-iso:endpoints", {"imz": "https://ims.example.com"}, False),
        ("image-from-iso:defaults", {"flavor": "s6.large.2"}, True),
        ("image-from-iso:defaults", {"flavour": "s6.large.2"}, False),
        ("image-from-iso:regions", {"far": {"region": "cn-north-1"}}, True),
        ("image-from-iso:regions", {"far": {"zone": "cn-north-1"}}, False),
        ("image-from-iso:preflights", "off", False),
        ("aws:region", "anything", True),
    ],
)
def test_the_schema_knows_the_keys_of_a_stack(key: str, value: Any, fits: bool) -> None:
    content = stack()
    content["config"][key] = value

    assert fits == validator().is_valid(content)
