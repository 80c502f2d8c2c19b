"""What is asked of a machine for a stack, and what became of it: the two things that travel."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Command = Literal["up", "preview", "destroy", "status"]
Status = Literal[
    "succeeded",
    "failed",
    "locked",  # another run holds the stack
    "interrupted",
    "not run",
    "refused",  # the machine has another version of the project, or keeps its state elsewhere
    "lost",  # the machine went away, again and again
    "built",
    "unfinished",
    "empty",
    "absent",
]
GOOD: tuple[Status, ...] = ("succeeded", "built", "unfinished", "empty", "absent")


@dataclass(frozen=True)
class Run:
    """
    A command for a stack.

    Attributes:
        fleet_run: id of the run of the whole fleet, by which all of it is interrupted.
        command: what to do.
        stack: its name.
        configuration: the stack's, by key; not shown, for user data may be in it.
        version: digest of the project as the one who asks has it.
        backend: digest of where the state is kept; empty where the machine's own choice is right.
    """

    fleet_run: str
    command: Command
    stack: str
    configuration: dict[str, Any] = field(repr=False)
    version: str
    backend: str = ""


@dataclass(frozen=True)
class Result:
    """
    What became of a run.

    Attributes:
        stack: its name.
        status: in a word.
        image: id of the stack's image, if it has one.
        seconds: how long the run took.
        machine: name of the machine that it ran on.
        detail: what failed and what to do, in a few lines.
        log: path of the log on that machine.
    """

    stack: str
    status: Status
    image: str = ""
    seconds: float = 0.0
    machine: str = ""
    detail: str = ""
    log: str = ""

    @property
    def good(self) -> bool:
        """Whether all is as was asked for."""
        return self.status in GOOD

    def as_json(self) -> dict[str, Any]:
        """For machines to read."""
        return asdict(self)
