"""Runs all checks of a stack, at the same time, and makes one report of them."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from huaweicloud.errors import (
    AuthenticationFailed,
    Cancelled,
    CloudError,
    ConfigurationError,
    CredentialsExpired,
    PermissionDenied,
    TransportError,
)
from preflight.builds import SETTINGS
from preflight.checks import identity, images, iso_files, networks, quotas, servers
from preflight.findings import Finding, Severity, in_order
from preflight.stack import Check, Stack

TOPICS = (identity, iso_files, servers, networks, images, quotas)
AT_ONCE = 8

Result = tuple[Check, list[Finding], CloudError | None]


def check(stack: Stack) -> list[Finding]:
    """
    Check all builds of a stack against the cloud.

    Args:
        stack: the builds.

    Returns:
        All findings, in the order of the configuration. What could not be looked at is a warning; credentials that
        are refused, or that may not look, are errors.

    Raises:
        Cancelled: the user cancelled the run.
    """
    if not stack.builds:
        return []
    pending = [check for topic in TOPICS for check in topic.checks(stack)]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="preflight") as pool:
        results = list(pool.map(_run, pending))
    found = [finding for _, findings, _ in results for finding in findings]
    return in_order(dict.fromkeys([*_failures(results), *found]), SETTINGS)


def _run(check: Check) -> Result:
    try:
        return check, list(check.judge()), None
    except Cancelled:
        raise
    except CloudError as error:
        return check, [], error


def _failures(results: Iterable[Result]) -> list[Finding]:
    """One finding for each distinct error, naming everything that it kept from being checked."""
    by_error: dict[str, tuple[CloudError, list[Check]]] = {}
    for check, _, error in results:
        if error is not None:
            by_error.setdefault(_reason(error), (error, []))[1].append(check)
    return [_failure(error, checks) for error, checks in by_error.values()]


def _reason(error: CloudError) -> str:
    """Where no answer came, what was asked for makes no difference: it stands before the colon."""
    return str(error).partition(": ")[2] or str(error) if isinstance(error, TransportError) else str(error)


def _failure(error: CloudError, checks: list[Check]) -> Finding:
    if isinstance(error, AuthenticationFailed | CredentialsExpired | ConfigurationError):
        return Finding("error", "credentials", None, str(error), error.hint)
    unchecked = f"could not check {', '.join(dict.fromkeys(check.what for check in checks))}: {_reason(error)}"
    if isinstance(error, PermissionDenied):
        actions = ", ".join(dict.fromkeys(check.permission for check in checks))
        severity: Severity = "error" if any(check.build_needs_it for check in checks) else "warning"
        return Finding(severity, "credentials", None, unchecked, f"grant the user {actions} in this project")
    return Finding("warning", "region", None, unchecked, error.hint)
