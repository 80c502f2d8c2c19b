"""
Base URL of each service in a region: set by itself, by the pattern of a deployment, or that of a known cloud.

Source: "Endpoints" of the API references, see `huaweicloud.endpoints.clouds`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from huaweicloud.endpoints import clouds
from huaweicloud.endpoints.base_urls import base_url, problem_of_url
from huaweicloud.endpoints.deployment import ANY, Deployment
from huaweicloud.errors import InvalidSetting, UnknownRegion

KNOWN_REGIONS: frozenset[str] = frozenset().union(*(cloud.regions for cloud in clouds.CLOUDS))


@dataclass(frozen=True)
class Endpoints:
    """
    Base URLs of the services, without a trailing slash.

    Attributes:
        sources: Environment variable or configuration key of each URL, by service; absent for the region's own.
        cloud: Known cloud that serves the region; None for a private deployment.
    """

    iam: str
    ims: str
    ecs: str
    evs: str
    vpc: str
    obs: str
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, kw_only=True)
    cloud: clouds.KnownCloud | None = field(default=None, compare=False, kw_only=True)


SERVICES = tuple(field.name for field in fields(Endpoints) if field.name not in ("sources", "cloud"))


def find_endpoints(
    region: str,
    overrides: Mapping[str, str],
    environment: Mapping[str, str],
    keys: Mapping[str, str] | None = None,
    deployment: Deployment = ANY,
) -> Endpoints:
    """
    Find the base URL of each service.

    Args:
        region: Region id such as cn-north-4.
        overrides: Base URLs by service name; the environment wins over them.
        environment: Process environment: `HW_IAM_ENDPOINT`, `HW_IMS_ENDPOINT` and so on, and `HW_AUTH_URL` (the IAM
            base URL followed by /v3).
        keys: Configuration key of each override, for messages; by default `endpoints.<service>`.
        deployment: Deployment of the services without a base URL of their own.

    Returns:
        The base URLs.

    Raises:
        UnknownRegion: The deployment has no such region, and a service has no base URL of its own.
        InvalidSetting: A base URL is malformed, or the deployment is needed and cannot be used.
    """
    given = {name: _given(name, overrides, environment, keys or {}) for name in SERVICES}
    for error in _problems(given):
        raise error
    missing = [name for name, (_, url) in given.items() if not url]
    if missing and deployment.problem:
        raise deployment.problem
    cloud = deployment.cloud_of(region)
    area = cloud.area(region) if cloud else None
    if missing and not area and not deployment.pattern:
        raise _unknown(region, missing, deployment)
    own = area.url if area else lambda service, region: clouds.fill(deployment.pattern, service, region)
    urls = {name: base_url(url) if url else own(name, region) for name, (_, url) in given.items()}
    sources = {name: source for name, (source, url) in given.items() if url}
    of_pattern = dict.fromkeys(missing, deployment.setting) if deployment.pattern else {}
    return Endpoints(**urls, sources={**sources, **of_pattern}, cloud=cloud)


def find_problems(
    overrides: Mapping[str, str], environment: Mapping[str, str], keys: Mapping[str, str] | None = None
) -> list[InvalidSetting]:
    """
    Return an error for each malformed base URL.

    The arguments are those of find_endpoints().
    """
    return _problems({name: _given(name, overrides, environment, keys or {}) for name in SERVICES})


def _unknown(region: str, missing: list[str], deployment: Deployment) -> UnknownRegion:
    named = f"'{region}' " if re.fullmatch(r"[\w-]{1,64}", region) else "(not shown: it is not an id) "
    if deployment.cloud is None:
        return UnknownRegion(
            f"The region {named}is not known, and no endpoint is set for {', '.join(missing)}",
            hint=f"use one of {', '.join(sorted(KNOWN_REGIONS))}",
        )
    cloud, others = deployment.cloud, clouds.having(region)
    instead = f", or set {deployment.setting} to {others[0].name}, which has that region" if others else ""
    return UnknownRegion(
        f"The region {named}is not one of {cloud.title} ({deployment.setting}: {cloud.name}), and no endpoint is set "
        f"for {', '.join(missing)}",
        hint=f"use one of {', '.join(sorted(cloud.regions))}{instead}",
    )


def _given(
    service: str, overrides: Mapping[str, str], environment: Mapping[str, str], keys: Mapping[str, str]
) -> tuple[str, str]:
    """Return the setting that determines a base URL, and its value."""
    variable = f"HW_{service.upper()}_ENDPOINT"
    candidates = [(variable, environment.get(variable))]
    if service == "iam":
        candidates.append(("HW_AUTH_URL", environment.get("HW_AUTH_URL")))
    candidates.append((keys.get(service, f"endpoints.{service}"), overrides.get(service)))
    return next(((source, value) for source, value in candidates if value), ("", ""))


def _problems(given: Mapping[str, tuple[str, str]]) -> list[InvalidSetting]:
    found = {source: problem_of_url(url) for source, url in given.values() if url}
    return [InvalidSetting(source, problem) for source, problem in found.items() if problem]
