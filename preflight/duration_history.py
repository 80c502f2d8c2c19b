"""
History of the durations of steps on this machine, the basis of estimates.

It is kept beside the project's other caches, and read for estimates only. So a damaged file affects nothing else.
Where several processes write at once, one of the durations may be lost.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from config.cache_folder import cache_folder

if TYPE_CHECKING:
    from config.builds.checked_build import Build

StepName = Literal[
    "upload",
    "iso_image",
    "temporary_server",
    "installation",
    "captured_image",
    "teardown",
    "verification",
    "image_copy",
    "image_export",
]
RENTAL: Final = "rental"
"""Name of the time from the creation of a temporary server to the end of its teardown."""

KEPT = 20
DIGITS = 16
REGIONS_KEPT = 100
BASES_KEPT = 200
"""Number of entries of a region that are kept for ISO files and flavors."""
MAX_BYTES = 1024 * 1024
_NAME = re.compile(rf"(?:{'|'.join((*get_args(StepName), RENTAL))})(?: [0-9a-f]{{16}})?")

Known = dict[str, dict[str, list[float]]]

_lock = threading.Lock()


def record(region: str, step: StepName | Literal["rental"], seconds: float, basis: str = "") -> None:
    """
    Record the duration of a step.

    Args:
        region: Region of the step.
        step: Name of the step, or of a rental.
        seconds: Duration.
        basis: Digest of what the duration depends on, from basis(); "" for the region alone.
    """
    name = _name(step, basis)
    with _lock:
        known = _read()
        steps = known.pop(region, {})  # what was changed last comes last, and is kept longest
        took = [*steps.pop(name, []), round(seconds, 3)][-KEPT:]
        known[region] = dict([*steps.items(), (name, took)][-BASES_KEPT:])
        _write(dict(list(known.items())[-REGIONS_KEPT:]))


def expected_s(region: str, step: StepName | Literal["rental"], basis: str = "") -> float | None:
    """
    Return the median of the recent durations of a step in a region, in seconds.

    Args:
        region: Region of the step.
        step: Name of the step, or of a rental.
        basis: Digest of what the duration depends on, from basis(); "" for the region alone.

    Returns:
        Seconds; None if no such step has ended there yet.
    """
    known = _read().get(region, {}).get(_name(step, basis))
    if not known:
        return None
    from statistics import median

    return median(known)


def median_minutes(region: str, basis: str = "") -> float | None:
    """
    Return the median of the recent rentals of a server in a region, in minutes.

    Args:
        region: Region of the rentals.
        basis: Digest of ISO file and flavor, from basis().

    Returns:
        Minutes; None if no such build has ended there yet.
    """
    rental_s = expected_s(region, RENTAL, basis)
    return None if rental_s is None else rental_s / 60


def test_minutes(region: str) -> float | None:
    """
    Return the median of the recent tests of images in a region, in minutes.

    Args:
        region: Region of the tests.

    Returns:
        Minutes; None if no test has ended there yet.
    """
    test_s = expected_s(region, "verification")
    return None if test_s is None else test_s / 60


def basis(content: str, flavor: str) -> str:
    """Return the digest of a content, from content_key(), and a flavor."""
    return hashlib.sha256(json.dumps([content, flavor]).encode()).hexdigest()[:DIGITS]


def rental_minutes(region: str, build: Build) -> float | None:
    """
    Return the median rental of a server for builds that are similar to a configured one.

    Args:
        region: Region as the stack names it.
        build: Configured build.

    Returns:
        Minutes; None if no such build has ended yet.
    """
    content = content_key(build.content.as_props() if build.content else None, {"image_url": build.image_url})
    return median_minutes(region, basis(content, build.flavor))


def content_key(content: object, source: Mapping[str, Any]) -> str:
    """
    Return the key that identifies the content of an ISO file.

    Args:
        content: Mapping with `size_bytes` and `etag` of the object; None or empty if they are not known.
        source: Mapping with `image_url`, or all triggers of a build if the user's own program leaves that out.
    """
    if isinstance(content, Mapping) and content.get("etag"):
        return f"{content['etag']} {int(content.get('size_bytes') or 0)}"
    return str(source.get("image_url") or json.dumps(source, sort_keys=True, default=str))


def _name(step: str, basis: str) -> str:
    return f"{step} {basis}" if basis else step


def _file() -> Path:
    return cache_folder() / "durations.json"


def _read() -> Known:
    try:
        with _file().open() as file:
            content = json.loads(file.read(MAX_BYTES))
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no home folder
        return {}
    if not isinstance(content, dict):
        return {}
    good = {region: _good(steps) for region, steps in content.items()}
    return {region: steps for region, steps in good.items() if steps}


def _good(steps: object) -> dict[str, list[float]]:
    """Return the usable part of a region's entry; a list is the entry of earlier versions, for rentals only."""
    named = {RENTAL: steps} if isinstance(steps, list) else steps
    if not isinstance(named, dict):
        return {}
    lists = {name: listed for name, listed in named.items() if _NAME.fullmatch(name) and isinstance(listed, list)}
    good = {name: [seconds for seconds in listed if _is_duration(seconds)] for name, listed in lists.items()}
    return {name: listed[-KEPT:] for name, listed in good.items() if listed}


def _write(known: Known) -> None:
    try:
        file = _file()
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(known))
        draft.replace(file)
    except (OSError, RuntimeError):
        return


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
