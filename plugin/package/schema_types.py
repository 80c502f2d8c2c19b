"""Types of the package's schema from the models, in the terms of Pulumi's Package Schema."""

import functools
from typing import Any

from pydantic import BaseModel

from config.resource_types import PROVIDED

Schema = dict[str, Any]
ANY: Schema = {"$ref": "pulumi.json#/Any"}
OBJECT: Schema = {"type": "object", "additionalProperties": ANY}
SCALARS = ("string", "integer", "number", "boolean")
NAMED = {
    "RootVolume": "Volume",
    "DataVolume": "Volume",
    "Volume": "Volume",
    "Installation": "Installation",
    "Verification": "Verification",
    "Publication": "Publication",
    "AnswerSettings": "Answers",
    "CopyTarget": "CopyTarget",
    "ExportTarget": "ExportTarget",
}
"""Models that are types of the package, by the names that they have there."""


def token(name: str) -> str:
    """Return the token of a resource, function or type of the package."""
    return f"{PROVIDED}{name}"


@functools.cache
def properties_of(model: type[BaseModel]) -> dict[str, Schema]:
    """Return the type and the description of each field of a model."""
    fields: dict[str, Schema] = model.model_json_schema()["properties"]
    return {name: _described(type_of(field), field.get("description", "")) for name, field in fields.items()}


def type_of(field: Schema) -> Schema:
    """Return the type of a field from its JSON schema."""
    alternatives = [option for option in field.get("anyOf", [field]) if option.get("type") != "null"]
    found = alternatives[0] if len(alternatives) == 1 else {}
    if "$ref" in found:
        name = NAMED.get(str(found["$ref"]).rpartition("/")[2])
        return {"$ref": f"#/types/{token(name)}"} if name else OBJECT
    kind = found.get("type")
    if isinstance(kind, list):
        return {"type": kind[0]}
    if kind in SCALARS:
        return {"type": kind}
    if kind == "array":
        return {"type": "array", "items": type_of(found.get("items", {}))}
    if kind == "object":
        values = found.get("additionalProperties")
        return {"type": "object", "additionalProperties": type_of(values) if isinstance(values, dict) else ANY}
    return ANY


def _described(kind: Schema, description: str) -> Schema:
    return {**kind, **({"description": sentence(description)} if description else {})}


def sentence(text: str) -> str:
    """Return a phrase as a sentence."""
    begins = text if text.startswith("`") else f"{text[:1].upper()}{text[1:]}"
    return begins if begins.endswith(".") else f"{begins}."
