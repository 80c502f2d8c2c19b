"""Age of images: an image older than `max_age_days` leads to a new build at the next `up`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pulumi.dynamic import DiffResult

from huaweicloud.errors import Cancelled, CloudError
from providers import lookups
from providers.images import image_spec
from providers.runtime import clients, process
from providers.runtime.properties import Props, contains_unknowns
from providers.triggers.run_start import run_start

SETTING = "max_age_days"
BUILT_AT = "built_at"
"""Output of an identity: time at which the build began (UTC, ISO 8601)."""


def now() -> str:
    """Return the time that a new build records."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def is_too_old(built_at: Any, max_age_days: float | None) -> bool:
    """Return True if an image of a recorded time is older than the limit; one without a time or a limit is not."""
    if max_age_days is None or not isinstance(built_at, str):
        return False
    return _age(built_at) > timedelta(days=max_age_days)


def with_age(result: DiffResult, build_id: str, old_props: Props, new_props: Props) -> DiffResult:
    """
    Add the effect of the image's age to the diff of an identity: a new build.

    Args:
        result: Diff without regard to the age.
        build_id: Id of the present build.
        old_props: Outputs in the state.
        new_props: Checked inputs.
    """
    limit = new_props.get(SETTING)
    if limit is None or contains_unknowns(limit) or result.replaces:
        return result
    built_at = old_props.get(BUILT_AT) or _created_at(build_id, old_props)
    if not is_too_old(built_at, limit):
        return result
    age = _days(_age(str(built_at)) / timedelta(days=1))
    process.log(f"image is {age} old, {SETTING} is {limit:g}; a new image will be built")
    return DiffResult(changes=True, replaces=[SETTING])


def _age(built_at: str) -> timedelta:
    built = datetime.fromisoformat(built_at)
    return run_start() - (built if built.tzinfo else built.replace(tzinfo=UTC))


def _days(number: float) -> str:
    text = f"{number:.1f}".removesuffix(".0") if number < 10 else str(int(number))
    return f"{text} {'day' if text == '1' else 'days'}"


def _created_at(build_id: str, old_props: Props) -> str | None:
    """Return the time of the image of a build that an earlier version made without recording one (IMS list)."""
    try:
        images = image_spec.find_images(clients.cloud(str(old_props["region"])), build_id, "image")
    except Cancelled:
        raise
    except CloudError as error:
        lookups.warn_once(f"could not check the age of the image of build {build_id}: {error}")
        return None
    return next((image.created_at.isoformat() for image in images if image.created_at), None)
