"""
Where the services are.

Source: "Endpoints" of the API references: `https://{service}.{region}.myhuaweicloud.com`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from huaweicloud.errors import ConfigurationError, UnknownRegion

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
# Regions whose IAM is not at the usual name.
IAM_EXCEPTIONS = {"eu-west-101": "https://iam.myhuaweicloud.eu"}


@dataclass(frozen=True)
class Endpoints:
    """Base URLs of the services, without a trailing slash."""

    iam: str
    ims: str
    ecs: str
    evs: str
    vpc: str
    obs: str


SERVICES = tuple(field.name for field in fields(Endpoints))


def find_endpoints(region: str, overrides: Mapping[str, str], environment: Mapping[str, str]) -> Endpoints:
    """
    Find the base URL of each service.

    Args:
        region: Region id such as cn-north-4.
        overrides: Base URLs by service name; they are used where the environment has none.
        environment: The process environment: `HW_IAM_ENDPOINT`, `HW_IMS_ENDPOINT` and so on, and `HW_AUTH_URL` (the
            IAM base URL followed by /v3).

    Returns:
        The base URLs.

    Raises:
        UnknownRegion: The region is not known and a service has no base URL of its own.
        ConfigurationError: A base URL is not one.
    """
    given = {name: _given(name, overrides, environment) for name in SERVICES}
    missing = [name for name, url in given.items() if not url]
    if missing and region not in KNOWN_REGIONS:
        raise UnknownRegion(
            f"The region '{region}' is not known, and no endpoint is given for {', '.join(missing)}",
            hint=f"Known regions: {', '.join(sorted(KNOWN_REGIONS))}.",
        )
    return Endpoints(**{name: url or _usual(name, region) for name, url in given.items()})


def _usual(service: str, region: str) -> str:
    if service == "iam" and region in IAM_EXCEPTIONS:
        return IAM_EXCEPTIONS[region]
    return f"https://{service}.{region}.myhuaweicloud.com"


def _given(service: str, overrides: Mapping[str, str], environment: Mapping[str, str]) -> str:
    variable = f"HW_{service.upper()}_ENDPOINT"
    candidates = [(variable, environment.get(variable))]
    if service == "iam":
        candidates.append(("HW_AUTH_URL", environment.get("HW_AUTH_URL")))
    candidates.append((f"the endpoint of {service}", overrides.get(service)))
    for source, value in candidates:
        if value:
            return _base_url(value, source)
    return ""


def _base_url(value: str, source: str) -> str:
    url = value.strip() if "://" in value else f"https://{value.strip()}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username:
        raise ConfigurationError(f"{source} is not a base URL such as https://ims.cn-north-4.myhuaweicloud.com")
    return url.rstrip("/").removesuffix("/v3")
