"""How long the steps of builds took, as builds on this machine have found: what estimates are made of.

Kept beside the project's other caches. It is only ever read for an estimate, so whatever is wrong with the file makes
no difference but to that; where several processes write at once, one of the figures may be lost.
"""

import json
import os
import threading
from pathlib import Path
from typing import Final, Literal, get_args

StepName = Literal["iso_image", "temporary_server", "installation", "captured_image", "teardown"]
RENTAL: Final = "rental"
"""From the creation of a temporary server to the end of its teardown."""

KEPT = 20
REGIONS_KEPT = 100
MAX_BYTES = 1024 * 1024
_NAMES = (*get_args(StepName), RENTAL)

Known = dict[str, dict[str, list[float]]]

_lock = threading.Lock()


def record(region: str, step: StepName | Literal["rental"], seconds: float) -> None:
    """Remember how long a step took, in seconds."""
    with _lock:
        known = _read()
        steps = known.pop(region, {})  # what was changed last comes last, and is kept longest
        steps[step] = [*steps.get(step, []), round(seconds, 3)][-KEPT:]
        known[region] = steps
        _write(dict(list(known.items())[-REGIONS_KEPT:]))


def expected_s(region: str, step: StepName | Literal["rental"]) -> float | None:
    """How long a step takes in a region, in seconds: the median of recent ones; None where none has ended there yet."""
    known = _read().get(region, {}).get(step)
    if not known:
        return None
    from statistics import median

    return median(known)


def typical_minutes(region: str) -> float | None:
    """How long a server is rented in a region, in minutes; None where no build has ended there yet."""
    rental_s = expected_s(region, RENTAL)
    return None if rental_s is None else rental_s / 60


def _file() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "huaweicloud-image-from-iso" / "durations.json"


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
    """What can be used of a region's entry; a list is what earlier versions have kept, of rentals only."""
    named = {RENTAL: steps} if isinstance(steps, list) else steps
    if not isinstance(named, dict):
        return {}
    lists = {name: listed for name, listed in named.items() if name in _NAMES and isinstance(listed, list)}
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
