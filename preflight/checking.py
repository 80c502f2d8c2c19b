"""Concurrent execution of all checks of a stack."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from config.builds.build_settings import ORDER
from config.problems import Finding, Severity, in_order
from huaweicloud.cloud import Cloud
from huaweicloud.errors import (
    ApiError,
    AuthenticationFailed,
    Cancelled,
    CloudError,
    ConfigurationError,
    CredentialsExpired,
    InvalidResponse,
    InvalidSetting,
    PermissionDenied,
    SignInFailed,
    TransportError,
    Unreachable,
)
from huaweicloud.errors.codes import WRONG_PROJECT_CODES
from preflight.checked_stack import Check, Stack
from preflight.checks import (
    cloud_check,
    distribution_check,
    identity,
    image_check,
    iso_file_check,
    network_check,
    publication_check,
    quotas,
    server_check,
    sharing_check,
)

TOPICS = (
    cloud_check,
    identity,
    iso_file_check,
    server_check,
    network_check,
    image_check,
    sharing_check,
    distribution_check,
    publication_check,
    quotas,
)
AT_ONCE = 8

Result = tuple[Check, list[Finding], CloudError | None]


def check(stack: Stack) -> list[Finding]:
    """
    Check all builds of a stack against the cloud.

    Args:
        stack: Builds to check.

    Returns:
        All findings in the order of the configuration. A check that could not be performed is a warning. It is an
        error if credentials are rejected or lack a permission that builds need, or if only another setting helps.

    Raises:
        Cancelled: The user cancelled the run.
    """
    if not stack.builds:
        return []
    pending = [check for topic in TOPICS for check in topic.checks(stack)]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="preflight") as pool:
        results = list(pool.map(_run, pending))
    found = [finding for _, findings, _ in results for finding in findings]
    return in_order(dict.fromkeys([*_failures(results, stack.catalog.cloud), *found]), ORDER)


def _run(check: Check) -> Result:
    try:
        return check, list(check.evaluate()), None
    except Cancelled:
        raise
    except CloudError as error:
        return check, [], error


def _failures(results: Iterable[Result], cloud: Cloud) -> list[Finding]:
    """Return one finding for each cause, with the subjects of all checks that it prevented."""
    by_cause: dict[tuple[object, ...], list[tuple[CloudError, Check]]] = {}
    for check, _, error in results:
        if error is not None:
            setting = cloud.setting_to_blame(error)
            cause = _cause(error) if setting is None else _permanent_cause(error, setting)
            by_cause.setdefault((setting, *cause), []).append((error, check))
    return [
        _failure([error for error, _ in failed], [check for _, check in failed], setting)
        for (setting, *_), failed in by_cause.items()
    ]


def _cause(error: CloudError) -> tuple[object, ...]:
    """Return the key that errors of one cause share: every service rejects the same invalid credentials."""
    if isinstance(error, AuthenticationFailed | CredentialsExpired):
        return ("credentials",)
    if isinstance(error, ApiError):
        project = error.code in WRONG_PROJECT_CODES
        return ("project",) if project else (type(error), error.status, error.code, error.service_message)
    return (_reason(error),)


def _permanent_cause(error: CloudError, setting: str) -> tuple[object, ...]:
    """Return the key that errors share which only another setting removes."""
    if isinstance(error, Unreachable):
        return (error.cause,)
    return ("another service",) if isinstance(error, ApiError | InvalidResponse) else _cause(error)


def _reason(error: CloudError, *, alone: bool = False) -> str:
    """Return the part of the message that does not depend on the request; the whole message of a single error."""
    if isinstance(error, TransportError):
        return str(error).partition(": ")[2] or str(error)
    return str(error) if alone or not isinstance(error, ApiError) else error.reason


def _failure(errors: list[CloudError], checks: list[Check], setting: object) -> Finding:
    # Of several errors, prefer that of IAM, which contains the user.
    error = next((error for error in errors if isinstance(error, SignInFailed)), errors[0])
    if isinstance(setting, str) and isinstance(error, TransportError | ApiError):
        return _misconfigured(setting, error, ", ".join(dict.fromkeys(error.service for error in errors)))
    if isinstance(error, InvalidSetting):
        return Finding("error", error.setting, None, error.reason, error.hint_clause)
    if isinstance(error, AuthenticationFailed | CredentialsExpired | ConfigurationError):
        return Finding("error", "credentials", None, str(error), error.hint_clause)
    if isinstance(error, ApiError) and error.code in WRONG_PROJECT_CODES:
        return Finding("error", "project_id", None, str(error), error.hint_clause)
    what = ", ".join(dict.fromkeys(check.subject for check in checks))
    unchecked = f"could not check {what}: {_reason(error, alone=len(errors) == 1)}"
    if isinstance(error, PermissionDenied):
        actions = ", ".join(dict.fromkeys(check.permission for check in checks))
        severity: Severity = "error" if any(check.build_needs_it for check in checks) else "warning"
        return Finding(severity, "credentials", None, unchecked, f"grant the user {actions} in this project")
    return Finding("warning", "region", None, unchecked, error.hint_clause)


def _misconfigured(setting: str, error: CloudError, services: str) -> Finding:
    if isinstance(error, Unreachable):
        return Finding("error", setting, None, f"{services} cannot be reached: {error.cause}", error.hint_clause)
    return Finding("error", setting, None, f"the responses are not from {services}: {error}", error.hint_clause)
