"""configure() -> one client per region, shared by all providers of the process.

The order of environment and configuration is that of `config.precedence`. No credential is ever put into a resource's
properties.

A region is asked for by the name that the stack gives it: its id, or that of an entry of the setting `regions`. What
the environment says of endpoints and projects is said of the stack's own region only.
"""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config import precedence
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.endpoints import Endpoints
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
PROJECT_KEYS = precedence.PROJECT_KEYS
ENDPOINT_KEYS = precedence.ENDPOINT_KEYS
ENTERPRISE_PROJECTS = "enterprise_projects"
"""Set where a build names an enterprise project: lists have to name them as well."""
IMAGE_TASKS_AT_ONCE = 40
"""How many images a project may make at a time (IMS user guide, constraints: concurrent creation tasks)."""

_lock = threading.Lock()
_settings: dict[str, Any] = {}
_clouds: dict[str, "Cloud"] = {}
_announced: set[str] = set()


def configure(config: Any) -> None:
    """Take the stack's configuration over from the engine (a pulumi.dynamic.Config), and prepare the process."""
    import json

    process.attach()
    keys = (*CREDENTIAL_KEYS, *PROJECT_KEYS, "region", "image_tasks_at_once", ENTERPRISE_PROJECTS)
    settings: dict[str, Any] = {key: value for key in keys if (value := config.get(key))}
    for key in ("endpoints", "regions"):
        settings[key] = json.loads(config.get(key) or "{}")
    with _lock:
        if settings != _settings:
            _settings.clear()
            _settings.update(settings)
            _clouds.clear()


def cloud(region: str) -> "Cloud":
    """The client of a region, by the name that the stack gives it; signed in at its first request.

    Raises:
        CredentialsMissing, UnknownRegion: the configuration does not suffice.
    """
    with _lock:
        if region not in _clouds:
            _clouds[region] = connect(region, _settings, os.environ)
        return _clouds[region]


def sources(region: str) -> str:
    """Describe where the project and the credentials of a region come from, in one line."""
    return precedence.line(region, _settings, os.environ)[0]


def announce(region: str) -> None:
    """Show, once in a run, how it signs in to a region, if a setting of the stack or of the environment is not used."""
    line, is_overridden = precedence.line(region, _settings, os.environ)
    with _lock:
        if not is_overridden or region in _announced:
            return
        _announced.add(region)
    process.log(line)


def image_tasks_at_once() -> int:
    """How many images may be made at a time in a project, as the stack says."""
    value = _settings.get("image_tasks_at_once")
    try:
        return max(int(float(value)), 1) if value else IMAGE_TASKS_AT_ONCE
    except (TypeError, ValueError, OverflowError):
        return IMAGE_TASKS_AT_ONCE


def connect(region: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> "Cloud":
    """A client for a region from settings and environment; makes no request.

    Args:
        region: by the name that the settings give it.
        settings: credentials; `region`, the stack's own; its project and endpoints; `regions`, those of others.
        environment: the process's.
    """
    from huaweicloud.auth.credentials import find_credentials
    from huaweicloud.cloud import Cloud

    place = _place(region, settings, environment)
    return Cloud(
        place["region"],
        find_credentials(_texts(settings), environment, shared_configuration_file(environment)),
        _endpoints(place),
        project_name=place.get("project_name"),
        project_id=place.get("project_id"),
        cancelled=process.cancelled,
        enterprise_projects=bool(settings.get(ENTERPRISE_PROJECTS) or environment.get("HW_ENTERPRISE_PROJECT_ID")),
    )


def _place(region: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, Any]:
    """Where a region is, and with which project: from its entry in `regions`, for the stack's own from all sources."""
    entry = dict((settings.get("regions") or {}).get(region) or {})
    place: dict[str, Any] = {"region": region, "endpoints": {}, "environment": {}, **entry}
    chosen = precedence.project(region, settings, environment).values
    place = {**{key: value for key, value in place.items() if key not in PROJECT_KEYS}, **chosen}
    place["keys"] = {service: f"regions.{region}.endpoints.{service}" for service in place["endpoints"]}
    if not precedence.is_own(region, settings):
        return place
    endpoints = {**(settings.get("endpoints") or {}), **place["endpoints"]}
    return {**place, "endpoints": endpoints, "environment": environment}


def _endpoints(place: Mapping[str, Any]) -> "Endpoints":
    from huaweicloud.endpoints import find_endpoints

    return find_endpoints(place["region"], place["endpoints"], place["environment"], place["keys"])


def _texts(settings: Mapping[str, Any]) -> dict[str, str]:
    return {key: value for key, value in settings.items() if isinstance(value, str)}


def shared_configuration_file(environment: Mapping[str, str]) -> Path | None:
    """The file that the cloud's own command line tool writes, where there is one."""
    named = environment.get("HW_SHARED_CONFIG_FILE")
    path = Path(named) if named else Path(environment.get("HOME", "/nonexistent")) / ".hcloud" / "config.json"
    try:
        return path if path.is_file() else None
    except (OSError, ValueError):
        return None


def fault_of_credentials(settings: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the key or variable that keeps anybody from signing in, and why; None if nothing does.

    Makes no request.
    """
    from huaweicloud.auth.credentials import find_credentials
    from huaweicloud.errors import ConfigurationError

    try:
        find_credentials(_texts(settings), environment, shared_configuration_file(environment))
    except ConfigurationError as error:
        return _fault(error, "credentials")
    return None


def faults_of_region(region: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return why the services of a region cannot be found or reached: the key or variable, "" for the region's own key,
    and what is wrong with it. Makes no request. Arguments as of connect()."""
    from huaweicloud import endpoints
    from huaweicloud.auth import credentials
    from huaweicloud.errors import ConfigurationError
    from huaweicloud.transport import machine_settings

    place = _place(region, settings, environment)
    faults: list[ConfigurationError] = [
        *endpoints.find_faults(place["endpoints"], place["environment"], place["keys"]),
        *credentials.find_faults_of_project(place, place["environment"], _project_keys(region, settings)),
    ]
    if not faults:
        try:
            found = _endpoints(place)
            urls = [getattr(found, service) for service in endpoints.SERVICES]
            faults += machine_settings.find_faults(environment, urls)
        except ConfigurationError as error:
            faults.append(error)
    return [_fault(error, "") for error in faults]


def _project_keys(region: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the configuration key that holds each part of a region's project."""
    entry = (settings.get("regions") or {}).get(region) or {}
    return {key: f"regions.{region}.{key}" if entry.get(key) else key for key in PROJECT_KEYS}


def _fault(error: "ConfigurationError", key: str) -> tuple[str, str]:
    from huaweicloud.errors import InvalidSetting

    if isinstance(error, InvalidSetting):
        key, sentence = error.setting, error.reason
    else:
        sentence = str(error)
    return key, f"{sentence}; {error.hint}" if error.hint else sentence
