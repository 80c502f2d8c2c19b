"""Settings of the check that runs before the builds."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from config.builds.settings_model import Settings
from config.builds.verification import Minutes
from config.documentation.settings_documentation import Setting
from config.prices import Prices
from config.problems import Finding, problem
from config.shapes import given, is_empty
from config.suggestions import shown_key, unknown_key
from config.validation import reason

Mode = Literal["off", "warn", "enforce"]


class PreflightSettings(Settings):
    """Settings of the check before the builds, and of its estimate of a run's cost."""

    preflight: Annotated[
        Mode,
        Setting(
            "`enforce`: errors of the check stop the run; `warn`: they are shown; `off`: nothing is checked against "
            "the cloud, see [preflight](../how-to/preflight.md)"
        ),
    ] = "enforce"
    estimated_minutes: Annotated[
        Minutes | None,
        Setting(
            "rental time of a temporary server, for the estimate of a run's cost",
            unit="minutes",
            default="the time that earlier builds took",
        ),
    ] = None
    prices: Annotated[
        Prices,
        Setting("price table for the estimate: `currency`, `flavors`, `volumes`, `image_gib_month`", default="none"),
    ] = Field(default_factory=Prices)


def read_preflight(values: Mapping[str, Any]) -> tuple[PreflightSettings, list[Finding]]:
    """
    Return the settings of the preflight, and every problem of them.

    Args:
        values: Settings by key of the stack's configuration; keys that are not the preflight's are passed over.
    """
    present = given({key: values[key] for key in PreflightSettings.model_fields if not is_empty(values.get(key))})
    try:
        return PreflightSettings.model_validate(present), []
    except ValidationError as error:
        return PreflightSettings(), [problem(_path(item["loc"]), _reason(item)) for item in error.errors()]


def _reason(error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return unknown_key(str(error["loc"][-1]), Prices.model_fields)
    return reason(error)


def _path(location: tuple[str | int, ...]) -> str:
    return ".".join(map(shown_key, location))
