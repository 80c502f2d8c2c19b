"""Preflight of a whole stack from its configuration, without Pulumi."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TypeVar

from config import problems
from config.builds.build_settings import ORDER
from config.builds.checked_build import Build
from config.iso_file.iso_content import IsoContent
from config.preflight_settings import PreflightSettings
from config.problems import Finding
from config.sign_in import connection, precedence
from config.stack_file import Configured
from config.stack_settings import StackSettings
from huaweicloud.errors import CloudError
from preflight import checking, duration_history, plan, result_lines
from preflight.checked_stack import Stack
from preflight.checks import quotas
from preflight.region_catalog import RegionCatalog

T = TypeVar("T")


@dataclass(frozen=True)
class RegionReport:
    """
    Part of a report about one region.

    Attributes:
        region: Name that the stack gives the region.
        project_id: Id of the project; "" if it could not be read.
        sign_in: Origin of the credentials and the project in one line, without secrets.
        roles: Roles of the user; None if they cannot be read.
        files: A line for each ISO file.
        plan: Plan of a first run in one line; "" if there are errors.
    """

    region: str
    project_id: str = ""
    sign_in: str = ""
    roles: list[str] | None = None
    files: list[str] = field(default_factory=list)
    plan: str = ""


@dataclass(frozen=True)
class Report:
    """
    Result of the preflight of a stack.

    Attributes:
        findings: All findings, in the order of the configuration.
        regions: Parts of the report by region.
        requests: Number of requests that were sent.
    """

    findings: list[Finding]
    regions: list[RegionReport] = field(default_factory=list)
    requests: int = 0

    @property
    def has_errors(self) -> bool:
        """Return True if a finding would stop a run."""
        return bool(problems.errors(self.findings))


def create_report(configured: Configured, environment: Mapping[str, str]) -> Report:
    """
    Check the builds of a stack against the cloud.

    Args:
        configured: Configuration of the stack.
        environment: Process environment, for credentials and endpoints.
    """
    settings = configured.settings
    found = [*configured.problems]
    if any(finding.key == "credentials" for finding in found):
        found += _encrypted_hint(configured)
    stacks = {name: _stack(name, configured, environment) for name in settings.to_check}
    with ThreadPoolExecutor(len(stacks) or 1, thread_name_prefix="doctor") as pool:
        seen = dict(zip(stacks, pool.map(checking.check, stacks.values()), strict=True))
    found += dict.fromkeys(finding for listed in seen.values() for finding in listed)
    well = not problems.errors(found)
    regions = [_region_report(name, stack, settings, environment, well=well) for name, stack in stacks.items()]
    requests = sum(sum(stack.catalog.cloud.request_counts.values()) for stack in stacks.values())
    return Report(problems.in_order(found, ORDER), regions, requests)


def _stack(name: str, configured: Configured, environment: Mapping[str, str]) -> Stack:
    settings = configured.settings
    cloud = connection.connect(name, settings.sign_in, environment)
    at_once = settings.regions.servers_at_once(name)
    digests = frozenset(filter(None, [configured.digest]))

    @cache
    def catalogs(region: str) -> RegionCatalog:
        return RegionCatalog(connection.connect(region, settings.sign_in, environment))

    return Stack(
        cloud.region,
        settings.to_check[name],
        RegionCatalog(cloud),
        servers_at_once=at_once,
        catalogs=catalogs,
        digests=digests,
    )


def _region_report(
    name: str, stack: Stack, settings: StackSettings, environment: Mapping[str, str], *, well: bool
) -> RegionReport:
    return RegionReport(
        region=name,
        project_id=_asked(stack.catalog.project_id) or "",
        sign_in=precedence.line(name, settings.sign_in, environment)[0],
        roles=_asked(stack.catalog.roles),
        files=list(result_lines.files(stack)),
        plan=_plan(name, stack, settings.preflight) if well else "",
    )


def _encrypted_hint(configured: Configured) -> list[Finding]:
    secret = [key for key in configured.encrypted if key in connection.CREDENTIAL_KEYS]
    if not secret:
        return []
    reason = f"{', '.join(secret)} are encrypted in the stack's file, which only Pulumi can read"
    return [Finding("warning", "credentials", None, reason, "set the environment variables HW_*")]


def _asked(look: Callable[[], T]) -> T | None:
    """Return a value; None if its request fails, which the findings report."""
    try:
        return look()
    except CloudError:
        return None


def _with_content(stack: Stack, build: Build) -> Build:
    """Return a build with the content of its ISO file, by which the durations of earlier builds are recorded."""
    found = _asked(lambda: stack.catalog.iso_object(*build.location))
    return build.model_copy(update={"content": IsoContent.of_object(found)}) if found else build


def _plan(name: str, stack: Stack, settings: PreflightSettings) -> str:
    what = plan.plan(
        [_with_content(stack, build) for build in stack.builds],
        [],
        minutes=float(settings.estimated_minutes) if settings.estimated_minutes else None,
        minutes_of=partial(duration_history.rental_minutes, name),
        test_minutes=duration_history.test_minutes(name),
        prices=settings.prices,
        turns=quotas.turns(stack),
    )
    return str(what)
