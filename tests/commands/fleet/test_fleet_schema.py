"""JSON schema of fleet files: editors accept and reject what the command does."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from commands.fleet import fleet_schema
from commands.fleet.fleet_file import FleetFile, Matrix
from config.documentation.settings_documentation import setting_of
from tests.commands.fleet.test_definition import DEFAULTS, LAB, MATRIX, definition, problems_of, stacks_of

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
FILES = [*(ROOT / "examples").rglob("*.yaml")]


def examples() -> dict[str, str]:
    """Return the text of each fleet file in the documentation and the examples, by the path of its file."""
    texts = [(file, file.read_text()) for file in FILES]
    for page in PAGES:
        texts += [
            (page, text) for text in re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)
        ]
    return {str(path.relative_to(ROOT)): text for path, text in texts if re.search(r"^matrix:", text, re.MULTILINE)}


def errors(content: Any) -> list[str]:
    validator = jsonschema_rs.validator_for(json.loads(fleet_schema.SCHEMA.read_text()))
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(content)]


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """Return a fleet with other top-level keys, or with added keys in its matrix, config or defaults."""
    content = definition()
    for key, value in changes.items():
        part, _, inner = key.partition(".")
        content[part] = {**content[part], inner: value} if inner else value
    return content


def test_the_schema_is_that_of_the_models() -> None:
    assert fleet_schema.as_text() == fleet_schema.SCHEMA.read_text(), "run: python -m commands.fleet.fleet_schema"


@pytest.mark.parametrize("model", [FleetFile, Matrix])
def test_every_key_has_a_description(model: Any) -> None:
    assert [] == [
        name for name, field in model.model_fields.items() if not setting_of(field).description and name != "axes"
    ]


def test_every_key_is_in_the_page() -> None:
    page = (ROOT / "docs" / "how-to" / "fleets.md").read_text()
    keys = set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))

    assert {*FleetFile.model_fields} <= keys
    assert {f"matrix.{key}" for key in Matrix.model_fields if key != "axes"} <= keys


def test_the_examples_fit_the_schema_that_they_name() -> None:
    for name, text in examples().items():
        first = text.partition("\n")[0]
        schema = first.removeprefix("# yaml-language-server: $schema=")
        assert ((ROOT / name).parent / schema).resolve() == fleet_schema.SCHEMA, name
        assert [] == errors(yaml.safe_load(text)), name
    assert "examples/fleet.yaml" in examples()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"stack": "debian-${{ matrix.version }}-${{ matrix.architecture }}"},
        {"stack": None},
        {"matrix.include": [{"size": 10, "min_ram": 512, "rebuild": 3}]},
        {"matrix.exclude": [{"version": 11, "architecture": "x86"}]},
        {"matrix.retain_image": [True]},
        {"defaults.min_disk": "${{ matrix.size }}"},
        {"defaults.tags": {"version": "v${{ matrix.version }}"}},
        {"defaults.data_volumes": [{"volumetype": "SSD", "size": "${{ matrix.size }}"}]},
        {"defaults.installation": {"timeout_minutes": "2.5", "mode": "interactive"}},
        {"config.servers_at_once": "7"},
        {"config.prices": {"currency": "EUR", "flavors": {"s6.large.2": 0.1}}},
        {"config.regions": {"lab-1": {"servers_at_once": 2}}},
    ],
)
def test_a_fleet_that_the_command_accepts_fits_the_schema(changes: dict[str, Any], tmp_path: Path) -> None:
    content = changed(changes)

    assert stacks_of(content, tmp_path / "fleet.yaml", LAB)
    assert [] == errors(content)


@pytest.mark.parametrize(
    "changes",
    [
        {"stak": "x"},
        {"name": "a b"},
        {"matrix": {}},
        {"matrix": {"version": [3.1]}},
        {"matrix": {"version": []}},
        {"matrix": {"version": "11"}},
        {"matrix.architecture": ["riscv"]},
        {"matrix.min_disk": ["10"]},
        {"matrix.root_volume": ["SSD"]},
        {"matrix.password": ["x"]},
        {"matrix.include": [{"size": 10, "min_ram": "512 MiB"}]},
        {"config.preflihgt": "off"},
        {"config.builds": []},
        {"config.secret_key": "x"},
        {"config.estimated_minutes": "30 min"},
        {"defaults.flavour": "s6.large.2"},
        {"defaults.min_disk": "10 GiB"},
        {"defaults.min_disk": "${{ matrix.size }} GiB"},
        {"defaults.max_ram": "4 GiB"},
        {"defaults.root_volume": {"volumetype": "SSD", "size": "10G"}},
        {"defaults.root_volume": {"volumetype": "SSD", "size": 10, "kind": "x"}},
        {"defaults.installation": {"timeout_minutes": "30 minutes"}},
        {"config.prices": {"flavors": {"s6.large.2": -1}}},
    ],
)
def test_a_fleet_that_the_command_rejects_does_not_fit_the_schema(changes: dict[str, Any], tmp_path: Path) -> None:
    content = changed(changes)

    assert problems_of(content, tmp_path / "fleet.yaml")
    assert errors(content)


def test_a_fleet_without_a_matrix_does_not_fit_the_schema() -> None:
    assert errors({"name": "debian", "defaults": DEFAULTS})
    assert [] == errors({"name": "debian", "matrix": MATRIX})
