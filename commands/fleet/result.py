"""Run of a stack and its result, which are sent to and from the machines of a cluster."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Command = Literal["up", "preview", "destroy", "status"]
Status = Literal[
    "succeeded",
    "failed",
    "locked",  # Another run holds the stack.
    "interrupted",
    "not run",
    "refused",  # The machine has another version of the project, or another backend.
    "lost",  # The machines that ran it ended one after the other.
    "built",
    "unfinished",
    "empty",
    "absent",
]
GOOD: tuple[Status, ...] = ("succeeded", "built", "unfinished", "empty", "absent")


@dataclass(frozen=True)
class Run:
    """
    A command on a stack.

    Attributes:
        fleet_run: Id of the run of the whole fleet, by which all its runs are interrupted.
        command: Command of the Pulumi CLI, or `status`.
        stack: Name of the stack.
        configuration: Configuration of the stack by key; never shown, because it may contain user data.
        version: Digest of the project on the machine that started the fleet.
        backend: Digest of the backend; "" to use the machine's own.
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
    Result of a run.

    Attributes:
        stack: Name of the stack.
        status: Status in one word.
        image: Id of the stack's image, if it has one.
        seconds: Duration of the run.
        machine: Name of the machine that it ran on.
        detail: Failure and remedy in a few lines.
        log: Path of the log on that machine.
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
        """Return True if the run has reached its goal."""
        return self.status in GOOD

    def as_json(self) -> dict[str, Any]:
        """Return the values for JSON."""
        return asdict(self)
