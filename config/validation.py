"""Validation errors as phrases of one form, without secrets."""

from collections.abc import Collection, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from config.suggestions import unknown_key

SHOWN = frozenset(
    {
        *("name", "region", "image_name", "os_version", "architecture", "hw_firmware_type", "min_disk", "min_ram"),
        *("flavor", "availability_zone", "vpc_id", "subnet_id", "security_group_ids", "volumetype", "size"),
        *("mode", "timeout_minutes", "on_timeout", "enterprise_project_id", "rebuild", "retain_image", "share_with"),
        *("keep_images", "use_build", "auto_terminate", "min_image_size", "servers_at_once", "image_tasks_at_once"),
        "polls_per_second",
        *("preflight", "estimated_minutes", "currency", "image_gib_month"),
    }
)
"""Settings whose values appear in messages. All others may hold a secret or a URL with one."""
SHOWN_WITHIN = frozenset({"builds", "root_volume", "data_volumes", "installation", "prices"})
MAX_SHOWN = 60


def reason(error: ErrorDetails, model: type[BaseModel] | None = None, fixed: Collection[str] = ()) -> str:
    """
    Return one fault of a value as a phrase: what is wrong, and the value if it is a scalar that is no secret.

    Args:
        error: Fault as the model reports it.
        model: Model of the whole value, for suggestions.
        fixed: Fields of the model that nobody gives.
    """
    message = error["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "extra_forbidden":
        *outer, name = error["loc"]
        return unknown_key(str(name), {*_part(model, outer).model_fields} - {*fixed}) if model else "is not a known key"
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


def _part(model: type[BaseModel], location: Sequence[str | int]) -> type[BaseModel]:
    """Return the model of the part of a value at a location; numbers are positions in lists."""
    for name in location:
        field = model.model_fields.get(str(name))
        model = (field and _model_within(field.annotation)) or model
    return model


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_within, get_args(annotation))), None)


def _shown(location: Sequence[str | int], value: Any) -> str:
    *within, name = [part for part in location if isinstance(part, str)] or [""]
    if name not in SHOWN or not SHOWN_WITHIN.issuperset(within) or not isinstance(value, str | int | float):
        return ""
    text = repr(value)
    return f" (it is {text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + '…'})"
