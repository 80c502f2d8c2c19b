"""Checks before builds: one resource for each region of a stack, or one for each build that a program declares."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import pulumi
from pulumi.runtime.stack import ResourceRegistrationFailed

from components.build_values import BuildValues
from components.joined_outputs import State, output_of, state_of
from config.builds.checked_build import Build
from config.preflight_settings import PreflightSettings
from config.problems import Finding
from config.regions import Regions
from providers.preflight import Preflight
from providers.runtime import serving


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
    checks: list[Preflight] = []
    for name, here in builds.items():
        at_once = regions.servers_at_once(name)
        args = {
            **_common(settings),
            "region": name,
            "builds": [build.model_dump(mode="json", exclude_none=True) for build in here],
            "faults": [] if checks else [problem.as_props() for problem in problems],
            **({"servers_at_once": at_once} if at_once else {}),
        }
        checks.append(Preflight(check_name(name), args, pulumi.ResourceOptions(provider=provider)))
    return checks


def declare_preflight(
    build: pulumi.Resource,
    name: str,
    values: BuildValues,
    settings: PreflightSettings,
    servers_at_once: int | None = None,
    former: Preflight | None = None,
) -> list[Preflight]:
    """
    Declare the check before a build of a program, which also validates the values that are known later.

    Args:
        build: Component of the build.
        name: Name of the build.
        values: Settings of the build.
        settings: Settings of the checks.
        servers_at_once: Number of temporary servers that may be alive together in the region, for policies.
        former: Check of the region, which knows the builds that it covered.

    Returns:
        The check; nothing if checks are off and all values have been validated.
    """
    if settings.preflight == "off" and not values.has_later:
        return []
    builds, faults = values.to_check()
    limit = {"servers_at_once": servers_at_once} if servers_at_once else {}
    region = values["region"] if former is None else _behind(former, values["region"])
    args = {**_common(settings), "region": region, "builds": builds, "faults": faults, **limit}
    return [Preflight(name, args, pulumi.ResourceOptions(parent=build))]


def _behind(former: Preflight, region: str) -> pulumi.Output[str]:
    """Return a region that is known once its former check has been declared, or is left out of the run."""

    async def state() -> State:
        with suppress(ResourceRegistrationFailed):
            await former.urn.future()
        return await state_of(region)

    return output_of(state())


def declare_former_preflight(region: str, provider: pulumi.ProviderResource | None, suffix: str = "") -> Preflight:
    """
    Declare the check of a region that a stack of dynamic resources has, which checks nothing any more.

    The engine would otherwise delete it by the program that the stack has left. It is no alias of the check of a build:
    builds are declared in any order, and an update plan is refused if another one of them has the alias.

    Args:
        region: Region of the check.
        provider: Provider of the region's builds; that of the engine by default.
        suffix: Name of that provider; "" for the engine's.

    Returns:
        The check.
    """
    name = check_name(region)
    old = pulumi.Alias(name=name, type_=serving.dynamic_token(Preflight))
    args = {"region": region, "mode": "off", "builds": []}
    opts = pulumi.ResourceOptions(aliases=[old], provider=provider)
    return Preflight("-".join(filter(None, (name, suffix))), args, opts)


def check_name(region: str) -> str:
    """Return the name of the check before all builds of a stack in a region."""
    return f"preflight-{region}"


def _common(settings: PreflightSettings) -> dict[str, Any]:
    return {
        "mode": settings.preflight,
        **({"minutes": settings.estimated_minutes} if settings.estimated_minutes else {}),
        "prices": settings.prices.model_dump(mode="json"),
    }
