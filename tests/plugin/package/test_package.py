"""The generated files are current, and every name of the package is described."""

from collections.abc import Iterator
from typing import Any

import pytest

from components.build_args import IsoImageBuildArgs
from config.builds.build_settings import BuildSettings
from plugin.package import SCHEMA, arguments, package_schema, schema_text
from plugin.package.__main__ import ARGUMENTS
from plugin.package.spelling import camel, in_camel_case, settings_of
from plugin.resources import PROVIDERS


def test_the_schema_is_current():
    assert package_schema.as_text() == schema_text(), f"run `python -m plugin.package` to write {SCHEMA}"


def test_the_typed_arguments_are_current():
    assert arguments.text() == ARGUMENTS.read_text(), f"run `python -m plugin.package` to write {ARGUMENTS}"


def described() -> Iterator[tuple[str, Any]]:
    found = package_schema.schema()
    for kind in ("resources", "types"):
        for token, one in found[kind].items():
            yield token, one
            for group in ("inputProperties", "properties"):
                yield from ((f"{token} {name}", item) for name, item in one.get(group, {}).items())
    yield from found["config"]["variables"].items()


def test_everything_has_a_description_without_links():
    assert [] == [name for name, one in described() if not one.get("description", "").endswith((".", "…"))]
    assert [] == [name for name, one in described() if "](" in one["description"]]


def test_the_schema_has_every_resource_and_every_setting():
    found = package_schema.schema()

    component = found["resources"]["huaweicloud-image:index:IsoImageBuild"]
    assert {*found["resources"]} == {*PROVIDERS, "huaweicloud-image:index:IsoImageBuild"}
    assert {*component["inputProperties"]} == {camel(name) for name in BuildSettings.model_fields if name != "name"}
    assert {*IsoImageBuildArgs.__annotations__} == {*BuildSettings.model_fields} - {"name"}


def test_secrets_are_marked():
    found = package_schema.schema()

    secret = {name for name, one in found["config"]["variables"].items() if one.get("secret")}
    assert {"password", "secret_key", "security_token"} == secret
    assert found["resources"]["huaweicloud-image:index:IsoImageBuild"]["inputProperties"]["userData"]["secret"]
    assert found["resources"]["huaweicloud-image:index:TempServer"]["properties"]["user_data"]["secret"]


def test_inputs_of_a_program_become_settings():
    inputs = {"imageName": "a", "dataVolumes": [{"volumetype": "SSD"}], "installation": {"timeoutMinutes": 1}}
    settings = {"image_name": "a", "data_volumes": [{"volumetype": "SSD"}], "installation": {"timeout_minutes": 1}}

    assert settings == settings_of(inputs)
    assert {"tags": {"imageName": "x"}, "imageNme": 1} == settings_of({"tags": {"imageName": "x"}, "imageNme": 1})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("golden.min_disk: must be at least min_ram", "golden.minDisk: must be at least minRam"),
        ("huaweicloud-image:project_name: is missing", "huaweicloud-image:project_name: is missing"),
        ("flavor s6.large.2", "flavor s6.large.2"),
        (
            "a.min_ram: x\n  huaweicloud-image:defaults.min_ram: y",
            "a.minRam: x\n  huaweicloud-image:defaults.min_ram: y",
        ),
    ],
)
def test_messages_name_settings_as_the_program_does(text, shown):
    assert shown == in_camel_case(text)
