"""Runs the preflight's checks for a stack's configuration, and keeps what was found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from doctor.configuration import Configured
from huaweicloud.errors import CloudError
from preflight import checking, findings, plan, reporting
from preflight.builds import SETTINGS
from preflight.catalogue import Catalogue
from preflight.findings import Finding
from preflight.stack import Stack
from providers import durations, session

T = TypeVar("T")


@dataclass(frozen=True)
class Examination:
    """
    What was found.

    Attributes:
        region: where.
        project_id: "" where it could not be asked.
        roles: the user's roles, as far as they can be read.
        findings: all of them, in the order of the configuration.
        files: a line for each ISO file.
        plan: what a first run would do, in one line; "" where there is a fault.
        requests: how many requests were made.
    """

    region: str
    findings: list[Finding]
    project_id: str = ""
    roles: list[str] | None = None
    files: list[str] = field(default_factory=list)
    plan: str = ""
    requests: int = 0

    @property
    def has_errors(self) -> bool:
        """Whether a run would be stopped."""
        return bool(findings.errors(self.findings))


def examine(configured: Configured, environment: Mapping[str, str]) -> Examination:
    """
    Check a stack's builds against the cloud.

    Args:
        configured: the stack's configuration.
        environment: the process's, for credentials and endpoints.
    """
    given = [_fault(line) for line in configured.faults]
    sign_in = [_fault(line) for line in session.faults(configured.region, configured.sign_in, environment)]
    if not configured.region or sign_in:
        hint = _encrypted_hint(configured)
        return Examination(configured.region, findings.in_order([*given, *sign_in, *hint], SETTINGS))
    catalogue = Catalogue(session.connect(configured.region, configured.sign_in, environment))
    stack = Stack(configured.region, configured.builds, catalogue)
    found = findings.in_order([*given, *checking.check(stack)], SETTINGS)
    return Examination(
        region=configured.region,
        findings=found,
        project_id=_asked(catalogue.project_id) or "",
        roles=_asked(catalogue.roles),
        files=list(reporting.files(stack)),
        plan="" if findings.errors(found) else _plan(configured),
        requests=sum(catalogue.cloud.requests.values()),
    )


def _fault(line: str) -> Finding:
    key, _, reason = line.partition(": ")
    return Finding("error", key, None, reason)


def _encrypted_hint(configured: Configured) -> list[Finding]:
    secret = [key for key in configured.encrypted if key in session.CREDENTIAL_KEYS]
    if not secret:
        return []
    reason = f"{', '.join(secret)} are encrypted in the stack's file, which only Pulumi can read"
    return [Finding("warning", "credentials", None, reason, "set the HW_ variables in the environment")]


def _asked(look: Callable[[], T]) -> T | None:
    """What a look-up gives; None where it fails, which is among the findings already."""
    try:
        return look()
    except CloudError:
        return None


def _plan(configured: Configured) -> str:
    settings = configured.preflight
    minutes = settings.estimated_minutes or durations.typical_minutes(configured.region) or plan.DEFAULT_MINUTES
    return str(plan.plan(configured.builds, [], minutes=minutes, prices=settings.prices))
