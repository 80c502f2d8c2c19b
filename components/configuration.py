"""The stack's configuration as the program finds it: validated as a whole, before anything is declared."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi

from components.preflight import KEYS as PREFLIGHT_KEYS
from components.preflight import PreflightSettings, indexed, read_preflight
from components.provider import KEYS as PROVIDER_KEYS
from components.settings import BuildSettings, read_builds
from components.spelling import unknown_key
from providers import session

MESSAGE_SHOWN = 32  # the language host's exit status for "the user knows already": no second, empty error
STRUCTURED_KEYS = ("builds", "defaults", "endpoints", "prices")
KEYS = ("region", *STRUCTURED_KEYS, *PREFLIGHT_KEYS, *PROVIDER_KEYS)


@dataclass(frozen=True)
class StackConfiguration:
    """
    A stack's region and builds.

    Attributes:
        project: the namespace of the keys.
        sign_in: credentials, project and endpoints, as far as the configuration has them.
        preflight: how the builds are checked before they begin.
        to_check: the settings of the builds as the preflight takes them.
        faults: what is wrong with the configuration, for the preflight to report with what it finds itself; nothing
            else may be declared where there are any.
    """

    project: str
    sign_in: dict[str, Any] = field(repr=False)
    region: str
    builds: list[BuildSettings]
    preflight: PreflightSettings
    to_check: list[dict[str, Any]]
    faults: list[str]


def read(environment: Mapping[str, str] = os.environ) -> StackConfiguration:
    """Read and validate the configuration of the running stack.

    Raises:
        SystemExit: after a message that names every fault of the configuration, each with its key.
    """
    config = pulumi.Config()
    values, faults = _values(config)
    region = str(values.get("region") or environment.get("HW_REGION_NAME") or "")
    no_sign_in = _faults_of_sign_in(region, values, environment)
    preflight, faults_of_preflight = read_preflight(values)
    builds, faults_of_builds = read_builds(values.get("builds"), values.get("defaults") or {})
    faults += no_sign_in + faults_of_preflight + faults_of_builds
    if faults and (no_sign_in or preflight.preflight == "off"):
        pulumi.log.error(_report(config.name, faults))
        sys.exit(MESSAGE_SHOWN)
    to_check = indexed(builds, values.get("builds"))
    sign_in = {key: values[key] for key in (*PROVIDER_KEYS, "endpoints") if values.get(key)}
    return StackConfiguration(config.name, sign_in, region, [] if faults else builds, preflight, to_check, faults)


def _values(config: pulumi.Config) -> tuple[dict[str, Any], list[str]]:
    prefix = f"{config.name}:"
    given = [key.removeprefix(prefix) for key in pulumi.runtime.config.CONFIG.get() if key.startswith(prefix)]
    faults = [f"{key}: {unknown_key(key, KEYS)}" for key in given if key not in KEYS]
    values: dict[str, Any] = {}
    for key in STRUCTURED_KEYS:
        try:
            values[key] = config.get_object(key)
        except ValueError:
            faults.append(f"{key}: must be structured (a list or a mapping)")
    for key in (key for key in KEYS if key not in STRUCTURED_KEYS):
        values[key] = pulumi.runtime.config.get_config(f"{prefix}{key}")
    return values, faults


def _faults_of_sign_in(region: str, values: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    if not region:
        return ["region: is missing; set it, or HW_REGION_NAME in the environment"]
    endpoints = values.get("endpoints") or {}
    if not isinstance(endpoints, Mapping) or not set(endpoints) <= set(session.ENDPOINT_KEYS):
        return [f"endpoints: must map some of {', '.join(session.ENDPOINT_KEYS)} to base URLs"]
    return session.faults(region, {**values, "endpoints": endpoints}, environment)


def _report(project: str, faults: list[str]) -> str:
    count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    lines = "\n".join(f"  {project}:{fault}" for fault in faults)
    return f"the configuration has {count}; nothing was created:\n{lines}"
