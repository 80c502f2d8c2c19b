"""Pages of the provider: the generated ones are current, and the samples of all languages use what the schema has."""

import ast
import json
import re
from typing import Any

import pytest
import yaml

from components.build_values import BuildValues
from plugin.package import VERSION, pages, schema_text
from plugin.package.__main__ import API_DOCS, CONFIGURATION
from plugin.package.schema_types import token
from plugin.package.spelling import camel, settings_of

SCHEMA: dict[str, Any] = json.loads(schema_text())
OVERVIEW = (API_DOCS.parent / "_index.md").read_text()
LANGUAGES = ("typescript", "python", "go", "yaml")


def sample(language: str) -> str:
    """Return the sample of a language."""
    (block,) = re.findall(rf"choosable language {language} .*?```{language}\n(.*?)```", OVERVIEW, re.DOTALL)
    return str(block)


def test_there_is_a_current_page_for_each_resource_and_function_and_no_other():
    found = {path.stem: path.read_text() for path in API_DOCS.iterdir()}

    assert pages.pages() == found, "run `python -m plugin.package`"


def test_the_table_of_the_configuration_is_current():
    page = CONFIGURATION.read_text()

    assert pages.with_configuration(page) == page, "run `python -m plugin.package`"
    with pytest.raises(ValueError, match="no markers"):
        pages.with_configuration("")


def test_each_key_has_a_row_with_the_variable_that_the_provider_reads():
    rows = re.findall(r"^\| `huaweicloud-image:(\w+)` \| (\S.*?) \|", CONFIGURATION.read_text(), re.MULTILINE)

    assert {*SCHEMA["config"]["variables"]} == {key for key, _ in rows}
    variables = dict(rows)
    assert ("`HW_SECRET_KEY`", "`HW_USER_PASSWORD`") == (variables["secret_key"], variables["password"])
    assert ("`HW_REGION_NAME`", "none") == (variables["region"], variables["defaults"])


def test_each_property_is_on_the_page_of_its_resource():
    generated = pages.pages()
    for resource, one in SCHEMA["resources"].items():
        page = generated[resource.rpartition(":")[2]]
        missing = [name for name in (*one["inputProperties"], *one["properties"]) if f"| `{name}` |" not in page]
        assert [] == missing, resource


def test_names_of_settings_are_spelled_as_in_programs():
    page = pages.pages()["IsoImageBuild"]

    assert "not less than `minRam`" in page
    assert "min_ram" not in page


def test_the_pages_name_the_packages_and_the_version():
    languages = SCHEMA["language"]
    names = {languages["nodejs"]["packageName"], languages["python"]["packageName"], languages["go"]["importBasePath"]}

    page = CONFIGURATION.read_text()
    assert [] == [name for name in names if f"`{name}`" not in page]
    assert f"pulumi_resource_huaweicloud_image-{VERSION}-py3" in page
    assert f"huaweicloud-image {VERSION} --file" in page
    assert f'from "{languages["nodejs"]["packageName"]}"' in sample("typescript")
    assert f"import {languages['python']['packageName']} as" in sample("python")
    assert f'"{languages["go"]["importBasePath"]}"' in sample("go")


def values_of(language: str) -> dict[str, Any]:
    """Return the inputs of the build in a sample, under the names of the schema."""
    text = sample(language)
    if language == "yaml":
        found: dict[str, Any] = yaml.safe_load(text)["resources"]["golden"]["properties"]
        return found
    if language == "python":
        (call,) = [node for node in ast.walk(ast.parse(text)) if is_call(node, "IsoImageBuild")]
        return arguments(call)
    start, end = {"typescript": ('"golden", {', "\n})"), "go": ("&images.IsoImageBuildArgs{", "\n\t\t})")}[language]
    return from_braces(text.partition(start)[2].partition(end)[0])


def is_call(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name


def arguments(call: Any) -> dict[str, Any]:
    return {camel(keyword.arg): value_in(keyword.value) for keyword in call.keywords}


def value_in(node: Any) -> Any:
    if is_call(node, "VolumeArgs"):
        return arguments(node)
    if isinstance(node, ast.List):
        return [value_in(item) for item in node.elts]
    return node.value if isinstance(node, ast.Constant) else node.args[0].value


def from_braces(text: str) -> dict[str, Any]:
    """Return the fields of an object in TypeScript, or of a struct in Go: without types and calls, both are YAML."""
    text = re.sub(r"images\.VolumeArray\{\s*(.*?\}),?\s*\}", r"[\1]", text, flags=re.DOTALL)
    text = text.replace("images.VolumeArgs{", "{").replace("\t", " ")
    while text != (inner := re.sub(r"[\w.]+\(([^()]*)\)", r"\1", text)):
        text = inner
    return lowered(yaml.safe_load(f"{{{text}}}"))  # type: ignore[no-any-return]


def lowered(value: Any) -> Any:
    """Return a value whose names begin with a small letter."""
    if isinstance(value, dict):
        return {f"{name[0].lower()}{name[1:]}": lowered(item) for name, item in value.items()}
    return [lowered(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sample_uses_properties_of_the_schema(language):
    values = values_of(language)

    properties = SCHEMA["resources"][token("IsoImageBuild")]["inputProperties"]
    disk = SCHEMA["types"][token("Volume")]["properties"]
    assert {*values} <= {*properties}
    assert {*disk} == {*values["rootVolume"]} == {*values["dataVolumes"][0]}
    assert re.search(r"golden\.(imageId|image_id|ImageId)\b", sample(language))
    assert "imageId" in SCHEMA["resources"][token("IsoImageBuild")]["properties"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sample_declares_the_same_build_without_problems(language):
    values = {key: str(value) if key in ("vpcId", "subnetId") else value for key, value in values_of(language).items()}

    assert [] == BuildValues.read({**settings_of(values), "name": "golden", "region": "cn-north-4"})[1]
    ids = dict.fromkeys(("vpcId", "subnetId"))
    assert {**values, **ids} == {**values_of("yaml"), **ids}
