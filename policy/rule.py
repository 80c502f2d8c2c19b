"""What a rule is: a pure function of a resource's inputs, or of a whole stack, with a reason and a remedy."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["mandatory", "advisory", "remediate", "disabled"]
Inputs = Mapping[str, Any]
Limits = Mapping[str, Any]

IsoImage = "pulumi-python:dynamic/huaweicloud:IsoImage"
TempServer = "pulumi-python:dynamic/huaweicloud:TempServer"
OsInstallation = "pulumi-python:dynamic/huaweicloud:OsInstallation"
CapturedImage = "pulumi-python:dynamic/huaweicloud:CapturedImage"
TempServerTeardown = "pulumi-python:dynamic/huaweicloud:TempServerTeardown"
Preflight = "pulumi-python:dynamic/huaweicloud:Preflight"


@dataclass(frozen=True)
class Limit:
    """
    Something that the pack's configuration can set.

    Attributes:
        name: its key in the rule's configuration.
        schema: its JSON schema.
        default: its value where the configuration has none.
    """

    name: str
    schema: Mapping[str, Any]
    default: Any


@dataclass(frozen=True)
class Rule:
    """
    A rule for resources of some kinds.

    Attributes:
        id: its identifier, by which the pack's configuration names it.
        kinds: type tokens of the resources that it judges.
        description: what must hold, one sentence.
        rationale: why, one sentence.
        source: the document of the cloud that says so, or "organisation" where it is the user's own choice.
        remedy: what to do, as an imperative.
        judge: gives a phrase for each violation: which property, which value, which are allowed.
        limits: what can be configured.
        level: what a violation does where the configuration does not say.
        remediate: the inputs that change where what has one right answer is filled in; none where nothing is missing.
    """

    id: str
    kinds: tuple[str, ...]
    description: str
    rationale: str
    source: str
    remedy: str
    judge: Callable[[Inputs, Limits], Iterable[str]]
    limits: tuple[Limit, ...] = ()
    level: Level = "mandatory"
    remediate: Callable[[Inputs, Limits], dict[str, Any]] | None = None


@dataclass(frozen=True)
class Thing:
    """
    A resource of a stack.

    Attributes:
        kind: its type token.
        name: its name in the program.
        urn: its URN.
        properties: its outputs; at preview those that are known.
        comes_from: for each property, the URNs of the resources whose outputs it is made of.
        waits_for: the URNs of all resources that it depends on.
    """

    kind: str
    name: str
    urn: str
    properties: Inputs = field(default_factory=dict)
    comes_from: Mapping[str, Sequence[str]] = field(default_factory=dict)
    waits_for: Sequence[str] = ()


@dataclass(frozen=True)
class StackViolation:
    """
    A violation in a stack.

    Attributes:
        message: Phrase that names the property, its value and the allowed values.
        urn: URN of the resource at which the engine shows it; "" for the stack as a whole.
    """

    message: str
    urn: str = ""


@dataclass(frozen=True)
class StackRule:
    """
    A rule for a stack as a whole. For the other attributes see Rule.

    Attributes:
        kinds: type tokens of the resources that it is given; to it nothing else is in the stack.
    """

    id: str
    kinds: tuple[str, ...]
    description: str
    rationale: str
    source: str
    remedy: str
    judge: Callable[[Sequence[Thing], Limits], Iterable[StackViolation]]
    limits: tuple[Limit, ...] = ()
    level: Level = "mandatory"


AnyRule = Rule | StackRule


def limits_of(rule: AnyRule, configured: Mapping[str, Any]) -> dict[str, Any]:
    """The rule's limits: as configured, else their defaults."""
    return {limit.name: configured.get(limit.name, limit.default) for limit in rule.limits}


def explanation(rule: AnyRule) -> str:
    """What a rule says and why, as the engine shows it above each violation."""
    return f"{rule.description} {rule.rationale} ({rule.source})"


def message(rule: AnyRule, violation: str) -> str:
    """One violation: what is wrong, and what to do."""
    return f"{violation}; {rule.remedy}"


def plain(value: Any) -> Any:
    """A number as people write it: the engine hands integers over as floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def of_kind(things: Iterable[Thing], kind: str) -> Iterator[Thing]:
    """The resources of one kind."""
    return (thing for thing in things if thing.kind == kind)
