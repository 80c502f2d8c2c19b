"""The rules as policies of the engine. Beside analyzer_patches, the only module that uses pulumi_policy."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.policy import PolicyResource
from pulumi_policy.proxy import UnknownValueError

from config.resource_types import kind_of, tokens
from huaweicloud.printable import printable
from policy.analyzer_patches import PoliciesByType, install
from policy.rule import (
    AnyRule,
    Rule,
    StackResource,
    StackRule,
    explanation,
    limits_of,
    message,
)
from policy.rules import ALL
from providers.lookups import NAMES

NAME = "image-from-iso"
LOOKUPS = NAMES | {"quotas"}
_UNKNOWN = object()


def policies() -> PoliciesByType:
    """Return all rules as policies."""
    converted = [_resource_policy(rule) if isinstance(rule, Rule) else _stack_policy(rule) for rule in ALL]
    return PoliciesByType(converted, {rule.id: _tokens(rule) for rule in ALL})


def serve() -> None:
    """Serve the engine until it ends this process."""
    ours = policies()
    install(ours)
    PolicyPack(NAME, ours)


def _tokens(rule: AnyRule) -> list[str]:
    return [token for kind in rule.kinds for token in tokens(kind)]


def _common(rule: AnyRule) -> dict[str, Any]:
    schema = {limit.name: dict(limit.schema) for limit in rule.limits}
    return {
        "name": rule.id,
        "description": explanation(rule),
        "enforcement_level": EnforcementLevel(rule.level),
        "config_schema": PolicyConfigSchema(properties=schema) if schema else None,
        "remediation_steps": rule.remedy,
    }


def _resource_policy(rule: Rule) -> Policy:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if kind_of(args.resource_type) not in rule.kinds:
            return
        try:
            for violation in rule.evaluate(_Inputs(args.props), limits_of(rule, args.get_config())):
                report(printable(message(rule, violation)), None)
        except UnknownValueError as unknown:
            args.not_applicable(f"{unknown.message}; it is evaluated at the update, before the create")

    fill_in = rule.remediate
    if fill_in is None:
        return ResourceValidationPolicy(**_common(rule), validate=validate)

    def remediate(args: ResourceValidationArgs) -> dict[str, Any] | None:
        applies = kind_of(args.resource_type) in rule.kinds
        changed = fill_in(_Inputs(args.props), limits_of(rule, args.get_config())) if applies else {}
        # In place, because a copy would lose which of the other inputs are secret.
        inputs = cast(dict[str, Any], args.props)
        for key, value in changed.items():
            inputs[key] = value
        return inputs if changed else None

    # The library's own annotation omits that a plain mapping may be returned as well.
    return ResourceValidationPolicy(**_common(rule), validate=validate, remediate=cast(Any, remediate))


class _Inputs(Mapping[str, Any]):
    """
    Inputs of a resource for a rule: what cannot be looked up yet is absent, as where the cloud cannot be read.

    Args:
        props: Inputs, of which any may be unknown at preview.
    """

    def __init__(self, props: Mapping[str, Any]) -> None:
        self._props = props

    def __getitem__(self, key: str) -> Any:
        if key in LOOKUPS and _get(self._props, key) is _UNKNOWN:
            raise KeyError(key)
        return self._props[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._props)

    def __len__(self) -> int:
        return len(self._props)


def _stack_policy(rule: StackRule) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for violation in rule.evaluate(
            [_stack_resource(resource) for resource in args.resources], limits_of(rule, args.get_config())
        ):
            report(printable(message(rule, violation.message)), violation.urn or None)

    return StackValidationPolicy(**_common(rule), validate=validate)


def _stack_resource(resource: PolicyResource) -> StackResource:
    kind = kind_of(resource.resource_type)
    return StackResource(
        kind=kind,
        name=resource.name,
        urn=resource.urn,
        properties=_known(resource.props) if kind else {},
        property_dependencies={
            key: [origin.urn for origin in found] for key, found in resource.property_dependencies.items()
        },
        dependencies=[other.urn for other in resource.dependencies],
    )


def _known(value: Any) -> Any:
    """Return a value without its unknown parts, which at preview are most outputs of a resource."""
    if isinstance(value, Mapping):
        return {key: _known(found) for key in value if (found := _get(value, key)) is not _UNKNOWN}
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = [_get(value, number) for number in range(len(value))]
        return [_known(item) for item in items if item is not _UNKNOWN]
    return value


def _get(container: Any, key: Any) -> Any:
    try:
        return container[key]
    except UnknownValueError:
        return _UNKNOWN
