"""
Endpoints of the services in each region.

Source: "Endpoints" of the API references: `https://{service}.{region}.myhuaweicloud.com`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from huaweicloud.errors import InvalidSetting, UnknownRegion

_EXAMPLE = "https://ims.cn-north-4.myhuaweicloud.com"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?|[0-9a-f:.]*:[0-9a-f:.]*")

KNOWN_REGIONS: frozenset[str] = frozenset(
    {
        *("af-north-1", "af-south-1", "ae-ad-1", "me-east-1", "tr-west-1", "ru-moscow-1"),
        *("ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5"),
        *("cn-east-2", "cn-east-3", "cn-east-4", "cn-east-5"),
        *("cn-north-1", "cn-north-2", "cn-north-4", "cn-north-9", "cn-north-11", "cn-north-12"),
        *("cn-south-1", "cn-south-2", "cn-south-4", "cn-southwest-2", "cn-southwest-3"),
        *("eu-west-0", "eu-west-101", "my-kualalumpur-1"),
        *("la-north-2", "la-south-2", "na-mexico-1", "sa-brazil-1"),
    }
)
# Regions whose IAM has an unusual host name.
IAM_EXCEPTIONS = {"eu-west-101": "https://iam.myhuaweicloud.eu"}


@dataclass(frozen=True)
class Endpoints:
    """
    Base URLs of the services, without a trailing slash.

    Attributes:
        sources: Environment variable or configuration key of each URL, by service; absent for the region's own.
    """

    iam: str
    ims: str
    ecs: str
    evs: str
    vpc: str
    obs: str
    sources: Mapping[str, str] = field(default_factory=dict, compare=False, kw_only=True)


SERVICES = tuple(field.name for field in fields(Endpoints) if field.name != "sources")


def find_endpoints(
    region: str, overrides: Mapping[str, str], environment: Mapping[str, str], keys: Mapping[str, str] | None = None
) -> Endpoints:
    """
    Find the base URL of each service.

    Args:
        region: Region id such as cn-north-4.
        overrides: Base URLs by service name; the environment wins over them.
        environment: Process environment: `HW_IAM_ENDPOINT`, `HW_IMS_ENDPOINT` and so on, and `HW_AUTH_URL` (the IAM
            base URL followed by /v3).
        keys: Configuration key of each override, for messages; by default `endpoints.<service>`.

    Returns:
        The base URLs.

    Raises:
        UnknownRegion: The region is unknown, and a service has no base URL of its own.
        InvalidSetting: A base URL is malformed.
    """
    given = {name: _given(name, overrides, environment, keys or {}) for name in SERVICES}
    for error in _problems(given):
        raise error
    missing = [name for name, (_, url) in given.items() if not url]
    if missing and region not in KNOWN_REGIONS:
        named = f"'{region}' " if re.fullmatch(r"[\w-]{1,64}", region) else "(not shown: it is not an id) "
        raise UnknownRegion(
            f"The region {named}is not known, and no endpoint is set for {', '.join(missing)}",
            hint=f"use one of {', '.join(sorted(KNOWN_REGIONS))}",
        )
    urls = {name: _base_url(url) if url else _usual(name, region) for name, (_, url) in given.items()}
    return Endpoints(**urls, sources={name: source for name, (source, url) in given.items() if url})


def find_problems(
    overrides: Mapping[str, str], environment: Mapping[str, str], keys: Mapping[str, str] | None = None
) -> list[InvalidSetting]:
    """
    Return an error for each malformed base URL.

    The arguments are those of find_endpoints().
    """
    return _problems({name: _given(name, overrides, environment, keys or {}) for name in SERVICES})


def _usual(service: str, region: str) -> str:
    if service == "iam" and region in IAM_EXCEPTIONS:
        return IAM_EXCEPTIONS[region]
    return f"https://{service}.{region}.myhuaweicloud.com"


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
    found = {source: _problem(url) for source, url in given.values() if url}
    return [InvalidSetting(source, problem) for source, problem in found.items() if problem]


def _problem(value: str) -> str:
    """Return the problem of a base URL, without the URL: it may hold a password or a signature."""
    url = _with_scheme(value)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and (parts.port is None or parts.port > 0)
        host = parts.hostname or ""
    except ValueError:
        usable, host = False, ""
    if not usable or not _HOST.fullmatch(host) or parts.query or parts.fragment or parts.username or not url.isascii():
        return f"is not a base URL such as {_EXAMPLE}"
    if not re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?", parts.path) or re.match(r"[A-Za-z]+:/(?!/)", value):
        return f"is not a base URL such as {_EXAMPLE}"
    version = re.search(r"/v\d+(\.\d+)*(/.*)?$", _path(url))
    if version:
        return f"must be the base URL alone, such as {_EXAMPLE}: the path of the API ({version.group()[:20]}) is added"
    return ""


def _with_scheme(value: str) -> str:
    return value.strip() if "://" in value else f"https://{value.strip()}"


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/").removesuffix("/v3")


def _base_url(value: str) -> str:
    return _with_scheme(value).rstrip("/").removesuffix("/v3")
