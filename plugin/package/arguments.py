"""Text of components/build_args.py: the typed arguments of the component, from the models."""

import functools
import re
import textwrap
from typing import Any

from pydantic import BaseModel

from components.build_values import PLAIN
from config.answers.answer_settings import AnswerSettings
from config.builds.build_settings import BuildSettings, Installation
from config.builds.build_source import Volume
from config.builds.distribution import CopyTarget, ExportTarget
from config.builds.publication import Publication
from config.builds.verification import Verification
from config.documentation.settings_documentation import setting_of
from plugin.package.schema_types import ANY, Schema, properties_of, sentence

WIDTH = 120
HEAD = '''"""
Arguments of IsoImageBuild, from the models: ``python -m plugin.package`` brings this file up to date.

Each value may be an output unless its type says otherwise. All may be among the defaults of the configuration.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
'''
SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
CLASSES: dict[str, type[BaseModel]] = {
    "VolumeArgs": Volume,
    "InstallationArgs": Installation,
    "VerificationArgs": Verification,
    "CopyTargetArgs": CopyTarget,
    "ExportTargetArgs": ExportTarget,
    "PublicationArgs": Publication,
    "AnswersArgs": AnswerSettings,
    "IsoImageBuildArgs": BuildSettings,
}
PLAIN_CLASSES = ("AnswersArgs",)
TITLES = {
    "VolumeArgs": "Disk of the temporary server.",
    "InstallationArgs": "Installation: its end, its time limit, and the fate of a server that does not end it.",
    "VerificationArgs": "Test of the finished image: its server, the sign of success, and the fate of a failed image.",
    "AnswersArgs": "Answers that a copy of the vendor's ISO file gets. All are plain values.",
    "CopyTargetArgs": "Copy of the finished image in another region or project.",
    "ExportTargetArgs": "Object in a bucket that the finished image is exported to.",
    "PublicationArgs": "Publication of the finished image: its place among the images that others use.",
    "IsoImageBuildArgs": "Settings of a build: its ISO file, the temporary server that installs it, and the image.",
}


def text() -> str:
    """Return the text of the module."""
    return "\n\n".join([HEAD, *(_class(name, model) for name, model in CLASSES.items())])


@functools.cache
def describe(model: type[BaseModel]) -> dict[str, str]:
    """Return a description of each setting of a model: meaning, unit, default, and effect of a change."""
    schemas = properties_of(model)
    found = {}
    for name, field in model.model_fields.items():
        setting = setting_of(field)
        parts = [re.sub(r", see (below|progress|preflight)", "", str(schemas[name].get("description", "")))]
        default = (
            "" if field.is_required() else setting.default or _default(field.get_default(call_default_factory=True))
        )
        if default and not default.startswith("see "):
            parts.append(f"Default: {default}.")
        if setting.on_change:
            parts.append(f"A change leads to {setting.on_change}.")
        found[name] = " ".join(filter(None, parts))
    return found


def _default(value: Any) -> str:
    if isinstance(value, BaseModel):
        return "see there"
    if value is None or value in ({}, [], ""):
        return "none"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _class(name: str, model: type[BaseModel]) -> str:
    lines = [f"class {name}(TypedDict, total=False):", f'    """{TITLES[name]}"""', ""]
    described = describe(model)
    for field, schema in properties_of(model).items():
        if field == "name" and model is BuildSettings:
            continue
        kind = _type(schema)
        is_plain = (field in PLAIN and model is BuildSettings) or name in PLAIN_CLASSES
        lines.append(f"    {field}: {kind if is_plain else f'pulumi.Input[{kind}]'}")
        lines += _docstring(sentence(described[field]))
    return "\n".join(lines) + "\n"


def _docstring(words: str) -> list[str]:
    if len(words) + 10 <= WIDTH:
        return [f'    """{words}"""']
    wrapped = textwrap.wrap(words, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
    return ['    """', *(f"    {line}" for line in wrapped), '    """']


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return f"{str(schema['$ref']).rpartition(':')[2]}Args"
    kind = schema["type"]
    if kind == "array":
        return f"Sequence[pulumi.Input[{_type(schema['items'])}]]"
    if kind == "object":
        return "Mapping[str, Any]" if schema["additionalProperties"] == ANY else "Mapping[str, pulumi.Input[str]]"
    return SCALARS[kind]
