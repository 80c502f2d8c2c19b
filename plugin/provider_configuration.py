"""Configuration of the provider: the keys of `huaweicloud-image:`, or the inputs of a provider in a program."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pulumi.output import contains_unknowns

from config.problems import Finding, with_namespace
from config.resource_types import PACKAGE
from config.sign_in import connection
from config.stack_settings import ProgramSettings, read_program
from providers.runtime import clients

CREDENTIALS = "credentials"
KEYS = (
    f"{PACKAGE}:access_key and {PACKAGE}:secret_key, or {PACKAGE}:user_name, {PACKAGE}:password and "
    f"{PACKAGE}:domain_name"
)
"""Keys of the configuration for the two kinds of credentials."""
OF_ENGINE = ("version", "pluginDownloadURL")
"""Inputs that the engine adds."""


def problems(inputs: Mapping[str, Any]) -> list[Finding]:
    """Return every problem of a configuration; keys whose values are not known yet are passed over."""
    settings = read_program(_own(inputs), os.environ)
    if any(contains_unknowns(value) for value in inputs.values()):
        return settings.problems
    missing = connection.problem_of_credentials(settings.sign_in, os.environ)
    if missing and missing.key == CREDENTIALS:
        missing = replace(missing, remedy=f"{missing.remedy.rstrip('.')}; or set {KEYS}")
    return [*settings.problems, *([missing] if missing else [])]


def configure(inputs: Mapping[str, Any]) -> ProgramSettings:
    """Configure the clients of this process, and return the settings that all builds share."""
    settings = read_program(_own(inputs), os.environ)
    structured = {key: json.dumps(settings.sign_in.get(key) or {}) for key in ("endpoints", "regions")}
    clients.configure({**settings.sign_in, **structured})
    return settings


def report(problem: Finding) -> str:
    """Return a problem as one line, which names the configuration key or the variable."""
    return with_namespace(problem, PACKAGE)


def _own(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: value
        for key, value in inputs.items()
        if key not in OF_ENGINE and not key.startswith("__") and not contains_unknowns(value)
    }
