"""Model of a fleet file: its keys, their documentation and the axes of its matrix."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from config.documentation.settings_documentation import Setting

Value = StrictStr | StrictInt | StrictBool
"""Value of the matrix. A number with a decimal point is rejected, because YAML reads 3.10 as 3.1."""
Values = Annotated[list[Value], Field(min_length=1)]
Entries = list[dict[str, Value]]


class FleetFile(BaseModel):
    """A fleet file, whose parts are read one by one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[
        str,
        Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,39}$"),
        Setting("name of the fleet, 1 to 40 letters, digits, `_`, `.`, `-`; prefix of its stacks"),
    ]
    stack: Annotated[
        str | None,
        Setting("template for the names of the stacks, with references; replaces the derived name"),
    ] = None
    matrix: Annotated[
        dict[str, Any],
        Setting("a list of values for each axis; a key that is the name of a setting sets it, any other is referenced"),
    ]
    config: Annotated[dict[str, Any], Setting("settings of every stack, as in its `Pulumi.<stack>.yaml`")] = {}
    defaults: Annotated[dict[str, Any], Setting("settings of the one build of every stack")] = {}


class Matrix(BaseModel):
    """
    The matrix of a fleet file.

    Attributes:
        axes: All its other keys.
    """

    axes: dict[str, Values]
    exclude: Annotated[Entries, Setting("combinations, or parts of them, to omit")] = []
    include: Annotated[
        Entries,
        Setting(
            "entries that add their keys to each combination with the same axis values; an entry that matches none is "
            "a combination of its own"
        ),
    ] = []
