"""Conversion between the engine's properties and typed models: values may be unknown, None is dropped."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pulumi import output
from pulumi.dynamic import CheckFailure, CheckResult, DiffResult
from pydantic import BaseModel, ConfigDict, ValidationError

from config.validation import reason

PROVIDER_KEY = "__provider"
PLAIN = (str, int, float, type(None))  # bool is an int
Props = dict[str, Any]


class Properties(BaseModel):
    """Base of every resource's inputs and outputs: frozen, and closed so that a misspelt property is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def as_props(self) -> Props:
        """Return plain values without None, as the engine accepts them."""
        return self.model_dump(mode="json", exclude_none=True)


def contains_unknowns(value: Any) -> bool:
    """Return True if a value is not known yet, or contains one that is not; quick for plain values, which most are."""
    if isinstance(value, PLAIN):
        return False
    if isinstance(value, dict):
        return any(map(contains_unknowns, value.values()))
    if isinstance(value, list):
        return any(map(contains_unknowns, value))
    return output.contains_unknowns(value)


Model = TypeVar("Model", bound=Properties)


def parse(model: type[Model], props: Mapping[str, Any]) -> Model:
    """Return the typed model of properties whose values are all known; properties without a field are left out."""
    return model.model_validate({key: value for key, value in props.items() if key in model.model_fields})


def check(model: type[Model], new: Mapping[str, Any]) -> CheckResult:
    """
    Validate the inputs of a resource and return all problems; values that are not known yet are skipped.

    Returns:
        The inputs with defaults filled in, and a failure for each faulty property.
    """
    props = {key: value for key, value in new.items() if key != PROVIDER_KEY}
    unknown = {key: value for key, value in props.items() if contains_unknowns(value)}
    known = {key: value for key, value in props.items() if key not in unknown}
    try:
        return CheckResult({**model.model_validate(known).as_props(), **unknown}, [])
    except ValidationError as error:
        faults = [fault for fault in error.errors() if not (fault["loc"] and fault["loc"][0] in unknown)]
    failures = [CheckFailure(".".join(map(str, fault["loc"])) or "(all)", reason(fault, model)) for fault in faults]
    return CheckResult(_with_defaults(model, props), failures)


def _with_defaults(model: type[Properties], props: Props) -> Props:
    defaults = {
        name: field.get_default(call_default_factory=True, validated_data={})
        for name, field in model.model_fields.items()
        if name not in props and not field.is_required()
    }
    plain = {key: value.model_dump() if isinstance(value, BaseModel) else value for key, value in defaults.items()}
    return {**{key: value for key, value in plain.items() if value is not None}, **props}


def diff(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    replace_on: Iterable[str],
    update_on: Iterable[str] = (),
) -> DiffResult:
    """
    Return the effect of a change of inputs, from two tables of property names alone.

    Args:
        old: Outputs in the state, which repeat their inputs.
        new: Checked inputs; a value that is not known yet counts as changed.
        replace_on: Properties whose change needs a new resource.
        update_on: Properties that can be changed in place.
    """
    replaces = [key for key in replace_on if _changed(old.get(key), new.get(key))]
    updates = [key for key in update_on if _changed(old.get(key), new.get(key))]
    return DiffResult(changes=bool(replaces or updates), replaces=replaces)


def _changed(old: Any, new: Any) -> bool:
    return contains_unknowns(new) or old != new
