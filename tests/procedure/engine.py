"""Engine for the providers: numbers are floats, None is dropped; check before create, refresh, destroy."""

from dataclasses import dataclass
from typing import Any

from pulumi.dynamic import ResourceProvider

Props = dict[str, Any]

PROVIDER = "the pickled provider"


def as_engine(value: Any) -> Any:
    """Return a value as the engine passes it on: every number is a float, None is dropped from objects."""
    if isinstance(value, dict):
        return {key: as_engine(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [as_engine(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@dataclass
class Resource:
    """
    Resource in the state.

    Attributes:
        provider: Its provider.
        inputs: Checked inputs.
        id: Id of the resource.
        outputs: Outputs.
        retained: True if the engine deletes nothing in the cloud with the resource.
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
            None if it is there and nothing has to be done; otherwise the difference.
        """
        read = self.provider.read(self.id, as_engine(self.outputs))
        if not read.id:
            return "is gone"
        assert read.outs is not None
        self.id, self.outputs = read.id, as_engine({**read.outs, "__provider": PROVIDER})
        changed = self.provider.diff(self.id, as_engine(self.outputs), as_engine(self.inputs))
        return f"differs: {changed.replaces or 'in place'}" if changed.changes else None

    def update(self) -> None:
        """Update the resource to its inputs."""
        updated = self.provider.update(self.id, as_engine(self.outputs), as_engine(self.inputs))
        assert updated.outs is not None
        self.outputs = as_engine({**updated.outs, "__provider": PROVIDER})

    def delete(self) -> None:
        self.provider.delete(self.id, as_engine(self.outputs))

    def __getitem__(self, name: str) -> Any:
        return self.outputs[name]


def check(provider: ResourceProvider, old: Props, inputs: Props) -> Props:
    """Return the inputs as the provider accepts them; none may be refused."""
    result = provider.check(as_engine(old), as_engine({**inputs, "__provider": PROVIDER}))
    assert not result.failures, [(f.property, f.reason) for f in result.failures]
    return {**result.inputs, "__provider": PROVIDER}
