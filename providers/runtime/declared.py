"""Resources that the running program declares, by URN.

The engine compares or creates every declared resource before it deletes anything. So delete() finds here what the
resulting configuration asks for, also in a later process than the one that created the successor. A resource that the
program no longer declares is not here.
"""

from dataclasses import dataclass

from providers.runtime import process
from providers.runtime.properties import Bag


@dataclass(frozen=True)
class Declared:
    """
    A resource of the running program.

    Attributes:
        id: id of the resource in the state; "" while it is being created for the first time.
        inputs: checked inputs.
        recorded: outputs in the state before this run; {} if there were none.
    """

    id: str
    inputs: Bag
    recorded: Bag


_declared: dict[str, Declared] = {}


def record(id_: str, inputs: Bag, recorded: Bag | None = None) -> None:
    """
    Record the resource that this thread works on.

    Args:
        id_: id of the resource.
        inputs: checked inputs.
        recorded: outputs in the state; those that were noted before, if they are not given.
    """
    if urn := process.current_urn():
        known = _declared.get(urn)
        kept = known.recorded if known else {}
        _declared[urn] = Declared(id_, inputs, kept if recorded is None else recorded)


def current() -> Declared | None:
    """Return the declared resource with the URN that this thread works on; None if the program declares none."""
    return _declared.get(process.current_urn())


def forget() -> None:
    """Forget all resources, as a new process does."""
    _declared.clear()
