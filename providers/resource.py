"""What the six resource providers share: one client, typed inputs, a table-driven diff."""

from typing import Any, ClassVar

from pulumi.dynamic import CheckResult, ConfigureRequest, DiffResult, ResourceProvider

from providers import ownership, properties, session
from providers.properties import Bag, Properties

FIGURES = ("duration_s", "queued_s", "requests")
"""What the outputs of a step tell of its making: seconds of work and of waiting for a place, and requests sent."""


class StepProvider(ResourceProvider):
    """Base of the providers. It holds no state of its own: what is pickled is only the name of the class."""

    serialize_as_secret_always = False  # a class name is no secret

    inputs: ClassVar[type[Properties]]
    replace_on: ClassVar[tuple[str, ...]] = ()
    update_on: ClassVar[tuple[str, ...]] = ()

    def configure(self, req: ConfigureRequest) -> None:
        session.configure(req.config)

    def check(self, _olds: Bag, news: Bag) -> CheckResult:
        return properties.check(self.inputs, news)

    def diff(self, _id: str, _olds: Bag, _news: Bag) -> DiffResult:
        if owner := _olds.get("owner"):
            ownership.claim(_id, owner)
        return properties.diff(_olds, _news, replace_on=self.replace_on, update_on=self.update_on)


def outputs(inputs: Properties, **made: Any) -> Bag:
    """What a resource keeps in the state: its inputs and what was made from them, without None."""
    return {**inputs.bag(), **{key: value for key, value in made.items() if value is not None}}
