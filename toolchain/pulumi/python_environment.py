"""Python of a program or plugin: its virtual environment, and the packages in it."""

import os
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

REQUIREMENTS = "requirements.txt"


class ToolchainError(Exception):
    """The project requires a Python that does not exist."""


class ProgramInfo(Protocol):
    """Place of a program and its `runtime.options`, as the engine passes them."""

    root_directory: str
    program_directory: str

    @property
    def options(self) -> Any:
        """Return `runtime.options`."""


def environment_folder(info: ProgramInfo) -> Path | None:
    """
    Return the folder in `runtime.options.virtualenv`, which may be relative to the project's root, and may be missing.

    Raises:
        ToolchainError: The project requires a toolchain other than pip.
    """
    options = dict(info.options)
    if options.get("toolchain", "pip") != "pip":
        raise ToolchainError(f"runtime.options.toolchain is {options['toolchain']!r}, but only 'pip' is supported here")
    return Path(info.root_directory, str(options["virtualenv"])) if options.get("virtualenv") else None


def virtual_environment(info: ProgramInfo) -> Path | None:
    """
    Return the folder in `runtime.options.virtualenv`, which may be relative to the project's root.

    Raises:
        ToolchainError: There is no virtual environment in that folder, or the project requires a toolchain other than
            pip.
    """
    folder = environment_folder(info)
    if folder and not (folder / "bin" / "python").exists():
        raise ToolchainError(
            f"runtime.options.virtualenv is {folder}, which has no bin/python; run `make setup`, "
            "or create it with `pulumi install`"
        )
    return folder


def python_command(environment: Path | None) -> str:
    """Return the Python of a virtual environment, or the default one."""
    if environment:
        return str(environment / "bin" / "python")
    return os.environ.get("PULUMI_PYTHON_CMD", "python3")


def process_environment(environment: Path | None, base: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a process in a virtual environment."""
    variables = dict(base)
    if environment:
        variables["VIRTUAL_ENV"] = str(environment)
        variables["PATH"] = f"{environment / 'bin'}{os.pathsep}{variables.get('PATH', '')}"
        variables.pop("PYTHONHOME", None)
    return variables


def installed_packages(environment: Path | None, transitive: bool) -> dict[str, str]:
    """Return the packages of an environment, without those that other packages require unless `transitive`."""
    folders = [str(path) for path in environment.glob("lib/python*/site-packages")] if environment else sys.path
    found = {package.name: package for package in metadata.distributions(path=folders)}
    required = set() if transitive else {_bare_name(line) for p in found.values() for line in p.requires or ()}
    return {name: package.version for name, package in sorted(found.items()) if _bare_name(name) not in required}


def _bare_name(requirement: str) -> str:
    end = next((i for i, c in enumerate(requirement) if not (c.isalnum() or c in "._-")), len(requirement))
    return requirement[:end].lower().replace("_", "-").replace(".", "-")


def installation(info: ProgramInfo) -> list[tuple[str, list[str]]]:
    """
    Return the commands that create a program's virtual environment and install its requirements, with their titles.

    Raises:
        ToolchainError: The project requires a toolchain other than pip.
    """
    folder, requirements = environment_folder(info), Path(info.program_directory, REQUIREMENTS)
    commands = []
    if folder and not (folder / "bin" / "python").exists():
        create = [python_command(None), "-u", "-m", "venv", str(folder)]
        commands.append((f"Creating the virtual environment {folder}", create))
    if requirements.exists():
        install = [*_installer(folder), "install", "--requirement", str(requirements)]
        commands.append((f"Installing {requirements}", install))
    return commands


def _installer(folder: Path | None) -> list[str]:
    """Return pip; uv of this clone if there is a virtual environment without pip."""
    python = python_command(folder)
    if folder and folder.exists() and not list(folder.glob("lib/python*/site-packages/pip")):
        return [sys.executable, "-u", "-m", "uv", "pip", "--python", python]
    return [python, "-u", "-m", "pip", "--disable-pip-version-check"]


def link(info: ProgramInfo, paths: list[str]) -> str:
    """
    Add SDKs to the requirements of a program.

    Args:
        info: Place of the program.
        paths: Folders of the SDKs, relative to the program.

    Returns:
        Instructions for the user.
    """
    requirements = Path(info.program_directory, REQUIREMENTS)
    lines = requirements.read_text().splitlines() if requirements.exists() else []
    present = {line.strip().removeprefix("./") for line in lines}
    lines += [path for path in paths if path not in present]
    requirements.write_text("".join(f"{line}\n" for line in lines))
    imports = "".join(f"  import {name}\n" for path in paths for name in _modules(Path(info.program_directory, path)))
    return f"You can import the SDK in your Python code with:\n\n{imports}"


def _modules(sdk: Path) -> list[str]:
    return sorted(file.parent.name for file in sdk.glob("*/pulumi-plugin.json"))
