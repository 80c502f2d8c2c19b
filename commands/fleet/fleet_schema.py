"""
JSON schema of fleet files: ``python -m commands.fleet.fleet_schema`` brings docs/fleet.schema.json up to date.

Editors complete and validate a fleet file with it. Settings of stacks and builds have the form of the stack schema, or
refer to the matrix.
"""

import json
from pathlib import Path
from typing import Any

from commands.fleet.definition import OF_BUILDS
from commands.fleet.fleet_file import FleetFile, Matrix
from commands.fleet.matrix import REFERENCE
from config.builds.build_settings import BuildSettings
from config.documentation import stack_schema
from config.sign_in.connection import SECRET_KEYS

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "fleet.schema.json"
NUMBERS = ("integer", "number")
SCALARS = {"string", "boolean", *NUMBERS}
REFERENCE_ONLY = {"type": "string", "pattern": f"^{REFERENCE.pattern}$"}
TEXT_WITH_REFERENCE = {"type": "string", "pattern": REFERENCE.pattern}

Schema = dict[str, Any]


def schema() -> Schema:
    """Return the schema of a fleet file (JSON Schema, draft 2020-12)."""
    stack = stack_schema.schema()
    keys = {
        key.removeprefix(f"{stack_schema.NAMESPACE}:"): _without_secure(value)
        for key, value in stack["properties"]["config"]["properties"].items()
    }
    build = keys["defaults"]["anyOf"][0]["properties"]
    build["name"] = stack["$defs"]["BuildSettings"]["properties"]["name"]
    of_stack = {key: value for key, value in keys.items() if key not in (*OF_BUILDS, *SECRET_KEYS)}
    fleet = FleetFile.model_json_schema()
    parts = {
        "matrix": _matrix({**build, **of_stack}),
        "config": _object(of_stack),
        "defaults": _object(build),
    }
    return {
        "$schema": stack_schema.DIALECT,
        "title": "Fleet of image-from-iso",
        "description": "Matrix of stacks, each of which builds one private image from an ISO file on Huawei Cloud.",
        "type": "object",
        "properties": {key: _documented(value, parts.get(key)) for key, value in fleet["properties"].items()},
        "required": fleet["required"],
        "additionalProperties": False,
        "$defs": {name: _with_references(part) for name, part in stack["$defs"].items() if name != "BuildSettings"},
    }


def as_text() -> str:
    """Return the schema as the text of docs/fleet.schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _documented(found: Schema, part: Schema | None) -> Schema:
    """Return the schema of a key with its description from the model."""
    if part is None:
        return {key: value for key, value in found.items() if key not in ("title", "default")}
    return {"description": found["description"], **part}


def _without_secure(setting: Schema) -> Schema:
    """Return the schema of a stack's key without encrypted values, which only Pulumi can read."""
    return {**setting, "anyOf": [option for option in setting["anyOf"] if option != stack_schema.SECURE]}


def _object(settings: dict[str, Schema]) -> Schema:
    return _with_references({"type": "object", "properties": settings, "additionalProperties": False})


def _with_references(part: Schema) -> Schema:
    """Return a schema whose inner settings may be references."""
    inner: Schema = {}
    if "properties" in part:
        inner["properties"] = {key: _referable(value) for key, value in part["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), dict):
            inner[key] = _referable(part[key])
    return {**part, **inner}


def _referable(setting: Schema) -> Schema:
    """Return the schema of a setting that may be a reference, or contain one if the setting is a text."""
    kept: Schema = {key: setting[key] for key in ("description", "default") if key in setting}
    rest = {key: value for key, value in setting.items() if key not in kept}
    options: list[Schema] = rest.get("anyOf", [rest])
    reference = TEXT_WITH_REFERENCE if _is_text(options) else REFERENCE_ONLY
    references = [] if {"type": "string"} in options else [reference]
    return {**kept, "anyOf": [*map(_with_references, options), *references]}


def _is_text(options: list[Schema]) -> bool:
    """Return true for a setting that is a text, not a number that may be written as one."""
    return not any(option.get("type") in NUMBERS for option in options) and any(
        "string" in _types(option) for option in options
    )


def _matrix(settings: dict[str, Schema]) -> Schema:
    found = Matrix.model_json_schema()["properties"]
    entries = {
        key: {name: value for name, value in found[key].items() if name != "title"} for key in ("exclude", "include")
    }
    single = {key: _single(key, value) for key, value in settings.items()}
    axes = found["axes"]["additionalProperties"]
    entries["include"]["items"]["properties"] = single
    known = {key: {**axes, "items": value} if value else False for key, value in single.items()}
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {**dict.fromkeys((*OF_BUILDS, *SECRET_KEYS), False), **known, **entries},
        "additionalProperties": axes,
    }


def _single(key: str, setting: Schema) -> Schema | bool:
    """Return the schema of a setting in one combination; False if the setting has parts."""
    options = [option for option in setting["anyOf"] if _types(option) & SCALARS]
    if not options:
        return False
    if key in BuildSettings.model_fields and BuildSettings.model_fields[key].annotation is str:
        options.append({"type": "integer"})  # becomes a text
    return {"description": setting["description"], "anyOf": options}


def _types(option: Schema) -> set[str]:
    found = option.get("type", ())
    return {found} if isinstance(found, str) else set(found)


def main() -> None:
    """Write the schema."""
    SCHEMA.write_text(as_text())


if __name__ == "__main__":
    main()
