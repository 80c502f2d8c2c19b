"""
Settings of the connection to a region: credentials, project and endpoints, and the client that they give.

A region is asked for by the name that the stack gives it: its id, or that of an entry of the setting `regions`. What
the environment says of endpoints and projects is said of the stack's own region only.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.problems import Finding, problem
from config.sign_in import precedence
from config.sign_in.precedence import PROJECT_KEYS

if TYPE_CHECKING:
    import threading

    from huaweicloud.cloud import Cloud
    from huaweicloud.endpoints import Deployment, Endpoints
    from huaweicloud.errors import ConfigurationError

CREDENTIAL_KEYS = (
    "user_name",
    "password",
    "domain_name",
    "access_key",
    "secret_key",
    "security_token",
    "agency_name",
    "agency_domain_name",
)
SECRET_KEYS = ("password", "secret_key", "security_token")
ENTERPRISE_PROJECTS = "enterprise_projects"
"""Set where a build names an enterprise project: lists have to name them as well."""
DEPLOYMENT_KEYS = ("cloud", "endpoint", "ca_bundle")
"""Settings of all regions of a stack: the deployment that serves them, and the certificates of its endpoints."""
KEYS = (*PROJECT_KEYS, *DEPLOYMENT_KEYS, *CREDENTIAL_KEYS)
"""Keys of the stack's configuration that a client signs in with."""
RUN_LIMITS = ("image_tasks_at_once", "polls_per_second")
"""Keys of limits that all builds of a run share, and that the providers know."""


def connect(
    region: str,
    settings: Mapping[str, Any],
    environment: Mapping[str, str],
    cancelled: "threading.Event | None" = None,
) -> "Cloud":
    """
    Return a client for a region from settings and environment; sends no request.

    Args:
        region: Name that the settings give to the region.
        settings: Credentials; `region`, the stack's own; its project and endpoints; `regions`, those of others.
        environment: Environment of the process.
        cancelled: Event that ends every wait at once.
    """
    from huaweicloud.auth.credentials import find_credentials
    from huaweicloud.cloud import Cloud
    from huaweicloud.endpoints import find_deployment

    place, texts = _place(region, settings, environment), _texts(settings)
    return Cloud(
        place["region"],
        find_credentials(texts, environment, shared_configuration_file(environment)),
        _endpoints(place, find_deployment(texts, environment)),
        project_name=place.get("project_name"),
        project_id=place.get("project_id"),
        cancelled=cancelled,
        enterprise_projects=bool(settings.get(ENTERPRISE_PROJECTS) or environment.get("HW_ENTERPRISE_PROJECT_ID")),
        ca_bundle=texts.get("ca_bundle", ""),
    )


def _place(region: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return id, project and endpoints of a region: of its entry in `regions`, or of all sources for the own one."""
    entry = dict((settings.get("regions") or {}).get(region) or {})
    place: dict[str, Any] = {"region": region, "endpoints": {}, "environment": {}, **entry}
    chosen = precedence.project(region, settings, environment).values
    place = {**{key: value for key, value in place.items() if key not in PROJECT_KEYS}, **chosen}
    place["keys"] = {service: f"regions.{region}.endpoints.{service}" for service in place["endpoints"]}
    if not precedence.is_own(region, settings):
        return place
    endpoints = {**(settings.get("endpoints") or {}), **place["endpoints"]}
    return {**place, "endpoints": endpoints, "environment": environment}


def _endpoints(place: Mapping[str, Any], deployment: "Deployment") -> "Endpoints":
    from huaweicloud.endpoints import find_endpoints

    return find_endpoints(place["region"], place["endpoints"], place["environment"], place["keys"], deployment)


def _texts(settings: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in settings.items() if isinstance(value, str)}


def shared_configuration_file(environment: Mapping[str, str]) -> Path | None:
    """Return the file that the cloud's own command line tool writes; None where there is none."""
    named = environment.get("HW_SHARED_CONFIG_FILE")
    path = Path(named) if named else Path(environment.get("HOME", "/nonexistent")) / ".hcloud" / "config.json"
    try:
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def problem_of_credentials(settings: Mapping[str, Any], environment: Mapping[str, str]) -> Finding | None:
    """
    Return the problem that keeps every client from signing in, with its key or variable; None if there is none.

    Sends no request. For the arguments see connect().
    """
    from huaweicloud.auth.credentials import find_credentials
    from huaweicloud.errors import ConfigurationError

    try:
        find_credentials(_texts(settings), environment, shared_configuration_file(environment))
    except ConfigurationError as error:
        return _problem(error, "credentials")
    return None


def problems_of_deployment(settings: Mapping[str, Any], environment: Mapping[str, str]) -> list[Finding]:
    """
    Return the problems of the settings that hold for all regions: cloud, pattern of the endpoints, certificates.

    Sends no request. For the arguments see connect().
    """
    from huaweicloud.endpoints import find_deployment
    from huaweicloud.errors import ConfigurationError
    from huaweicloud.transport import machine_settings

    texts, found = _texts(settings), []
    for find in (
        lambda: find_deployment(texts, environment),
        lambda: machine_settings.check_own_bundle(environment, texts.get("ca_bundle", "")),
    ):
        try:
            find()
        except ConfigurationError as error:
            found.append(_problem(error, ""))
    return found


def problems_of_region(region: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> list[Finding]:
    """
    Return the problems that keep the services of a region from being found or reached.

    Sends no request. For the arguments see connect().

    Returns:
        Problems, each with its key or variable; "" stands for the key that names the region.
    """
    from huaweicloud import endpoints
    from huaweicloud.auth import credentials
    from huaweicloud.errors import ConfigurationError
    from huaweicloud.transport import machine_settings

    place, texts = _place(region, settings, environment), _texts(settings)
    errors: list[ConfigurationError] = [
        *endpoints.find_problems(place["endpoints"], place["environment"], place["keys"]),
        *credentials.find_project_problems(place, place["environment"], _project_keys(region, settings)),
    ]
    if not errors:
        try:
            deployment = endpoints.find_deployment(texts, environment)
            found = _endpoints(place, deployment)
            errors += _regions_in_one(place["region"], settings, deployment)
            urls = [getattr(found, service) for service in endpoints.SERVICES]
            errors += machine_settings.find_problems(environment, urls, texts.get("ca_bundle", ""))
        except ConfigurationError as error:
            errors.append(error)
    return [_problem(error, "") for error in errors]


def _regions_in_one(region: str, settings: Mapping[str, Any], deployment: "Deployment") -> list["ConfigurationError"]:
    """Return an error if a pattern without a region gives a region the services of the stack's own one."""
    from huaweicloud.errors import InvalidSetting

    own = settings.get("region") or region
    own = ((settings.get("regions") or {}).get(own) or {}).get("region") or own
    if not deployment.pattern or "{region}" in deployment.pattern or own == region:
        return []
    reason = f"does not contain {{region}}, so that {region!r} would have the services of {own!r}"
    return [InvalidSetting(deployment.setting, reason, hint="add {region}, or use one region")]


def _project_keys(region: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the configuration key that holds each part of a region's project."""
    entry = (settings.get("regions") or {}).get(region) or {}
    return {key: f"regions.{region}.{key}" if entry.get(key) else key for key in PROJECT_KEYS}


def _problem(error: "ConfigurationError", key: str) -> Finding:
    from huaweicloud.errors import InvalidSetting

    if isinstance(error, InvalidSetting):
        return problem(error.setting, error.reason, error.hint_clause)
    return problem(key, str(error), error.hint_clause)
