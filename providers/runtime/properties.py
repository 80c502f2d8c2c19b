"""Between the engine's property bags and typed models: numbers are floats, None is dropped, values may be unknown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pulumi.dynamic import CheckFailure, CheckResult, DiffResult
from pulumi.output import contains_unknowns
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

PROVIDER_KEY = "__provider"
SHOWN = frozenset(
    {
        *("name", "region", "image_name", "os_version", "architecture", "hw_firmware_type", "min_disk", "min_ram"),
        *("flavor", "availability_zone", "vpc_id", "subnet_id", "security_group_ids", "volumetype", "size"),
        *("mode", "timeout_minutes", "on_timeout", "enterprise_project_id", "rebuild", "retain_image", "share_with"),
        *("keep_images", "use_build", "auto_terminate", "min_image_size", "servers_at_once", "image_tasks_at_once"),
        *("preflight", "estimated_minutes", "currency", "image_gib_month"),
    }
)
"""Settings whose values appear in messages. All others may hold a secret or a URL with one."""
SHOWN_WITHIN = frozenset({"builds", "root_volume", "data_volumes", "installation", "prices"})
MAX_SHOWN = 60

Bag = dict[str, Any]


class Properties(BaseModel):
    """Base of every resource's inputs and outputs: frozen, and closed so that a misspelt property is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    def bag(self) -> Bag:
        """As the engine takes it: plain values, without None."""
        return self.model_dump(mode="json", exclude_none=True)


Model = TypeVar("Model", bound=Properties)


def parse(model: type[Model], bag: Mapping[str, Any]) -> Model:
    """The typed model of a bag whose values are all known; properties that the model does not have are left out."""
    return model.model_validate({key: value for key, value in bag.items() if key in model.model_fields})


def reason(error: ErrorDetails) -> str:
    """Return one fault of a value as a phrase: what is wrong, and the value if it is a scalar that is no secret."""
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        return "is not a known key"
    if error["type"] in _SHAPES:
        return _SHAPES[error["type"]]
    value = _shown(error["loc"], error["input"])
    if error["type"] in ("value_error", "too_long"):
        return f"{message[0].lower()}{message[1:]}{value}"
    return f"should be {message[0].lower()}{message[1:]}{value}"


_SHAPES = {
    **dict.fromkeys(
        ("model_type", "model_attributes_type", "dict_type"), "must be a mapping of settings (a dictionary)"
    ),
    "list_type": "must be a list",
}


def _shown(location: Sequence[str | int], value: Any) -> str:
    *within, name = [part for part in location if isinstance(part, str)] or [""]
    if name not in SHOWN or not SHOWN_WITHIN.issuperset(within) or not isinstance(value, str | int | float):
        return ""
    text = repr(value)
    return f" (it is {text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + '…'})"


def check(model: type[Model], news: Mapping[str, Any]) -> CheckResult:
    """All faults of a resource's inputs at once; values that are not known yet are passed over.

    Returns:
        The inputs with defaults filled in, and a failure for each faulty property.
    """
    bag = {key: value for key, value in news.items() if key != PROVIDER_KEY}
    unknown = {key: value for key, value in bag.items() if contains_unknowns(value)}
    known = {key: value for key, value in bag.items() if key not in unknown}
    try:
        return CheckResult({**model.model_validate(known).bag(), **unknown}, [])
    except ValidationError as error:
        faults = [fault for fault in error.errors() if not (fault["loc"] and fault["loc"][0] in unknown)]
    failures = [CheckFailure(".".join(map(str, fault["loc"])) or "(all)", reason(fault)) for fault in faults]
    return CheckResult(_with_defaults(model, bag), failures)


def _with_defaults(model: type[Properties], bag: Bag) -> Bag:
    defaults = {
        name: field.get_default(call_default_factory=True, validated_data={})
        for name, field in model.model_fields.items()
        if name not in bag and not field.is_required()
    }
    return {**{key: value for key, value in defaults.items() if value is not None}, **bag}


def diff(
    olds: Mapping[str, Any],
    news: Mapping[str, Any],
    *,
    replace_on: Iterable[str],
    update_on: Iterable[str] = (),
) -> DiffResult:
    """What a change of inputs means, from two tables of property names and nothing else.

    Args:
        olds: the outputs in the state, which repeat the inputs that they were made from.
        news: the checked inputs; a value that is not known yet counts as changed.
        replace_on: properties whose change needs a new resource.
        update_on: properties that can be changed in place.
    """
    replaces = [key for key in replace_on if _changed(olds.get(key), news.get(key))]
    updates = [key for key in update_on if _changed(olds.get(key), news.get(key))]
    return DiffResult(changes=bool(replaces or updates), replaces=replaces)


def _changed(old: Any, new: Any) -> bool:
    return contains_unknowns(new) or old != new
