"""Documentation of single settings, kept in the models: meaning, unit, default and effect of a change."""

import re
from typing import Any, NamedTuple

from pydantic import GetJsonSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema


class Setting(NamedTuple):
    """
    Documentation of a setting, as metadata of its type.

    Attributes:
        description: Meaning of the setting in Markdown, without its default and its limits.
        unit: Unit of a number, such as GiB.
        default: Text for a default that the model does not hold.
        on_change: Effect of another value on what was built before.
    """

    description: str
    unit: str = ""
    default: str = ""
    on_change: str = ""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the schema of the setting's type with the description that editors show."""
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", self.description)
        return {**handler(schema), "description": f"{text} ({self.unit})" if self.unit else text}


def setting_of(field: FieldInfo) -> Setting:
    """Return the documentation of a model's field; an empty one if the field has none."""
    return next((item for item in field.metadata if isinstance(item, Setting)), Setting(""))
