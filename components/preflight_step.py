"""What a stack's configuration may say about the check before its builds, and the resources that make it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pulumi
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from config.builds import BuildSettings
from config.constraints import Decimal
from config.prices import Prices
from config.regions import Regions
from config.shapes import given, is_empty
from config.suggestions import shown_key, unknown_key
from providers.preflight import Preflight
from providers.runtime.properties import reason

Mode = Literal["off", "warn", "enforce"]
KEYS = ("preflight", "estimated_minutes", "prices")


class PreflightSettings(BaseModel):
    """
    The settings of the preflight.

    Attributes:
        preflight: enforce: its errors stop the run; warn: they are shown; off: nothing is asked.
        estimated_minutes: how long a temporary server is rented, for the estimate of a run's cost; left out, it is what
            earlier builds have taken.
        prices: the price table, for the same.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    preflight: Mode = "enforce"
    estimated_minutes: Annotated[Decimal, Field(gt=0, le=7 * 24 * 60)] | None = None
    prices: Prices = Prices()


def read_preflight(values: Mapping[str, Any]) -> tuple[PreflightSettings, list[str]]:
    """
    The settings of the preflight.

    Args:
        values: by key of the stack's configuration; keys that are not the preflight's are passed over.

    Returns:
        The settings, and a line for every fault of them.
    """
    present = given({key: values[key] for key in KEYS if not is_empty(values.get(key))})
    try:
        return PreflightSettings.model_validate(present), []
    except ValidationError as error:
        return PreflightSettings(), [f"{_path(fault['loc'])}: {_reason(fault)}" for fault in error.errors()]


def _reason(fault: ErrorDetails) -> str:
    if fault["type"] == "extra_forbidden":
        return unknown_key(str(fault["loc"][-1]), Prices.model_fields)
    return reason(fault)


def _path(location: tuple[str | int, ...]) -> str:
    return ".".join(map(shown_key, location))


def indexed(builds: list[BuildSettings], configured: Any) -> list[dict[str, Any]]:
    """
    The settings of builds, each with its place in the configuration, by which messages name it.

    Args:
        builds: those without fault.
        configured: the list as the configuration has it, the faulty ones among them.
    """
    listed = configured if isinstance(configured, list) else []
    names = [build.get("name") if isinstance(build, Mapping) else None for build in listed]
    places = {name: index for index, name in enumerate(names) if isinstance(name, str)}
    return [
        {
            **_settings(build),
            "index": places.get(build.name, place),
            "user_data_digest": build.user_data_digest,
        }
        for place, build in enumerate(builds)
    ]


def _settings(build: BuildSettings) -> dict[str, Any]:
    """Return what the preflight judges; what it has judged since an earlier version only where it is set."""
    without = {"user_data", "region", *(() if build.share_with else ("share_with",))}
    return build.model_dump(mode="json", exclude_none=True, exclude=without)


def declare_preflights(
    regions: Regions,
    builds: Mapping[str, list[dict[str, Any]]],
    settings: PreflightSettings,
    faults: list[str],
    provider: pulumi.ProviderResource | None = None,
) -> list[Preflight]:
    """
    Declare the checks before all builds, one for each region.

    Args:
        regions: of the stack.
        builds: their settings by region, see indexed().
        settings: of the checks.
        faults: of the configuration, which come in one report with what the cloud says: that of the first region.
        provider: of the checks, and of the builds.
    """
    if settings.preflight == "off":
        return []
    common = {
        "mode": settings.preflight,
        **({"minutes": settings.estimated_minutes} if settings.estimated_minutes else {}),
        "prices": settings.prices.model_dump(mode="json"),
    }
    checks: list[Preflight] = []
    for name, here in builds.items():
        at_once = regions.servers_at_once(name)
        args = {
            **common,
            "region": name,
            "builds": here,
            "faults": [] if checks else faults,
            **({"servers_at_once": at_once} if at_once else {}),
        }
        checks.append(Preflight(f"preflight-{name}", args, pulumi.ResourceOptions(provider=provider)))
    return checks
