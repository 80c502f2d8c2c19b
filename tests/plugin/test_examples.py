"""The example program in YAML: its properties are inputs of the component, and its build has no problem."""

from pathlib import Path

import yaml

from components.build_values import BuildValues
from plugin.package import package_schema
from plugin.package.schema_types import token
from plugin.package.spelling import settings_of

ROOT = Path(__file__).parents[2]


def test_the_program_in_yaml_declares_a_build_without_problems():
    folder = ROOT / "examples" / "yaml"
    program = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    ((name, golden),) = program["resources"].items()
    (plugin,) = program["plugins"]["providers"]

    assert golden["type"].replace(":", ":index:") == token("IsoImageBuild")
    component = package_schema.schema()["resources"][token("IsoImageBuild")]
    assert {*golden["properties"]} <= {*component["inputProperties"]}
    assert {"imageId": "${golden.imageId}"} == program["outputs"]
    assert ([], True) == (
        BuildValues.read({**settings_of(golden["properties"]), "name": name})[1],
        (folder / plugin["path"] / "PulumiPlugin.yaml").is_file(),
    )
