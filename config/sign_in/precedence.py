"""
Order of the sources of a sign-in: one for project, endpoints and credentials.

The environment comes before the stack's configuration, because `refresh` and `destroy` are handed the configuration of
an earlier run. A project is one setting with two spellings: the first place that has its id or its name decides, and
within a place the id does. A stack's region is part of what it builds, so the environment is only its default.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PROJECT_KEYS = ("project_id", "project_name")
ENDPOINT_KEYS = ("iam", "ims", "ecs", "evs", "vpc", "obs")
CONFIGURATION = "the stack's configuration"


class Value(NamedTuple):
    """
    Value of a setting, and its source.

    Attributes:
        text: The value; "" if it must not be shown.
        origin: The variable, or the key of the configuration.
    """

    text: str
    origin: str

    def __str__(self) -> str:
        return f"{self.text} ({self.origin})" if self.text else self.origin


@dataclass(frozen=True)
class Choice:
    """
    Choice of a value among several sources.

    Attributes:
        values: The chosen values by key; empty if no place has one.
        chosen: The value that decides; None if no place has one.
        passed_over: Values of later places that say something else.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    chosen: Value | None = None
    passed_over: tuple[Value, ...] = ()


def is_own(region: str, settings: Mapping[str, Any]) -> bool:
    """
    Return True for the stack's own region; the environment's project and endpoints are for that region only.

    Settings without a region belong to a program that names it to its resources only, or to an older state.
    """
    return not settings.get("region") or settings["region"] == region


def project(region: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> Choice:
    """
    Choose the project of a region.

    Args:
        region: Region, by the name that the stack gives it.
        settings: As connection.connect() takes them.
        environment: The process environment.

    Returns:
        `project_id` or `project_name` or both, of one place.
    """
    places = [place for place in _project_places(region, settings, environment) if place]
    if not places:
        return Choice()
    first, *others = places
    decides = next(first[key] for key in PROJECT_KEYS if key in first)
    said = {key: value.text for key, value in first.items()}
    other = [value for place in [first, *others] for key, value in place.items() if value.text != said.get(key)]
    return Choice(said, decides, tuple(other))


def _project_places(
    region: str, settings: Mapping[str, Any], environment: Mapping[str, str]
) -> Iterator[dict[str, Value]]:
    entry = (settings.get("regions") or {}).get(region) or {}
    of_entry = {key: Value(str(entry[key]), f"regions.{region}.{key}") for key in PROJECT_KEYS if entry.get(key)}
    if not is_own(region, settings):
        yield of_entry
        return
    names = {key: f"HW_{key.upper()}" for key in PROJECT_KEYS}
    yield {key: Value(environment[name].strip(), name) for key, name in names.items() if environment.get(name)}
    yield of_entry
    yield {key: Value(str(settings[key]), key) for key in PROJECT_KEYS if settings.get(key)}


def replaced_endpoints(region: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[Value, ...]:
    """
    Find the endpoints of the configuration that the environment replaces.

    Args:
        region: Region, by the name that the stack gives it.
        settings: As connection.connect() takes them.
        environment: The process environment.

    Returns:
        Their keys; a URL is not shown, because it may hold a password.
    """
    if not is_own(region, settings):
        return ()
    entry = ((settings.get("regions") or {}).get(region) or {}).get("endpoints") or {}
    configured = {
        **{service: (f"endpoints.{service}", url) for service, url in (settings.get("endpoints") or {}).items()},
        **{service: (f"regions.{region}.endpoints.{service}", url) for service, url in entry.items()},
    }
    variables = {service: f"HW_{str(service).upper()}_ENDPOINT" for service in configured}
    return tuple(
        Value("", key)
        for service, (key, url) in configured.items()
        if environment.get(variables[service]) not in (None, "", url)
    )


def credentials(settings: Mapping[str, Any], environment: Mapping[str, str]) -> Choice:
    """
    Choose who signs in, as `huaweicloud.auth.credentials.find_credentials` does.

    Args:
        settings: As connection.connect() takes them.
        environment: The process environment.
    """
    told, configured = _given(settings, environment)
    from_stack = _signer(configured, dict.fromkeys(configured, CONFIGURATION))
    chosen = _signer(told, told_by := dict.fromkeys(told, "")) or from_stack
    chosen = chosen or _signer({**configured, **told}, {**dict.fromkeys(configured, CONFIGURATION), **told_by})
    if chosen is None:
        return Choice({}, Value("a profile", "the file of the cloud's command line tool"))
    differs = any(told.get(key) != value for key, value in configured.items() if not key.startswith("agency"))
    return Choice({}, chosen, (from_stack,) if from_stack and chosen is not from_stack and differs else ())


def _given(settings: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what the environment and what the configuration say of credentials, by key."""
    from huaweicloud.auth.credentials import ENVIRONMENT_NAMES

    told = {
        key: environment[name].strip() for key, name in ENVIRONMENT_NAMES.items() if environment.get(name, "").strip()
    }
    return told, {key: str(value) for key in ENVIRONMENT_NAMES if (value := settings.get(key))}


def _signer(values: Mapping[str, str], places: Mapping[str, str]) -> Value | None:
    """Name a complete sign-in, without the id of a key; None if there is none."""
    from huaweicloud.auth.credentials import ACCESS_KEY_PARTS, ENVIRONMENT_NAMES, PASSWORD_PARTS

    for parts in (ACCESS_KEY_PARTS, PASSWORD_PARTS):
        if all(values.get(part) for part in parts):
            place = places.get(parts[0])
            origin = f"{parts[0]} of {place}" if place else ENVIRONMENT_NAMES[parts[0]]
            return Value(_who(values) if parts == PASSWORD_PARTS else "an access key", origin)
    return None


def _who(values: Mapping[str, str]) -> str:
    return f"user {values['user_name']} of {values['domain_name']}"


def _agency(settings: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    from huaweicloud.auth.credentials import ENVIRONMENT_NAMES

    told, configured = _given(settings, environment)
    name, account = ({**configured, **told}.get(key, "") for key in ("agency_name", "agency_domain_name"))
    origin = ENVIRONMENT_NAMES["agency_name"] if told.get("agency_name") else "agency_name"
    return f" through agency {name} of {account} ({origin})" if name else ""


def line(region: str, settings: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[str, bool]:
    """
    Describe the sign-in of a region in one line, without secrets.

    Args:
        region: Region, by the name that the stack gives it.
        settings: As connection.connect() takes them.
        environment: The process environment.

    Returns:
        The line, and True if a later place says something else than the one that was chosen.
    """
    chosen = project(region, settings, environment)
    who, urls = credentials(settings, environment), replaced_endpoints(region, settings, environment)
    where = f"project {chosen.chosen}" if chosen.chosen else f"the project of region {region}"
    others = [
        *_other_region(settings, environment),
        *_other_deployment(settings, environment),
        *who.passed_over,
        *chosen.passed_over,
        *urls,
    ]
    unused = f"; not used: {', '.join(map(str, others))}" if others else ""
    return f"signs in with {who.chosen}{_agency(settings, environment)} to {where}{unused}", bool(others)


def _other_region(settings: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[Value]:
    named, own = environment.get("HW_REGION_NAME"), settings.get("region")
    if named and own and named != own:
        yield Value(f"region {named}", "HW_REGION_NAME")


def _other_deployment(settings: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[Value]:
    """Yield the cloud and the pattern that are not used; a pattern is not shown, because it may hold a password."""
    from huaweicloud.endpoints.deployment import passed_over

    for value, setting in passed_over(settings, environment):
        yield Value(value, setting)
