"""
Reference pages from the models: ``python -m config.documentation.reference`` brings docs/ up to date.

It writes the tables of docs/reference/configuration.md and docs/reference/clouds.md between their markers, and
docs/stack.schema.json.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from config.answers.answer_settings import AnswerSettings
from config.builds.build_settings import BuildSettings, Installation
from config.builds.build_source import DataVolume, RootVolume
from config.builds.distribution import CopyTarget, ExportTarget
from config.builds.publication import Publication
from config.builds.verification import Verification
from config.documentation import clouds_reference, stack_schema
from config.documentation.marked_text import replaced
from config.documentation.settings_documentation import setting_of
from config.regions import RegionSettings
from config.stack_model import StackConfiguration

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "reference" / "configuration.md"
CLOUDS_PAGE = DOCS / "reference" / "clouds.md"
SCHEMA = DOCS / "stack.schema.json"
TABLES: dict[str, type[BaseModel]] = {
    "stack": StackConfiguration,
    "build": BuildSettings,
    "region": RegionSettings,
}
NUMBERS = ("integer", "number")
GROUPS: dict[str, type[BaseModel]] = {
    "installation": Installation,
    "verify": Verification,
    "publish": Publication,
    "answers": AnswerSettings,
}
"""Settings that are shown as their parts."""
PARTS: dict[str, tuple[type[BaseModel], str]] = {
    "root_volume": (RootVolume, "root_volume."),
    "data_volumes": (DataVolume, "data_volumes[0]."),
    "copies": (CopyTarget, "publish.copies[0]."),
    "export": (ExportTarget, "publish.export."),
}
"""Settings that are shown together with their parts."""


def page(text: str) -> str:
    """Return the configuration page with the tables of the present models."""
    for name, model in TABLES.items():
        begin, end = f"<!-- settings of a {name}: begin -->\n", f"<!-- settings of a {name}: end -->"
        text = replaced(text, begin, end, table(model))
    return text


def table(model: type[BaseModel]) -> str:
    """Return the settings of a model as a Markdown table: those that are required first."""
    rows = sorted(_rows(model), key=lambda row: row[2] != "required")
    has_effects = any(row[3] for row in rows)
    head = ["key", "meaning", "default", *(["a change leads to"] if has_effects else [])]
    lines = [f"| {' | '.join(cells)} |\n" for cells in [head, *(row[: len(head)] for row in rows)]]
    return "".join([lines[0], f"|{'---|' * len(head)}\n", *lines[1:]])


def _rows(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    schemas = stack_schema.properties_of(model)
    for name, field in model.model_fields.items():
        if name in GROUPS:
            yield from _rows(GROUPS[name], f"{name}.")
            continue
        setting = setting_of(field)
        details = ", ".join(filter(None, [setting.unit, _limits(schemas[name])]))
        meaning = f"{setting.description}; {details}" if details else setting.description
        yield f"`{prefix}{name}`", meaning, setting.default or _default(field), setting.on_change
        if name in PARTS:
            yield from _rows(*PARTS[name])


def _limits(schema: dict[str, Any]) -> str:
    alternatives: list[dict[str, Any]] = [schema, *schema.get("anyOf", [])]
    numbers = [each for each in alternatives if each.get("type") in NUMBERS]
    if not numbers:
        return ""
    least, most, above = (numbers[0].get(key) for key in ("minimum", "maximum", "exclusiveMinimum"))
    if least is not None and most is not None:
        return f"{_number(least)} to {_number(most)}"
    if above is not None and most is not None:
        return f"more than {_number(above)}, at most {_number(most)}"
    return f"at least {_number(least)}" if least is not None else ""


def _number(value: float) -> str:
    return f"{value:g}" if value < 1e6 else str(int(value))


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None or value in ({}, []):
        return "none"
    if value == "":
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return _number(value) if isinstance(value, int | float) else f"`{value}`"


def main() -> None:
    """Write the pages and the schema."""
    PAGE.write_text(page(PAGE.read_text()))
    CLOUDS_PAGE.write_text(clouds_reference.page(CLOUDS_PAGE.read_text()))
    SCHEMA.write_text(stack_schema.as_text())


if __name__ == "__main__":
    main()
