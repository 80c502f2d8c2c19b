"""How a lab is started."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

DEFAULT_PORT = 9080
DriverName = Literal["simulated", "qemu"]


@dataclass(frozen=True)
class Options:
    """The choices at start; ``port`` 0: any free ones, None: the ones of the last start."""

    state: Path
    driver: DriverName
    time_scale: float = 1.0
    port: int | None = None
