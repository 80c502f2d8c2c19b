"""How a question is to be measured."""

from dataclasses import dataclass
from pathlib import Path

from bench.critical_path import Durations

QUICK = Durations(import_=2, create=3, install=5, capture=3, delete=1, notice=0)


@dataclass(frozen=True)
class Options:
    """
    How a question is to be measured.

    Attributes:
        quick: only show that it works: few builds, seconds.
        time_scale: lab seconds in a real second, for the questions whose durations are real ones.
        profile: a folder for profiles of the process that runs the providers; None for none.
    """

    quick: bool = False
    time_scale: float = 1.0
    profile: Path | None = None

    @property
    def size(self) -> str:
        return "quick" if self.quick else "full"

    def profile_of(self, name: str) -> Path | None:
        """The file for a profile."""
        return self.profile / f"{name}.folded" if self.profile else None
