"""
Resources that the running program declares, by URN.

The engine compares or creates every declared resource before it deletes anything. So delete() finds the resulting
configuration here, also in a later process than the one that created the successor. A resource that the program no
longer declares is not here.
"""

from typing import NamedTuple

from providers.runtime import process
from providers.runtime.properties import Props


class Declared(NamedTuple):
    """
    Resource of the running program.

    Attributes:
        id: Id of the resource in the state; "" while it is being created for the first time.
        inputs: Checked inputs.
        recorded: Outputs in the state before this run; {} if there were none.
    """

    id: str
    inputs: Props
    recorded: Props


_declared: dict[str, Declared] = {}


def record(id_: str, inputs: Props, recorded: Props | None = None) -> None:
    """
    Record the resource that this thread works on.

    Args:
        id_: Id of the resource.
        inputs: Checked inputs.
        recorded: Outputs in the state; by default those that were recorded before.
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
