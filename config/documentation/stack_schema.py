"""JSON schema of `Pulumi.<stack>.yaml`, from the models: editors complete and validate a stack's file with it."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from config.builds.build_settings import BuildSettings
from config.sign_in.connection import SECRET_KEYS
from config.stack_model import StackConfiguration

NAMESPACE = "image-from-iso"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
DECIMAL_TEXT = {"type": "string", "pattern": r"^-?[0-9]{1,15}(\.[0-9]{1,15})?$"}
"""Form in which `pulumi config set` writes numbers."""
SECURE = {
    "type": "object",
    "description": "Value that only Pulumi can read, from `pulumi config set --secret`.",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}

Schema = dict[str, Any]


def schema() -> Schema:
    """Return the schema of a stack's file (JSON Schema, draft 2020-12)."""
    stack = StackConfiguration.model_json_schema(ref_template="#/$defs/{model}")
    definitions = {name: _lenient(part) for name, part in stack.pop("$defs").items()}
    build = definitions[BuildSettings.__name__]
    build["required"] = ["name"]  # all others may be among the defaults
    shared = {key: value for key, value in build["properties"].items() if key != "name"}
    keys = _properties(stack)
    defaults = {"type": "object", "properties": shared, "additionalProperties": False}
    keys["defaults"]["anyOf"] = [defaults, {"type": "null"}]
    known = {f"{NAMESPACE}:{key}": _top_level(key, value) for key, value in keys.items()}
    return {
        "$schema": DIALECT,
        "title": "Stack of image-from-iso",
        "description": "Configuration of a stack that builds private images from ISO files on Huawei Cloud.",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": known,
                "patternProperties": {rf"^(?!{NAMESPACE}:)": True},
                "required": [f"{NAMESPACE}:builds"],
                "additionalProperties": False,
            }
        },
        "required": ["config"],
        "$defs": definitions,
    }


def as_text() -> str:
    """Return the schema as the text of docs/stack.schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def properties_of(model: type[BaseModel]) -> dict[str, Schema]:
    """Return the schema of each setting of a model, without alternatives for text and empty values."""
    properties: dict[str, Schema] = model.model_json_schema()["properties"]
    return properties


def _properties(part: Schema) -> dict[str, Schema]:
    return {key: _setting(value) for key, value in part["properties"].items()}


def _lenient(part: Schema) -> Schema:
    """Return the schema of a model without titles, whose settings may be left empty."""
    found = {key: value for key, value in part.items() if key not in ("title", "description")}
    return {**found, "properties": _properties(part)} if "properties" in part else found


def _setting(value: Schema) -> Schema:
    """Return a setting's schema, which accepts an empty value and numbers as Pulumi writes them."""
    kept: Schema = {key: value[key] for key in ("description", "default") if key in value}
    rest = {key: item for key, item in value.items() if key not in (*kept, "title")}
    alternatives = [option for option in rest.pop("anyOf", [rest]) if option.get("type") != "null"]
    if alternatives == [{}] or not alternatives:
        return kept
    texts = [DECIMAL_TEXT] if any(option.get("type") == "number" for option in alternatives) else []
    return {**kept, "anyOf": [*alternatives, *texts, {"type": "null"}]}


def _top_level(key: str, value: Mapping[str, Any]) -> Schema:
    """Return the schema of a key of the stack, whose numbers Pulumi writes as text."""
    alternatives = list(value["anyOf"])
    if any(option.get("type") == "integer" for option in alternatives):
        alternatives.append({"type": "string", "pattern": "^[0-9]{1,15}$"})
    if key in SECRET_KEYS or any(option.get("type") == "string" for option in alternatives):
        alternatives.append(SECURE)
    return {**value, "anyOf": alternatives}
