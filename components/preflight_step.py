"""Checks before all builds of a stack, one resource for each region."""

from collections.abc import Mapping, Sequence

import pulumi

from config.builds import Build
from config.preflight_settings import PreflightSettings
from config.problems import Finding
from config.regions import Regions
from providers.preflight import Preflight


def declare_preflights(
    regions: Regions,
    builds: Mapping[str, Sequence[Build]],
    settings: PreflightSettings,
    problems: Sequence[Finding],
    provider: pulumi.ProviderResource | None = None,
) -> list[Preflight]:
    """
    Declare the checks before all builds, one for each region.

    Args:
        regions: Regions of the stack.
        builds: Builds by region.
        settings: Settings of the checks.
        problems: Problems of the configuration, reported together with the findings of the first region.
        provider: Provider of the checks and of the builds.
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
            "builds": [build.model_dump(mode="json", exclude_none=True) for build in here],
            "faults": [] if checks else [problem.as_props() for problem in problems],
            **({"servers_at_once": at_once} if at_once else {}),
        }
        checks.append(Preflight(f"preflight-{name}", args, pulumi.ResourceOptions(provider=provider)))
    return checks
