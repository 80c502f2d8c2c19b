"""Resources of a stack in the output of `pulumi stack export`, whichever program has created them."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.resource_types import kind_of

STANDARD_INPUT = Path("-")


class NoState(Exception):
    """A text is not the export of a stack; the message contains the reason."""


@dataclass(frozen=True)
class Recorded:
    """
    Resource in a state.

    Attributes:
        kind: Kind of the resource; "" for the resources of others.
        name: Name of the resource in the program.
        stack: Stack that it is in.
        id: Id of the resource; "" for a component.
        outputs: Outputs; secret ones are encrypted.
        is_replaced: True if it only waits for its deletion.
        urn: URN of the resource, which contains the types of its parents.
        created: Time when Pulumi recorded the resource, as ISO 8601; "" in states of early versions.
    """

    kind: str
    name: str
    stack: str
    id: str
    outputs: Mapping[str, Any]
    is_replaced: bool
    urn: str = ""
    created: str = ""

    @property
    def is_stack(self) -> bool:
        """Return True for the stack itself, whose outputs are those of the program."""
        return "::pulumi:pulumi:Stack::" in self.urn


@dataclass(frozen=True)
class Export:
    """
    Export of a stack.

    Attributes:
        resources: Resources in the state.
        pending: Resources that are being created, or whose creation was cut short, with their inputs in `outputs`.
    """

    resources: list[Recorded]
    pending: list[Recorded]


def read(file: Path) -> list[Recorded]:
    """
    Return the resources in a file, see read_export().

    Args:
        file: File written by `pulumi stack export --file`; `-` for the standard input.

    Raises:
        NoState: The file cannot be read, or is not an export.
    """
    return read_export(file).resources


def read_export(file: Path) -> Export:
    """
    Return the export in a file.

    Args:
        file: File written by `pulumi stack export --file`; `-` for the standard input.

    Raises:
        NoState: The file cannot be read, or is not an export.
    """
    try:
        text = sys.stdin.read() if file == STANDARD_INPUT else file.read_text()
    except OSError as error:
        raise NoState(f"{file} cannot be read: {error.strerror}") from None
    except ValueError:
        text = ""
    try:
        return parse(text)
    except NoState:
        name = "the standard input" if file == STANDARD_INPUT else file
        raise NoState(f"{name} was not written by `pulumi stack export --file`") from None


def resources(text: str) -> list[Recorded]:
    """
    Return the resources in the output of `pulumi stack export`.

    Raises:
        NoState: The text is something else.
    """
    return parse(text).resources


def parse(text: str) -> Export:
    """
    Return the output of `pulumi stack export`.

    Raises:
        NoState: The text is something else.
    """
    try:
        deployment = json.loads(text)["deployment"]
        found = [_recorded(each) for each in deployment.get("resources") or [] if each["type"] and each["urn"]]
        operations = deployment.get("pending_operations") or []
        begun = [each["resource"] for each in operations if each.get("type") == "creating"]
        return Export(found, [_recorded({**each, "outputs": each.get("inputs")}) for each in begun])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NoState("the text was not written by `pulumi stack export`") from None


def _recorded(resource: Mapping[str, Any]) -> Recorded:
    # urn:pulumi:<stack>::<project>::<type>::<name>
    stack, *_, name = str(resource["urn"]).removeprefix("urn:pulumi:").split("::")
    return Recorded(
        kind=kind_of(str(resource["type"])),
        name=name,
        stack=stack,
        id=str(resource.get("id") or ""),
        outputs=resource.get("outputs") or {},
        is_replaced=bool(resource.get("delete")),
        urn=str(resource["urn"]),
        created=str(resource.get("created") or ""),
    )
