"""How long temporary servers were rented, as builds on this machine have found: what the next estimate is made of.

Kept beside the project's other caches, a line a region. It is only ever read for an estimate, so whatever is wrong with
the file makes no difference but to that.
"""

import json
import os
import statistics
import threading
from pathlib import Path

KEPT = 20

_lock = threading.Lock()


def record(region: str, seconds: float) -> None:
    """Remember how long a server was rented, in seconds."""
    with _lock:
        known = _read()
        known[region] = [*known.get(region, []), round(seconds, 1)][-KEPT:]
        _write(known)


def typical_minutes(region: str) -> float | None:
    """How long a server is rented in a region, in minutes; None where no build has ended there yet."""
    known = _read().get(region)
    return statistics.median(known) / 60 if known else None


def _file() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "huaweicloud-image-from-iso" / "durations.json"


def _read() -> dict[str, list[float]]:
    try:
        content = json.loads(_file().read_text())
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no home folder
        return {}
    if not isinstance(content, dict):
        return {}
    good = {region: [s for s in listed if _is_duration(s)] for region, listed in content.items() if _is_list(listed)}
    return {region: listed for region, listed in good.items() if listed}


def _write(known: dict[str, list[float]]) -> None:
    try:
        file = _file()
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(known))
        draft.replace(file)
    except (OSError, RuntimeError):
        return


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0
