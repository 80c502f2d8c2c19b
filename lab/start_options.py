"""Options of a lab's start."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

DEFAULT_PORT = 9080
DEFAULT_REGION = "lab-1"
MAX_TIME_SCALE = 100_000.0
REGION_VARIABLE = "LAB_REGION"
"""Environment variable with the region's name, set before the modules whose constants depend on it are loaded."""
DriverName = Literal["simulated", "qemu"]


@dataclass(frozen=True)
class Options:
    """Options of a lab's start; ``port`` 0: any free ones, None: the ones of the last start."""

    state: Path
    driver: DriverName
    time_scale: float = 1.0
    port: int | None = None
    region: str = DEFAULT_REGION
    changes: tuple[str, ...] = ()
    """Settings to change, each as NAME=VALUE with a dot between the levels of the name."""
    hosts: tuple[str, ...] = ()
    """Host names beside those of the loopback interface that the lab accepts; none: those of the last start."""
    obs_hosts: tuple[str, ...] = ()
    """Host names of the object store alone, below which BUCKET.NAME is a bucket; none: those of the last start."""

    def nested_changes(self) -> dict[str, Any]:
        """Return the changes, nested like the settings."""
        result: dict[str, Any] = {}
        for change in self.changes:
            name, _, value = change.partition("=")
            *outer, last = name.split(".")
            place = result
            for part in outer:
                place = place.setdefault(part, {})
            place[last] = _value_of(value)
        return result


def _value_of(text: str) -> Any:
    """Return a list or a table that is written as JSON, any other text as it is."""
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
