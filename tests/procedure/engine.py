"""Drives the providers as the engine does: properties as floats without None, check before create, refresh, destroy."""

from dataclasses import dataclass
from typing import Any

from pulumi.dynamic import ResourceProvider

Props = dict[str, Any]

PROVIDER = "the pickled provider"


def as_engine(value: Any) -> Any:
    """A value as it arrives from the engine: every number is a float, None is dropped from objects."""
    if isinstance(value, dict):
        return {key: as_engine(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [as_engine(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@dataclass
class Resource:
    """
    A resource in the state: its checked inputs, its id and its outputs.

    Attributes:
        retained: If the engine keeps its hands off the thing when the resource is deleted.
        name: Name in the program.
    """

    provider: ResourceProvider
    inputs: Props
    id: str
    outputs: Props
    retained: bool = False
    name: str = ""

    @classmethod
    def create(cls, provider: ResourceProvider, inputs: Props) -> "Resource":
        """Check the inputs, which must be accepted, and create the resource."""
        checked = check(provider, {}, inputs)
        created = provider.create(as_engine(checked))
        assert created.outs is not None
        return cls(provider, checked, created.id, as_engine({**created.outs, "__provider": PROVIDER}))

    def refresh(self) -> str | None:
        """
        Read the resource as `refresh` does.

        Returns:
            None if it is there and nothing has to be done, else what is wrong.
        """
        read = self.provider.read(self.id, as_engine(self.outputs))
        if not read.id:
            return "is gone"
        assert read.outs is not None
        self.id, self.outputs = read.id, as_engine({**read.outs, "__provider": PROVIDER})
        changed = self.provider.diff(self.id, as_engine(self.outputs), as_engine(self.inputs))
        return f"differs: {changed.replaces or 'in place'}" if changed.changes else None

    def update(self) -> None:
        """Bring the resource to its inputs."""
        updated = self.provider.update(self.id, as_engine(self.outputs), as_engine(self.inputs))
        assert updated.outs is not None
        self.outputs = as_engine({**updated.outs, "__provider": PROVIDER})

    def delete(self) -> None:
        self.provider.delete(self.id, as_engine(self.outputs))

    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]


def check(provider: ResourceProvider, olds: Props, inputs: Props) -> Props:
    """Inputs as the provider accepts them; none may be refused."""
    result = provider.check(as_engine(olds), as_engine({**inputs, "__provider": PROVIDER}))
    assert not result.failures, [(f.property, f.reason) for f in result.failures]
    return {**result.inputs, "__provider": PROVIDER}
