"""Result of cells that one process has run without the CLI."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CellsResult:
    """Result of the cells of one kind; `wrong` has a line for each that is not good."""

    name: str
    cells: int
    wrong: list[str]
    seconds: float

    def __str__(self) -> str:
        state = f"{len(self.wrong)} bad" if self.wrong else "all good"
        return f"{self.seconds:6.1f} s  {self.cells:3} cells, {state}: {self.name}"
