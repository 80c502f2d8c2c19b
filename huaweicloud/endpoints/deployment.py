"""
Deployment that a client talks to: one of the known clouds, or a private one by the pattern of its endpoints.

Both are one choice with two spellings. The first place that has either decides: the environment, then the settings.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from huaweicloud.endpoints import clouds
from huaweicloud.endpoints.base_urls import base_url, problem_of_url
from huaweicloud.endpoints.clouds import KnownCloud
from huaweicloud.errors import InvalidSetting

VARIABLES = {"cloud": "HW_CLOUD", "endpoint": "HW_ENDPOINT"}
EXAMPLE = "https://{service}.{region}.example.com"
PLACEHOLDERS = ("{service}", "{region}")


class Deployment(NamedTuple):
    """
    Chosen deployment.

    Attributes:
        cloud: Known cloud; None if none is selected.
        pattern: Pattern of the endpoints; "" if none is set.
        setting: Environment variable or configuration key that decides; "" if neither is set.
        problem: Reason why the variable `HW_CLOUD` cannot be used. Other programs read it as well, so it matters only
            if a service has no base URL of its own.
    """

    cloud: KnownCloud | None = None
    pattern: str = ""
    setting: str = ""
    problem: InvalidSetting | None = None

    def cloud_of(self, region: str) -> KnownCloud | None:
        """Return the known cloud that serves a region; None if none does, or if the deployment is private."""
        if self.pattern:
            return None
        if self.cloud:
            return self.cloud if region in self.cloud.regions else None
        return next(iter(clouds.having(region)), None)


ANY = Deployment()
"""No deployment is selected, so that the region determines the cloud."""


def find_deployment(settings: Mapping[str, str], environment: Mapping[str, str]) -> Deployment:
    """
    Return the deployment that settings and environment select.

    Args:
        settings: Values of `cloud` and `endpoint`; either may be missing.
        environment: Process environment, which takes precedence.

    Raises:
        InvalidSetting: The cloud is unknown, the pattern is malformed, or both are set in one place.
    """
    for place in _places(settings, environment):
        if len(place) > 1:
            (_, cloud), (_, endpoint) = place["cloud"], place["endpoint"]
            raise InvalidSetting(endpoint, f"is set together with {cloud}", hint="remove one of the two")
        for key, (value, setting) in place.items():
            return _of_cloud(value, setting) if key == "cloud" else _of_pattern(value, setting)
    return ANY


def passed_over(settings: Mapping[str, str], environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the value and the name of each setting that the deciding place hides; a URL is not among them."""
    decides, *others = [place for place in _places(settings, environment) if place] or [{}]
    chosen = {value for value, _ in decides.values()}
    return [
        (value if key == "cloud" else "", setting)
        for place in others
        for key, (value, setting) in place.items()
        if value not in chosen
    ]


def _places(settings: Mapping[str, str], environment: Mapping[str, str]) -> list[dict[str, tuple[str, str]]]:
    """Return value and name of each setting, by key: those of the environment, then those of the settings."""
    told = {key: (environment.get(name, "").strip(), name) for key, name in VARIABLES.items()}
    configured = {key: (str(settings.get(key) or "").strip(), key) for key in VARIABLES}
    return [{key: pair for key, pair in place.items() if pair[0]} for place in (told, configured)]


def _of_cloud(value: str, setting: str) -> Deployment:
    found = clouds.find(value.lower())
    if found is None:
        known = ", ".join(cloud.name for cloud in clouds.CLOUDS)
        shown = f" {value!r}" if re.fullmatch(r"[\w.-]{1,64}", value) else ""
        problem = InvalidSetting(
            setting,
            f"names a cloud{shown} that is not known; the known ones are {known}",
            hint=f"for another one, set endpoint to the pattern of its endpoints, such as {EXAMPLE}",
        )
        if setting != VARIABLES["cloud"]:
            raise problem
        return Deployment(setting=setting, problem=problem)
    return Deployment(cloud=found, setting=setting)


def _of_pattern(value: str, setting: str) -> Deployment:
    pattern = base_url(value)
    others = [name for name in re.findall(r"\{[^{}]*\}", pattern) if name not in PLACEHOLDERS]
    if "{service}" not in pattern:
        raise InvalidSetting(
            setting, f"does not contain {{service}}, so that all services would be one; write {EXAMPLE}"
        )
    if others:
        raise InvalidSetting(setting, f"contains a placeholder other than {{service}} and {{region}}; write {EXAMPLE}")
    problem = problem_of_url(clouds.fill(pattern, "ims", "region-1"), EXAMPLE)
    if problem:
        raise InvalidSetting(setting, problem)
    return Deployment(pattern=pattern, setting=setting)
