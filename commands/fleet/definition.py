"""Stacks that a fleet file defines, and all problems of the file at once."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from commands.environment import LAB_STACK
from commands.fleet.fleet_file import FleetFile, Matrix
from commands.fleet.matrix import Combination, UnknownReference, combinations, references, resolved, shown
from commands.fleet.stack_names import stack_name, valid_name
from config import wording
from config.builds.build_settings import BuildSettings
from config.sign_in.connection import SECRET_KEYS
from config.stack_model import KEYS as STACK_KEYS
from config.stack_settings import validate
from config.suggestions import unknown_key
from config.validation import reason

LARGEST_FILE_BYTES = 1 << 20
MOST_STACKS = 1000
OF_BUILDS = ("builds", "defaults")


class InvalidFleet(Exception):
    """The file cannot be used; `problems` contains a line for each problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class StackDefinition:
    """
    A stack of a fleet.

    Attributes:
        name: Name of the stack.
        image_name: Name of the one image that it builds.
        configuration: Configuration of the stack by key.
    """

    name: str
    image_name: str
    configuration: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class _Draft:
    """A stack before its validation: its name, its configuration, and the reason why it has none."""

    name: str
    values: dict[str, Any]
    problem: str = ""


def read(path: Path, sign_in: Callable[[set[str]], Mapping[str, str]], signs_in: bool) -> list[StackDefinition]:
    """
    Return the stacks of a fleet file.

    Args:
        path: Path of the file.
        sign_in: Function that returns the environment of runs in a set of regions.
        signs_in: True if the runs have that environment. Otherwise other machines sign in, so that a missing sign-in
            is not a problem.

    Raises:
        InvalidFleet: The file has problems.
    """
    fleet, matrix = _parsed(_loaded(path))
    combined = _combined(matrix)
    problems = [*_problems_of_keys(fleet, matrix), *_unused(fleet, combined)]
    drafts = [_draft(fleet, list(matrix.axes), combination) for combination in combined]
    environment = sign_in({str(draft.values.get("region")) for draft in drafts})
    stacks: list[StackDefinition] = []
    by_problem: dict[str, list[str]] = {}
    for draft in drafts:
        stack, found = _validated(draft, environment, signs_in)
        stacks += [stack] if stack else []
        for problem in found:
            by_problem.setdefault(problem, []).append(draft.name)
    problems += [f"{_named(names, len(drafts))}: {problem}" for problem, names in by_problem.items()]
    problems += _repeated(drafts, stacks)
    if problems:
        raise InvalidFleet(problems)
    return stacks


def unvalidated(path: Path) -> list[StackDefinition]:
    """
    Return the stacks of a fleet file by name, for commands that only read their state.

    Args:
        path: Path of the file.

    Raises:
        InvalidFleet: The file is no fleet, or the names of its stacks do not follow from it.
    """
    fleet, matrix = _parsed(_loaded(path))
    drafts = [_draft(fleet, list(matrix.axes), combination) for combination in _combined(matrix)]
    problems = [f"{draft.name}: {draft.problem}" for draft in drafts if draft.problem]
    if problems:
        raise InvalidFleet(problems)
    return [StackDefinition(draft.name, "", draft.values) for draft in drafts]


def chosen(stacks: list[StackDefinition], only: Sequence[str]) -> list[StackDefinition]:
    """
    Return the stacks of a fleet that the option `--only` names.

    Args:
        stacks: Stacks of the fleet.
        only: Patterns of names; none for all stacks.

    Raises:
        InvalidFleet: A pattern matches no stack.
    """
    names = [stack.name for stack in stacks]
    unknown = [pattern for pattern in only if not any(fnmatchcase(name, pattern) for name in names)]
    if unknown:
        raise InvalidFleet(
            [f"--only {name}: there is no such stack; existing stacks: {', '.join(names)}" for name in unknown]
        )
    return [stack for stack in stacks if not only or any(fnmatchcase(stack.name, pattern) for pattern in only)]


def _combined(matrix: Matrix) -> list[Combination]:
    combined = combinations(matrix.axes, matrix.exclude, matrix.include)
    if not 0 < len(combined) <= MOST_STACKS:
        raise InvalidFleet([f"matrix: defines {wording.count(len(combined), 'stack')}, 1 to {MOST_STACKS} are allowed"])
    return combined


def _loaded(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise InvalidFleet([f"the file is larger than {LARGEST_FILE_BYTES} bytes"])
        return yaml.safe_load(path.read_text())
    except OSError as error:
        raise InvalidFleet([f"cannot be read: {error.strerror}"]) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidFleet([f"is not YAML: {' '.join(str(error).split())}"]) from error


def _parsed(content: Any) -> tuple[FleetFile, Matrix]:
    if not isinstance(content, Mapping):
        raise InvalidFleet(["must be a mapping with `name` and `matrix`"])
    problems: list[str] = []
    try:
        fleet = FleetFile.model_validate(content)
    except ValidationError as error:
        problems = [_line(problem["loc"], problem, FleetFile) for problem in error.errors()]
    matrix = content.get("matrix")
    try:
        parts = dict(matrix) if isinstance(matrix, Mapping) else {}
        others = {key: parts.pop(key) for key in ("exclude", "include") if key in parts}
        parsed = Matrix.model_validate({"axes": parts, **others})
    except ValidationError as error:
        problems += [_line(_place(problem["loc"]), problem, Matrix) for problem in error.errors()]
    if problems:
        raise InvalidFleet(list(dict.fromkeys(problems)))
    return fleet, parsed


def _place(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Return the location of a problem of the matrix, without the branch of the union that did not match."""
    kept = [part for part in location if part not in ("axes", "str", "int", "bool")]
    return ("matrix", *kept)


def _line(location: tuple[str | int, ...], problem: Any, model: type[BaseModel]) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    if problem["type"] == "extra_forbidden":
        return f"{path}: {unknown_key(str(location[-1]), model.model_fields)}"
    if isinstance(problem["input"], float):
        return f"{path}: {problem['input']!r} is a number with a decimal point; put it in quotes"
    if location[0] == "matrix" and problem["type"] in ("string_type", "int_type", "bool_type"):
        return f"{path}: must be a text, a whole number, true or false"
    return f"{path}: {reason(problem)}"


def _problems_of_keys(fleet: FleetFile, matrix: Matrix) -> list[str]:
    of_matrix = {*matrix.axes, *(key for entry in matrix.include for key in entry)}
    problems = [f"config.{key}: {unknown_key(key, STACK_KEYS)}" for key in fleet.config if key not in STACK_KEYS]
    problems += [
        f"config.{key}: is not allowed here, because each stack has one build; use `defaults`"
        for key in OF_BUILDS
        if key in fleet.config
    ]
    problems += [
        f"{key}: secrets are not allowed in a fleet file; set it in the environment of the runs"
        for key in SECRET_KEYS
        if key in fleet.config or key in of_matrix
    ]
    foreign = {key for entry in matrix.exclude for key in entry if key not in matrix.axes}
    return problems + [
        f"matrix.exclude: {key} is not an axis; the axes are {', '.join(matrix.axes)}" for key in sorted(foreign)
    ]


def _unused(fleet: FleetFile, combined: list[Combination]) -> list[str]:
    """Return problems for keys of the matrix that have no effect, which are probably misspelt."""
    used = {*references([fleet.stack, fleet.config, fleet.defaults]), *STACK_KEYS, *BuildSettings.model_fields}
    unused = sorted({key for combination in combined for key in combination} - used)
    return [f"matrix.{key}: is not a setting, and nothing refers to `${{{{ matrix.{key} }}}}`" for key in unused]


def _draft(fleet: FleetFile, axes: list[str], combination: Combination) -> _Draft:
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


def _validated(
    draft: _Draft, environment: Mapping[str, str], signs_in: bool
) -> tuple[StackDefinition | None, list[str]]:
    """Return a stack unless it has problems, and its problems as the stack's own program would report them."""
    if draft.problem:
        return None, [draft.problem]
    settings = validate({key: value for key, value in draft.values.items() if key in STACK_KEYS}, environment)
    findings = [item for item in settings.problems if signs_in or item.key != "credentials"]
    problems = [str(replace(item, key=re.sub(r"^builds\[0\]\.?", "", item.key))) for item in findings]
    if draft.name == LAB_STACK:
        problems.append(f"stack: {LAB_STACK!r} is reserved for the stack of the lab")
    if problems or not settings.builds:
        return None, problems
    region = settings.regions.own
    return StackDefinition(draft.name, settings.builds[0].image_name, {**draft.values, "region": region}), []


def _setting(key: str, value: Any) -> Any:
    """Return a value of the matrix with the type of its setting: `rebuild: 3` and `os_version: 3` are texts."""
    annotation = BuildSettings.model_fields[key].annotation
    return shown(value) if annotation is str and not isinstance(value, bool) else value


def _named(names: list[str], count: int) -> str:
    if len(names) == count and count > 1:
        return f"every stack ({names[0]}, …)"
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _repeated(drafts: list[_Draft], stacks: list[StackDefinition]) -> list[str]:
    names = Counter(draft.name.lower() for draft in drafts)
    images = Counter((stack.configuration["region"], stack.image_name) for stack in stacks)
    problems = [
        f"stack: the name {name!r} results {count} times; set `stack`" for name, count in names.items() if count > 1
    ]
    problems += [
        f"image_name: {image!r} would be built by {count} stacks in {region}; refer to the matrix in the name"
        for (region, image), count in images.items()
        if count > 1
    ]
    channels = Counter(found for stack in stacks if (found := _channel(stack)))
    return problems + [
        f"publish.channel: {channel!r} of family {family!r} would have the images of {count} stacks in {region}, but a "
        "channel has one image; refer to the matrix in `publish`"
        for (region, family, channel), count in channels.items()
        if count > 1
    ]


def _channel(stack: StackDefinition) -> tuple[str, str, str] | None:
    """Return the region, the family and the channel that a stack publishes to; None if it does not publish."""
    publish = stack.configuration["builds"][0].get("publish")
    return (stack.configuration["region"], publish["family"], publish["channel"]) if publish else None
