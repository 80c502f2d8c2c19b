"""The example program in YAML: its properties are inputs of the component, and its builds have no problem."""

from pathlib import Path

import yaml

from components.build_values import BuildValues
from plugin.package import package_schema
from plugin.package.schema_types import token
from plugin.package.spelling import settings_of

ROOT = Path(__file__).parents[2]


def test_the_program_in_yaml_declares_builds_without_problems():
    folder = ROOT / "examples" / "yaml"
    program = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    defaults = yaml.safe_load((folder / "Pulumi.lab.yaml").read_text())["config"]["huaweicloud-image:defaults"]
    builds = {name: one for name, one in program["resources"].items() if one["type"].endswith(":IsoImageBuild")}

    assert {*builds} == {"base", "web"}
    component = package_schema.schema()["resources"][token("IsoImageBuild")]
    for name, build in builds.items():
        assert build["type"].replace(":", ":index:") == token("IsoImageBuild")
        assert {*build["properties"]} <= {*component["inputProperties"]}
        settings = {**defaults, **settings_of(build["properties"]), "name": name}
        assert BuildValues.read(settings)[1] == []
    assert all((folder / path / "PulumiPlugin.yaml").is_file() for path in program["packages"].values())
