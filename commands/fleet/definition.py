"""A fleet file: what it may say, the stacks that it makes, and every fault of it at once."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from commands.environment import LAB_STACK
from commands.fleet.matrix import Combination, UnknownReference, combinations, references, resolved, shown
from commands.fleet.stack_names import stack_name, valid_name
from config.builds import BuildSettings
from config.sign_in.connection import SECRET_KEYS
from config.stack_model import KEYS as STACK_KEYS
from config.stack_settings import validate
from config.suggestions import unknown_key
from config.validation import reason

LARGEST_FILE_BYTES = 1 << 20
MOST_STACKS = 1000
OF_BUILDS = ("builds", "defaults")
# A number with a point is refused: YAML reads 3.10 as 3.1.
Values = Annotated[list[StrictStr | StrictInt | StrictBool], Field(min_length=1)]
Entries = list[dict[str, StrictStr | StrictInt | StrictBool]]


class FleetFaulty(Exception):
    """The file cannot be used; `faults` has a line for everything that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class _FleetFile(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,39}$")]
    stack: str | None = None
    matrix: dict[str, Any]
    config: dict[str, Any] = {}
    defaults: dict[str, Any] = {}


class _Matrix(BaseModel):
    axes: dict[str, Values]
    exclude: Entries = []
    include: Entries = []


@dataclass(frozen=True)
class StackDefinition:
    """
    A stack of a fleet.

    Attributes:
        name: of the stack.
        image_name: of the one image that it builds.
        configuration: the stack's, by key.
    """

    name: str
    image_name: str
    configuration: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class _Draft:
    """A stack before it is judged: its name, its configuration, and what keeps it from having one."""

    name: str
    values: dict[str, Any]
    fault: str = ""


def read(path: Path, sign_in: Callable[[set[str]], Mapping[str, str]], signs_in: bool) -> list[StackDefinition]:
    """
    The stacks of a fleet file.

    Args:
        path: of the file.
        sign_in: gives the environment of a run, once it is known to which regions.
        signs_in: whether the runs have that environment; else a missing sign-in is no fault, for others have it.

    Raises:
        FleetFaulty: the file has faults.
    """
    fleet, matrix = _parsed(_loaded(path))
    combined = combinations(matrix.axes, matrix.exclude, matrix.include)
    if not 0 < len(combined) <= MOST_STACKS:
        raise FleetFaulty([f"matrix: makes {len(combined)} stacks; it must be 1 to {MOST_STACKS}"])
    faults = [*_faults_of_keys(fleet, matrix), *_unused(fleet, combined)]
    drafts = [_draft(fleet, list(matrix.axes), combination) for combination in combined]
    environment = sign_in({str(draft.values.get("region")) for draft in drafts})
    stacks: list[StackDefinition] = []
    by_fault: dict[str, list[str]] = {}
    for draft in drafts:
        stack, found = _judged(draft, environment, signs_in)
        stacks += [stack] if stack else []
        for fault in found:
            by_fault.setdefault(fault, []).append(draft.name)
    faults += [f"{_named(names, len(drafts))}: {fault}" for fault, names in by_fault.items()]
    faults += _repeated(drafts, stacks)
    if faults:
        raise FleetFaulty(faults)
    return stacks


def _loaded(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise FleetFaulty([f"the file is larger than {LARGEST_FILE_BYTES} bytes"])
        return yaml.safe_load(path.read_text())
    except OSError as error:
        raise FleetFaulty([f"cannot be read: {error.strerror}"]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FleetFaulty([f"is no YAML: {' '.join(str(error).split())}"]) from error


def _parsed(content: Any) -> tuple[_FleetFile, _Matrix]:
    if not isinstance(content, Mapping):
        raise FleetFaulty(["must be a mapping with `name` and `matrix`"])
    faults: list[str] = []
    try:
        fleet = _FleetFile.model_validate(content)
    except ValidationError as error:
        faults = [_line(fault["loc"], fault, _FleetFile) for fault in error.errors()]
    matrix = content.get("matrix")
    try:
        parts = dict(matrix) if isinstance(matrix, Mapping) else {}
        others = {key: parts.pop(key) for key in ("exclude", "include") if key in parts}
        parsed = _Matrix.model_validate({"axes": parts, **others})
    except ValidationError as error:
        faults += [_line(_place(fault["loc"]), fault, _Matrix) for fault in error.errors()]
    if faults:
        raise FleetFaulty(list(dict.fromkeys(faults)))
    return fleet, parsed


def _place(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where in the file a fault of the matrix is: without the branch of the union that did not fit."""
    kept = [part for part in location if part not in ("axes", "str", "int", "bool")]
    return ("matrix", *kept)


def _line(location: tuple[str | int, ...], fault: Any, model: type[BaseModel]) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    if fault["type"] == "extra_forbidden":
        return f"{path}: {unknown_key(str(location[-1]), model.model_fields)}"
    if isinstance(fault["input"], float):
        return f"{path}: {fault['input']!r} is a number with a point; put it in quotes"
    if location[0] == "matrix" and fault["type"] in ("string_type", "int_type", "bool_type"):
        return f"{path}: must be a text, a whole number, true or false"
    return f"{path}: {reason(fault)}"


def _faults_of_keys(fleet: _FleetFile, matrix: _Matrix) -> list[str]:
    of_matrix = {*matrix.axes, *(key for entry in matrix.include for key in entry)}
    faults = [f"config.{key}: {unknown_key(key, STACK_KEYS)}" for key in fleet.config if key not in STACK_KEYS]
    faults += [
        f"config.{key}: belongs to `defaults`; each stack has one build" for key in OF_BUILDS if key in fleet.config
    ]
    faults += [
        f"{key}: a secret does not belong into a fleet file; put it into the environment of whoever runs the stacks"
        for key in SECRET_KEYS
        if key in fleet.config or key in of_matrix
    ]
    foreign = {key for entry in matrix.exclude for key in entry if key not in matrix.axes}
    return faults + [
        f"matrix.exclude: {key} is not among the axes, {', '.join(matrix.axes)}" for key in sorted(foreign)
    ]


def _unused(fleet: _FleetFile, combined: list[Combination]) -> list[str]:
    """Keys of the matrix that nothing comes of: likely misspelt."""
    used = {*references([fleet.stack, fleet.config, fleet.defaults]), *STACK_KEYS, *BuildSettings.model_fields}
    unused = sorted({key for combination in combined for key in combination} - used)
    return [f"matrix.{key}: is no setting, and nothing refers to `${{{{ matrix.{key} }}}}`" for key in unused]


def _draft(fleet: _FleetFile, axes: list[str], combination: Combination) -> _Draft:
    name = stack_name(fleet.name, axes, combination)
    try:
        if fleet.stack is not None:
            name = valid_name(resolved(fleet.stack, combination))
        config = resolved(fleet.config, combination)
        defaults = resolved(fleet.defaults, combination)
    except UnknownReference as error:
        return _Draft(name, {}, str(error))
    of_stack = {key: value for key, value in combination.items() if key in STACK_KEYS}
    of_build = {
        key: _setting(key, value)
        for key, value in combination.items()
        if key in BuildSettings.model_fields and key not in STACK_KEYS
    }
    return _Draft(name, {**config, **of_stack, "builds": [{"name": "image", **defaults, **of_build}]})


def _judged(draft: _Draft, environment: Mapping[str, str], signs_in: bool) -> tuple[StackDefinition | None, list[str]]:
    """A stack, unless it has faults, and its faults, as the stack's own program would report them."""
    if draft.fault:
        return None, [draft.fault]
    settings = validate({key: value for key, value in draft.values.items() if key in STACK_KEYS}, environment)
    problems = [item for item in settings.problems if signs_in or item.key != "credentials"]
    faults = [str(replace(item, key=re.sub(r"^builds\[0\]\.?", "", item.key))) for item in problems]
    if draft.name == LAB_STACK:
        faults.append(f"stack: {LAB_STACK!r} is the name of the project's own stack")
    if faults or not settings.builds:
        return None, faults
    region = settings.regions.own
    return StackDefinition(draft.name, settings.builds[0].image_name, {**draft.values, "region": region}), []


def _setting(key: str, value: Any) -> Any:
    """A matrix's value as the setting takes it: `rebuild: 3` and an `os_version` of digits are texts."""
    annotation = BuildSettings.model_fields[key].annotation
    return shown(value) if annotation is str and not isinstance(value, bool) else value


def _named(names: list[str], count: int) -> str:
    if len(names) == count and count > 1:
        return f"every stack ({names[0]}, …)"
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _repeated(drafts: list[_Draft], stacks: list[StackDefinition]) -> list[str]:
    names = Counter(draft.name.lower() for draft in drafts)
    images = Counter((stack.configuration["region"], stack.image_name) for stack in stacks)
    faults = [
        f"stack: the name {name!r} is made {count} times; set `stack`" for name, count in names.items() if count > 1
    ]
    return faults + [
        f"image_name: {image!r} would be built by {count} stacks in {region}; refer to the matrix in it"
        for (region, image), count in images.items()
        if count > 1
    ]
