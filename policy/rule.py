"""Policy rules: pure functions of a resource's inputs or of a whole stack, with a rationale and a remedy."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from config import resource_types

Level = Literal["mandatory", "advisory", "remediate", "disabled"]
Inputs = Mapping[str, Any]
Limits = Mapping[str, Any]

IsoImage = resource_types.ISO_IMAGE
TempServer = resource_types.TEMP_SERVER
OsInstallation = resource_types.OS_INSTALLATION
CapturedImage = resource_types.CAPTURED_IMAGE
TempServerTeardown = resource_types.TEMP_SERVER_TEARDOWN
Preflight = resource_types.PREFLIGHT
ImageVerification = resource_types.IMAGE_VERIFICATION
VerificationTeardown = resource_types.VERIFICATION_TEARDOWN


@dataclass(frozen=True)
class Limit:
    """
    A setting of a rule in the pack's configuration.

    Attributes:
        name: Key of the setting in the rule's configuration.
        schema: JSON schema of its value.
        default: Value if the configuration has none.
    """

    name: str
    schema: Mapping[str, Any]
    default: Any


@dataclass(frozen=True)
class Rule:
    """
    A rule for single resources.

    Attributes:
        id: Identifier by which the pack's configuration names the rule.
        kinds: Kinds of the resources that the rule applies to, whether they are dynamic ones or those of the provider.
        description: Requirement, as one sentence.
        rationale: Reason for the requirement, as one sentence.
        source: Document of the cloud that states the requirement, or "organisation" for a choice of the user's own.
        remedy: Correction of a violation, as an imperative.
        evaluate: Function that returns a phrase for each violation: the property, its value, the allowed values.
        limits: Settings of the rule.
        level: Enforcement level if the configuration has none.
        remediate: Function that returns the inputs to fill in because they have one right answer, or none.
    """

    id: str
    kinds: tuple[str, ...]
    description: str
    rationale: str
    source: str
    remedy: str
    evaluate: Callable[[Inputs, Limits], Iterable[str]]
    limits: tuple[Limit, ...] = ()
    level: Level = "mandatory"
    remediate: Callable[[Inputs, Limits], dict[str, Any]] | None = None


@dataclass(frozen=True)
class StackResource:
    """
    A resource of a stack.

    Attributes:
        kind: Kind of the resource.
        name: Name of the resource in the program.
        urn: URN of the resource.
        properties: Outputs of the resource; at preview only those that are known.
        property_dependencies: For each property, the URNs of the resources whose outputs it is made of.
        dependencies: URNs of all resources that it depends on.
    """

    kind: str
    name: str
    urn: str
    properties: Inputs = field(default_factory=dict)
    property_dependencies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    dependencies: Sequence[str] = ()


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
    A rule for a whole stack. The other attributes are those of Rule.

    Attributes:
        kinds: Kinds of the resources that the rule receives; it sees no other resources of the stack.
    """

    id: str
    kinds: tuple[str, ...]
    description: str
    rationale: str
    source: str
    remedy: str
    evaluate: Callable[[Sequence[StackResource], Limits], Iterable[StackViolation]]
    limits: tuple[Limit, ...] = ()
    level: Level = "mandatory"


AnyRule = Rule | StackRule


def limits_of(rule: AnyRule, configured: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configured limits of a rule, completed by their defaults."""
    return {limit.name: configured.get(limit.name, limit.default) for limit in rule.limits}


def explanation(rule: AnyRule) -> str:
    """Return the requirement and its reason, as the engine shows them above each violation."""
    return f"{rule.description} {rule.rationale} ({rule.source})"


def message(rule: AnyRule, violation: str) -> str:
    """Return the message on a violation: the phrase, then the remedy."""
    return f"{violation}; {rule.remedy}"


def plain(value: Any) -> Any:
    """Return a whole number as an integer; the engine passes all numbers as floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def of_kind(resources: Iterable[StackResource], kind: str) -> Iterator[StackResource]:
    """Return the resources of a kind."""
    return (resource for resource in resources if resource.kind == kind)
