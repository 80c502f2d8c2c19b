"""
Clients of the regions, one for each, shared by all providers of the process and configured by configure().

`config.sign_in.connection` says how a region is named and where its settings are from. No credential is ever put into a
resource's properties.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from config.sign_in import connection, precedence
from huaweicloud.errors import ConfigurationError, InvalidSetting
from huaweicloud.transport import poll_budget
from providers.runtime import process

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud

IMAGE_TASKS_AT_ONCE = 40
"""Number of images that a project may create at a time (IMS user guide, constraints: concurrent creation tasks)."""

PROJECT = "enterprise_project_id"

_lock = threading.Lock()
_settings: dict[str, Any] = {}
_clouds: dict[str, Cloud] = {}
_announced: set[str] = set()
_compared: set[str] = set()
"""Regions whose sign-in needs no announcement with these settings."""


def configure(config: Any) -> None:
    """Store the stack's configuration from the engine (a pulumi.dynamic.Config), and prepare the process."""
    import json

    process.attach()
    keys = (*connection.KEYS, "region", *connection.RUN_LIMITS, connection.ENTERPRISE_PROJECTS)
    settings: dict[str, Any] = {key: value for key in keys if (value := config.get(key))}
    for key in ("endpoints", "regions"):
        settings[key] = json.loads(config.get(key) or "{}")
    with _lock:
        if settings != _settings:
            _settings.clear()
            _settings.update(settings)
            _clouds.clear()
            _compared.clear()
    poll_budget.shared.configure(_number(settings.get("polls_per_second")))


def cloud(region: str) -> Cloud:
    """
    Return the client of a region by the name that the stack gives it; it signs in at its first request.

    Raises:
        CredentialsMissing, UnknownRegion: The configuration does not suffice.
    """
    with _lock:
        if region not in _clouds:
            _clouds[region] = connection.connect(region, _settings, os.environ, process.cancelled)
        return _clouds[region]


def include_enterprise_projects(region: str, props: Mapping[str, Any]) -> None:
    """
    Let the lists of a region name all enterprise projects if a resource is in one.

    The configuration of a stack says so in advance, but not that of a program that declares builds itself.

    Args:
        region: Region of the resource.
        props: Properties of the resource, or of a check with its builds.
    """
    builds = props.get("builds")
    listed = [props, *(builds if isinstance(builds, list) else [])]
    if any(isinstance(item, Mapping) and item.get(PROJECT) for item in listed):
        with suppress(ConfigurationError):  # the operation itself reports it
            cloud(region).include_enterprise_projects()


def own_region() -> str:
    """
    Return the region that the settings or the environment name.

    Raises:
        InvalidSetting: Neither names one.
    """
    region = _settings.get("region") or os.environ.get("HW_REGION_NAME")
    if not region:
        raise InvalidSetting("region", "is missing; set it, or HW_REGION_NAME in the environment")
    return str(region)


def sources(region: str) -> str:
    """Describe where the project and the credentials of a region come from, in one line."""
    return precedence.line(region, _settings, os.environ)[0]


def announce(region: str) -> None:
    """Show once in a run the sources of the sign-in to a region, if a setting of stack or environment is overridden."""
    with _lock:
        if region in _compared or region in _announced:
            return
        line, is_overridden = precedence.line(region, _settings, os.environ)
        (_announced if is_overridden else _compared).add(region)
    if is_overridden:
        process.log(line)


def image_tasks_at_once() -> int:
    """Return the number of images that may be created at a time in a project, from the stack's settings."""
    return _number(_settings.get("image_tasks_at_once")) or IMAGE_TASKS_AT_ONCE


def _number(value: Any) -> int | None:
    """Return a limit of the stack, at least 1; None without one."""
    try:
        return max(int(float(value)), 1) if value else None
    except (TypeError, ValueError, OverflowError):
        return None
