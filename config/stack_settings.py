"""
Settings of a stack, validated as a whole: the program and `make doctor` read one and the same configuration so.

A program that declares builds itself has the same settings without the builds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from config.builds.build_reading import read_builds, read_defaults
from config.builds.build_settings import BuildSettings
from config.builds.checked_build import Build
from config.preflight_settings import PreflightSettings, read_preflight
from config.problems import Finding, problem
from config.regions import Regions, problems_by_region, read_regions
from config.shapes import read_endpoints, shaped, structured
from config.sign_in import connection
from config.stack_model import KEYS, PROGRAM_KEYS
from config.suggestions import shown_key, unknown_key


@dataclass(frozen=True)
class StackSettings:
    """
    Settings of a stack, and every problem of them.

    Attributes:
        regions: Regions of the stack.
        builds: Builds without problems, in regions that can be used.
        preflight: Settings of the check before the builds.
        to_check: Builds as the preflight takes them, by region. Each region that can be reached is there, and none if
            no credentials are found.
        sign_in: Settings that connection.connect() takes, as far as the configuration has them.
        problems: Every problem of the configuration.
    """

    regions: Regions
    builds: list[BuildSettings]
    preflight: PreflightSettings
    to_check: dict[str, list[Build]]
    sign_in: dict[str, Any] = field(repr=False)
    problems: list[Finding]


@dataclass(frozen=True)
class ProgramSettings:
    """
    Settings of a program that declares builds itself, and every problem of them.

    Attributes:
        regions: Regions of the program.
        preflight: Settings of the check before each build.
        defaults: Settings that all builds share, unless they have another value.
        sign_in: Settings that connection.connect() takes, as far as the configuration has them.
        problems: Every problem of the configuration.
    """

    regions: Regions
    preflight: PreflightSettings
    defaults: dict[str, Any]
    sign_in: dict[str, Any] = field(repr=False)
    problems: list[Finding]


def validate(values: Mapping[str, Any], environment: Mapping[str, str]) -> StackSettings:
    """
    Validate a stack's configuration without a request to the cloud.

    Args:
        values: Values by key, without the namespace.
        environment: Environment of the process.
    """
    problems = [problem(shown_key(key), unknown_key(key, KEYS)) for key in values if key not in KEYS]
    values, of_shapes = shaped({key: value for key, value in values.items() if key in KEYS})
    problems += of_shapes
    defaults = None if "defaults" in [item.key for item in of_shapes] else values.get("defaults", {})
    regions, of_regions = read_regions(values, environment)
    endpoints, of_endpoints = read_endpoints(values.get("endpoints", {}))
    preflight, of_preflight = read_preflight(values)
    builds, of_builds = read_builds(values.get("builds", []), defaults)
    sign_in = _sign_in(values, regions, endpoints)
    unusable: dict[str, list[Finding]] = {}
    if not of_endpoints:
        unusable = problems_by_region(regions, values.get("builds"), values.get("defaults"), sign_in, environment)
    no_sign_in = connection.problem_of_credentials(sign_in, environment)
    of_deployment = connection.problems_of_deployment(sign_in, environment)
    # problems of this machine's own settings are the same for all regions
    unreachable = dict.fromkeys([*of_deployment, *(item for found in unusable.values() for item in found)])
    problems += [*of_regions, *of_endpoints, *unreachable, *([no_sign_in] if no_sign_in else [])]
    usable = [build for build in builds if (build.region or regions.own) not in unusable]
    can_ask = not no_sign_in and not of_endpoints and not of_deployment
    to_check = _to_check(regions.own, usable, values.get("builds")) if can_ask else {}
    if can_ask and not to_check and regions.own not in unusable:
        to_check = {regions.own: []}
    return StackSettings(regions, usable, preflight, to_check, sign_in, [*problems, *of_preflight, *of_builds])


def read_program(values: Mapping[str, Any], environment: Mapping[str, str]) -> ProgramSettings:
    """
    Read the configuration of a program that declares builds itself, without a request to the cloud.

    Args:
        values: Values by key, without the namespace; structured ones may be JSON text.
        environment: Environment of the process.
    """
    problems = [problem(shown_key(key), unknown_key(key, PROGRAM_KEYS)) for key in values if key not in PROGRAM_KEYS]
    known = {key: structured(key, value) for key, value in values.items() if key in PROGRAM_KEYS}
    known, of_shapes = shaped(known)
    regions, of_regions = read_regions(known, environment)
    endpoints, of_endpoints = read_endpoints(known.get("endpoints", {}))
    preflight, of_preflight = read_preflight(known)
    defaults, of_defaults = read_defaults(known.get("defaults", {}))
    sign_in = _sign_in(known, regions, endpoints)
    problems += connection.problems_of_deployment(sign_in, environment)
    problems += [*(item for item in of_shapes if item.key != "builds"), *of_regions, *of_endpoints, *of_preflight]
    problems += of_defaults
    return ProgramSettings(regions, preflight, defaults, sign_in, problems)


def _sign_in(values: Mapping[str, Any], regions: Regions, endpoints: Mapping[str, Any]) -> dict[str, Any]:
    keys = (*connection.KEYS, *connection.RUN_LIMITS)
    settings = {key: str(values[key]) for key in keys if values.get(key)}
    shared = [*values.get("builds", []), values.get("defaults", {})]
    if any(isinstance(build, Mapping) and build.get("enterprise_project_id") for build in shared):
        settings[connection.ENTERPRISE_PROJECTS] = "true"
    return {**settings, "region": regions.own, "endpoints": endpoints, "regions": regions.sign_in()}


def _to_check(own: str, builds: list[BuildSettings], configured: Any) -> dict[str, list[Build]]:
    listed = configured if isinstance(configured, list) else []
    names = [build.get("name") if isinstance(build, Mapping) else None for build in listed]
    positions = {name: index for index, name in enumerate(names) if isinstance(name, str)}
    found: dict[str, list[Build]] = {}
    for position, build in enumerate(builds):
        found.setdefault(build.region or own, []).append(Build.of(build, positions.get(build.name, position)))
    return found
