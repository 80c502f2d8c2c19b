"""Configuration of a stack from its file, as Pulumi passes it to the program, read without Pulumi."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from config.builds.publication import stack_digest
from config.problems import Finding, problem
from config.shapes import structured
from config.stack_model import KEYS
from config.stack_settings import StackSettings, validate
from config.suggestions import unknown_key

MAX_BYTES = 10 * 1024 * 1024


class NoConfiguration(Exception):
    """Error of a file that is missing or is no configuration of a stack."""


@dataclass(frozen=True)
class Configured:
    """
    Configuration of a stack, as its file has it.

    Attributes:
        settings: Settings as the program sees them.
        problems: Every problem of the file.
        encrypted: Keys whose values only Pulumi can read.
        digest: Digest of the stack by which channels show who publishes to them.
    """

    settings: StackSettings
    problems: list[Finding]
    encrypted: list[str]
    digest: str = ""


def find_file(folder: Path, stack: str | None) -> Path:
    """
    Return the configuration file of a stack.

    Args:
        folder: Folder of the project.
        stack: Name of the stack; None if the project has one stack only.
    """
    if stack is not None:
        file = folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
        if not file.is_file():
            raise NoConfiguration(f"there is no file {file.name}; name a stack whose file is here with --stack")
        return file
    files = sorted(folder.glob("Pulumi.*.yaml"))
    if len(files) != 1:
        names = ", ".join(file.name.removeprefix("Pulumi.").removesuffix(".yaml") for file in files)
        choice = f"one of {names}" if names else "none has a file here: write Pulumi.<stack>.yaml"
        raise NoConfiguration(f"name the stack with --stack ({choice})")
    return files[0]


def read(file: Path, environment: Mapping[str, str]) -> Configured:
    """
    Read and validate a stack's file as the program does.

    Args:
        file: `Pulumi.<stack>.yaml`.
        environment: Environment of the process.

    Raises:
        NoConfiguration: The file is no stack's configuration.
    """
    values, encrypted = _values(file)
    settings = validate(values, environment)
    misspelt = [problem(key, unknown_key(key, KEYS)) for key in encrypted if key not in KEYS]
    stack = file.name.removeprefix("Pulumi.").removesuffix(".yaml")
    digest = stack_digest(_project(file.parent), stack)
    return Configured(settings, misspelt + settings.problems, encrypted, digest)


def _values(file: Path) -> tuple[dict[str, Any], list[str]]:
    if file.stat().st_size > MAX_BYTES:
        raise NoConfiguration(f"{file.name} has more than {MAX_BYTES} bytes")
    try:
        content = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f" (line {line + 1})"
        raise NoConfiguration(f"{file.name} is not YAML{where}") from None
    given = content.get("config") if isinstance(content, Mapping) else None
    if not isinstance(given, Mapping):
        raise NoConfiguration(f"{file.name} has no `config`")
    namespace = f"{_project(file.parent)}:"
    own = {str(key).removeprefix(namespace): value for key, value in given.items() if str(key).startswith(namespace)}
    encrypted = [key for key, value in own.items() if _is_encrypted(value)]
    return {key: structured(key, value) for key, value in own.items() if key not in encrypted}, encrypted


def _project(folder: Path) -> str:
    file = folder / "Pulumi.yaml"
    content = yaml.safe_load(file.read_text()) if file.is_file() else None
    return str(content.get("name", "")) if isinstance(content, Mapping) else ""


def _is_encrypted(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"secure"}
