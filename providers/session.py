"""configure() -> one client per region, shared by all providers of the process.

Credentials and endpoints come from the environment before the stack's configuration: `refresh` and `destroy` are
handed the configuration that was recorded in the state, not the present one. Nothing of it is ever put into a
resource's properties.
"""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from providers import engine

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
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
ENDPOINT_KEYS = ("iam", "ims", "ecs", "evs", "vpc", "obs")

_lock = threading.Lock()
_settings: dict[str, Any] = {}
_clouds: dict[str, "Cloud"] = {}


def configure(config: Any) -> None:
    """Take the stack's configuration over from the engine (a pulumi.dynamic.Config), and prepare the process."""
    import json

    engine.attach()
    keys = (*CREDENTIAL_KEYS, "project_name", "project_id")
    settings: dict[str, Any] = {key: value for key in keys if (value := config.get(key))}
    settings["endpoints"] = json.loads(config.get("endpoints") or "{}")
    with _lock:
        if settings != _settings:
            _settings.clear()
            _settings.update(settings)
            _clouds.clear()


def cloud(region: str) -> "Cloud":
    """The client of a region, signed in at its first request.

    Raises:
        CredentialsMissing, UnknownRegion: the configuration does not suffice.
    """
    with _lock:
        if region not in _clouds:
            _clouds[region] = connect(region, _settings, os.environ)
        return _clouds[region]


def connect(region: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> "Cloud":
    """A client for a region from settings and environment; makes no request."""
    from huaweicloud.cloud import Cloud
    from huaweicloud.credentials import find_credentials
    from huaweicloud.endpoints import find_endpoints

    texts = {key: value for key, value in settings.items() if isinstance(value, str)}
    return Cloud(
        region,
        find_credentials(texts, environment, shared_configuration_file(environment)),
        find_endpoints(region, settings.get("endpoints", {}), environment),
        project_name=environment.get("HW_PROJECT_NAME") or texts.get("project_name"),
        project_id=environment.get("HW_PROJECT_ID") or texts.get("project_id"),
        cancelled=engine.cancelled,
    )


def shared_configuration_file(environment: Mapping[str, str]) -> Path | None:
    """The file that the cloud's own command line tool writes, where there is one."""
    named = environment.get("HW_SHARED_CONFIG_FILE")
    path = Path(named) if named else Path(environment.get("HOME", "/nonexistent")) / ".hcloud" / "config.json"
    return path if path.is_file() else None


def faults(region: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """What is missing for a sign-in, as lines of the configuration's report; makes no request."""
    from huaweicloud.credentials import find_credentials
    from huaweicloud.endpoints import find_endpoints
    from huaweicloud.errors import ConfigurationError

    texts = {key: value for key, value in settings.items() if isinstance(value, str)}
    found = []
    try:
        find_endpoints(region, settings.get("endpoints", {}), environment)
    except ConfigurationError as error:
        found.append(f"region: {_with_hint(error)}")
    try:
        find_credentials(texts, environment, shared_configuration_file(environment))
    except ConfigurationError as error:
        found.append(f"credentials: {_with_hint(error)}")
    return found


def _with_hint(error: "ConfigurationError") -> str:
    return f"{error}; {error.hint}" if error.hint else str(error)
