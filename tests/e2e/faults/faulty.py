"""A configuration with one fault, and the objects that such configurations name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.project import build_settings
from tests.isos import iso

FILES = {
    "installer.iso": iso("INSTALLER", ("bios", "uefi")),
    "bios.iso": iso("BIOS", ("bios",)),
    "uefi.iso": iso("UEFI", ("uefi",)),
    "text.iso": b"this is no disc image\n" * 4096,
}
"""Objects that the configurations name."""

SSD = "SSD"
ABSENT = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Faulty:
    """
    A configuration with one fault.

    Attributes:
        fault: Description of the fault.
        says: Configuration key and remedy that the message contains.
        build: Changes to a build that works; None leaves a setting out.
        stack: Changes to the stack's own keys.
        more: Further builds, as changes.
        rules: Configuration of the policy pack.
        variables: Changes to the environment; None removes a variable.
        lab: Settings of the lab, such as its quotas.
    """

    fault: str
    says: tuple[str, ...]
    build: dict[str, Any] = field(default_factory=dict)
    stack: dict[str, Any] = field(default_factory=dict)
    more: tuple[dict[str, Any], ...] = ()
    rules: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str | None] = field(default_factory=dict)
    lab: dict[str, Any] = field(default_factory=dict)

    def settings(self, lab: Mapping[str, str]) -> dict[str, Any]:
        """Return the stack's settings by key, beside a lab's variables."""
        builds = [build_settings(lab, **changes) for changes in (self.build, *self.more)]
        stack = {"region": "lab-1", "builds": builds, **self.stack}
        return {key: value for key, value in stack.items() if value is not None}

    def environment(self, lab: Mapping[str, str]) -> dict[str, str]:
        """Return a lab's variables with the changes of the configuration."""
        return {key: value for key, value in {**lab, **self.variables}.items() if value is not None}


def disk(size: Any = 10, kind: str = SSD) -> dict[str, Any]:
    """Return the settings of a disk."""
    return {"volumetype": kind, "size": size}
