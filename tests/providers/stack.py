"""
A stack without the CLI: the engine's protocol in miniature, with a state that survives a crash of the process.

It acts as the engine does: a replacement is created before the old resource is deleted, a created resource is in the
state at once, and a crash loses the operation in progress.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from providers.build_identity import BuildIdentityProvider
from providers.captured_image import CapturedImageProvider
from providers.image_copy import ImageCopyProvider
from providers.image_export import ImageExportProvider
from tests.procedure.engine import Props, Resource, as_engine, check
from tests.providers.declared_steps import BUILD, PROJECT, DeclaredSteps

DELETED_IN_ORDER = [
    "publication",
    "copy",
    "export",
    "end of test",
    "test",
    "teardown",
    "image",
    "installation",
    "server",
    "identity",
]
DELETED_IN_ORDER += ["iso", "import", "history", "upload"]
T = TypeVar("T")


@dataclass(frozen=True)
class Operation:
    """Request of the engine with the URN of the resource; providers find it on the stack of their thread."""

    urn: str


def working_on(request: Operation, work: Callable[[], T]) -> T:
    """Run an operation that the engine requests for a resource."""
    return work()


@dataclass
class Stack(DeclaredSteps):
    """
    State of one build, and of further ones that share its import.

    Args:
        serve: Function that returns a provider as it is served.

    Attributes:
        condemned: Resources that have a successor and are still to be deleted.
        done: Completed operations with their resources, in order.
        identities: Ids of all builds and imports so far, in order.
    """

    serve: Callable[[Any], Any] = lambda provider: provider
    condemned: list[Resource] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    identities: list[str] = field(default_factory=list)

    def up(self) -> "Stack":
        """Create, update or replace everything by the settings, then delete replaced and removed resources."""
        names = []
        for name, provider, inputs in self.steps():
            names.append(name)
            working_on(self._operation(name), partial(self._bring, name, self.serve(provider), inputs))
            if type(provider) is BuildIdentityProvider and self.state[name].id not in self.identities:
                self.identities.append(self.state[name].id)
            if type(provider) in (CapturedImageProvider, ImageCopyProvider, ImageExportProvider):
                self.state[name].retained = bool(self.state[name].inputs.get("retain_image"))
        for name in [name for name in self.state if name not in names]:
            self._condemn(name, self.state.pop(name))
        self._delete_condemned()
        return self

    def refresh(self) -> "Stack":
        """Read everything, and remove missing resources from the state."""
        for name, resource in list(self.state.items()):
            if working_on(self._operation(name), resource.refresh) == "is gone":
                del self.state[name]
        return self

    def destroy(self) -> None:
        """Delete everything, each resource before those that it depends on."""
        self._delete_condemned()
        for name in sorted(self.state, key=_order):
            if not self.state[name].retained:
                working_on(self._operation(name), self.state[name].delete)
            del self.state[name]

    def repaired(self) -> list[str]:
        """Refresh the stack, run `up`, and return what was done."""
        self.done.clear()
        self.refresh().up()
        return self.done

    def _operation(self, name: str) -> Operation:
        """Return the request for a resource, whose steps in a build have a type each and the same name."""
        build, _, step = name.rpartition("/")
        return Operation(f"urn:pulumi:{self.name}::{PROJECT}::{step}::{build or BUILD}")

    def __getitem__(self, name: str) -> Resource:
        return self.state[name]

    def _bring(self, name: str, provider: Any, inputs: Props) -> None:
        old = self.state.get(name)
        if old is None:
            self.state[name] = Resource.create(provider, inputs)
            self.done.append(f"create {name}")
            return
        checked = check(provider, old.inputs, inputs)
        found = provider.diff(old.id, as_engine(old.outputs), as_engine(checked))
        if found.replaces:
            new = Resource.create(provider, inputs)
            self._condemn(name, old)
            self.state[name] = new
            self.done.append(f"replace {name}")
            return
        recorded, old.inputs = old.inputs, checked
        if found.changes:
            try:
                old.update()
            except BaseException:  # a failed update leaves the state as it was
                old.inputs = recorded
                raise
            self.done.append(f"update {name}")

    def _delete_condemned(self) -> None:
        for resource in sorted(self.condemned, key=lambda resource: _order(_name(resource))):
            if not resource.retained:
                working_on(self._operation(_name(resource)), resource.delete)
            self.condemned.remove(resource)
            self.done.append(f"delete {_name(resource)}")

    def _condemn(self, name: str, resource: Resource) -> None:
        resource.name = name
        self.condemned.append(resource)


def _name(resource: Resource) -> str:
    return resource.name or _NAMES[type(resource.provider).__name__]


def _order(name: str) -> int:
    return DELETED_IN_ORDER.index(name.rpartition("/")[2])


_NAMES = {
    "TempServerTeardownProvider": "teardown",
    "CapturedImageProvider": "image",
    "OsInstallationProvider": "installation",
    "TempServerProvider": "server",
    "BuildIdentityProvider": "identity",
    "IsoImageProvider": "iso",
    "IsoObjectProvider": "upload",
    "ImageHistoryProvider": "history",
    "ImagePublicationProvider": "publication",
    "ImageVerificationProvider": "test",
    "VerificationTeardownProvider": "end of test",
    "ImageCopyProvider": "copy",
    "ImageExportProvider": "export",
}
