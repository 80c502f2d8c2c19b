"""
Spelling of names: settings and Python use `image_name`, programs of the package use `imageName` for the component.

The step resources keep the names that states have, so that a stack of dynamic resources can go on with the provider.
"""

import re
from collections.abc import Mapping
from typing import Any

from config.answers.answer_settings import AnswerSettings
from config.builds.build_settings import BuildSettings, Installation
from config.builds.build_source import DataVolume
from config.builds.distribution import CopyTarget, ExportTarget
from config.builds.publication import Publication
from config.builds.verification import Verification
from config.resource_types import PACKAGE
from config.shapes import FREE_MAPPINGS

PARTS = (Installation, DataVolume, Verification, Publication, CopyTarget, ExportTarget, AnswerSettings)
SETTINGS = frozenset({*BuildSettings.model_fields, *(name for part in PARTS for name in part.model_fields)})
_WORDS = re.compile(rf"\b({'|'.join(sorted((name for name in SETTINGS if '_' in name), key=len, reverse=True))})\b")


def camel(name: str) -> str:
    """Return a name as the programs of the package spell it."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


_SNAKE = {camel(name): name for name in SETTINGS}


def settings_of(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings from the inputs of a component; names that are not known stay, so that they are reported."""
    return {_snake(key): value if key in FREE_MAPPINGS else _within(value) for key, value in inputs.items()}


def given_twice(inputs: Mapping[str, Any]) -> list[str]:
    """Return the settings that the inputs of a component have in both spellings."""
    return sorted(name for name in inputs if name in SETTINGS and camel(name) != name and camel(name) in inputs)


def in_camel_case(text: str) -> str:
    """
    Return a message with the names of settings as the programs of the package spell them.

    Lines about the configuration stay, because settings are spelled there as in a stack.
    """
    of_configuration = f"{PACKAGE}:"
    lines = text.split("\n")
    return "\n".join(line if line.lstrip().startswith(of_configuration) else _respelled(line) for line in lines)


def _respelled(line: str) -> str:
    return _WORDS.sub(lambda found: camel(found.group()), line)


def _snake(key: str) -> str:
    return _SNAKE.get(key, key)


def _within(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_snake(str(key)): _within(item) if isinstance(item, list) else item for key, item in value.items()}
    return [_within(item) for item in value] if isinstance(value, list) else value
