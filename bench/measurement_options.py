"""Options of a measurement."""

from dataclasses import dataclass
from pathlib import Path

from bench.critical_path import Durations

QUICK = Durations(import_=2, create=3, install=5, capture=3, delete=1, notice=0)


@dataclass(frozen=True)
class Options:
    """
    Options of a measurement.

    Attributes:
        quick: True to only show that it works: few builds, seconds.
        time_scale: Lab seconds in a real second, for the benchmarks whose durations are real ones.
        profile: Folder for profiles of the process that runs the providers; None for none.
    """

    quick: bool = False
    time_scale: float = 1.0
    profile: Path | None = None

    @property
    def size(self) -> str:
        return "quick" if self.quick else "full"

    def profile_of(self, name: str) -> Path | None:
        """Return the file for a profile."""
        return self.profile / f"{name}.folded" if self.profile else None
