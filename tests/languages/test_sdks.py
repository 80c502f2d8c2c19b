"""
SDKs that the official generators make from the schema, and programs with them, by the checks of each language.

mypy checks the example in Python only: the generated code itself has errors of its generator's.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.languages.example import CASES, SCHEMAS, Language, go_caches
from toolchain.steps import run

pytestmark = [pytest.mark.languages, pytest.mark.timeout(1200)]


def check_python(folder: Path) -> None:
    sdks = [str(folder / "sdks" / package) for package in SCHEMAS]
    run([sys.executable, "-m", "compileall", "-q", *sdks], "the SDK for Python does not compile")
    python = ["--python-executable", str(folder / "venv" / "bin" / "python")]
    run([sys.executable, "-m", "mypy", "--config-file=", *python, "__main__.py"], "mypy found errors", cwd=folder)


def check_typescript(folder: Path) -> None:
    compiler = str(folder / "node_modules" / ".bin" / "tsc")
    run([compiler, "--noEmit", "--strict", "-p", "."], "the example does not compile", cwd=folder)
    for package in SCHEMAS:
        sdk = folder / "node_modules" / f"pulumi-{package}"
        run([compiler, "--noEmit", "--strict", "--types", "node", "-p", "."], "the SDK does not compile", cwd=sdk)


def check_go(folder: Path) -> None:
    packages = ["./...", *(f"example.com/pulumi-{package}/sdk/go/..." for package in SCHEMAS)]
    for command in ("build", "vet"):
        run(["go", command, *packages], f"go {command} failed", cwd=folder, variables=go_caches())


CHECKS: dict[str, Callable[[Path], None]] = {
    "python": check_python,
    "typescript": check_typescript,
    "go": check_go,
}


@pytest.mark.parametrize("language", [CASES[name] for name in CHECKS])
def test_an_sdk_and_its_example_compile(language: Language, installed: Path) -> None:
    CHECKS[language.name](installed)
