"""A stack's settings, judged as a whole: what the program and the doctor make of one and the same configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.preflight_step import KEYS as PREFLIGHT_KEYS
from components.preflight_step import PreflightSettings, indexed, read_preflight
from components.provider import KEYS as PROVIDER_KEYS
from config.builds import BuildSettings, read_builds
from config.regions import LIMITS, Regions, faults_of_places, read_regions
from config.shapes import STRUCTURED_KEYS, read_endpoints, shaped
from config.suggestions import shown_key, unknown_key
from providers.runtime import clients

KEYS = ("region", *LIMITS, *STRUCTURED_KEYS, *PREFLIGHT_KEYS, *PROVIDER_KEYS)


@dataclass(frozen=True)
class StackSettings:
    """
    What a stack is to do, and what is wrong with it.

    Attributes:
        regions: where.
        builds: those without fault, in regions that can be used.
        preflight: how the builds are checked before they begin.
        to_check: the settings of the builds as the preflight takes them, by region; each region that can be asked is
            there, and none where nobody can sign in.
        sign_in: what session.connect() takes, as far as the configuration has it.
        faults: a line for every fault, with its key.
    """

    regions: Regions
    builds: list[BuildSettings]
    preflight: PreflightSettings
    to_check: dict[str, list[dict[str, Any]]]
    sign_in: dict[str, Any] = field(repr=False)
    faults: list[str]


def judge(values: Mapping[str, Any], environment: Mapping[str, str]) -> StackSettings:
    """
    Judge a stack's configuration without asking the cloud.

    Args:
        values: by key, without the namespace.
        environment: the process's.
    """
    faults = [f"{shown_key(key)}: {unknown_key(key, KEYS)}" for key in values if key not in KEYS]
    values, faults_of_shapes = shaped({key: value for key, value in values.items() if key in KEYS})
    faults += faults_of_shapes
    defaults = None if "defaults: " in "".join(faults_of_shapes) else values.get("defaults", {})
    regions, faults_of_regions = read_regions(values, environment)
    endpoints, faults_of_endpoints = read_endpoints(values.get("endpoints", {}))
    preflight, faults_of_preflight = read_preflight(values)
    builds, faults_of_builds = read_builds(values.get("builds", []), defaults)
    sign_in = _sign_in(values, regions, endpoints)
    unusable: dict[str, list[str]] = {}
    if not faults_of_endpoints:
        unusable = faults_of_places(regions, values.get("builds"), values.get("defaults"), sign_in, environment)
    no_sign_in = clients.fault_of_credentials(sign_in, environment)
    # what is wrong with this machine's own settings is the same for all regions
    unreachable = dict.fromkeys(line for lines in unusable.values() for line in lines)
    faults += [*faults_of_regions, *faults_of_endpoints, *unreachable]
    faults += [f"{no_sign_in[0]}: {no_sign_in[1]}"] if no_sign_in else []
    usable = [build for build in builds if (build.region or regions.own) not in unusable]
    to_check = {} if no_sign_in or faults_of_endpoints else _to_check(regions.own, usable, values.get("builds"))
    if not to_check and regions.own not in unusable and not no_sign_in and not faults_of_endpoints:
        to_check = {regions.own: []}
    return StackSettings(regions, usable, preflight, to_check, sign_in, faults + faults_of_preflight + faults_of_builds)


def _sign_in(values: Mapping[str, Any], regions: Regions, endpoints: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: str(values[key]) for key in (*PROVIDER_KEYS, "image_tasks_at_once") if values.get(key)}
    shared = [*values.get("builds", []), values.get("defaults", {})]
    if any(isinstance(build, Mapping) and build.get("enterprise_project_id") for build in shared):
        told[clients.ENTERPRISE_PROJECTS] = "true"
    return {**told, "region": regions.own, "endpoints": endpoints, "regions": regions.sign_in()}


def _to_check(own: str, builds: list[BuildSettings], configured: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for build, settings in zip(builds, indexed(builds, configured), strict=True):
        found.setdefault(build.region or own, []).append(settings)
    return found
