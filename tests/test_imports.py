"""Dependencies point downwards only, and commands that run without Pulumi do not load it."""

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = ("components", "config", "huaweicloud", "policy", "preflight", "providers")
# Packages of ours that each folder may import. CONTRIBUTING.md shows this table.
LAYERS: dict[str, set[str]] = {
    "huaweicloud": set(),
    "config": {"huaweicloud"},
    "preflight": {"config", "huaweicloud", "iso"},
    "providers": {"preflight", "config", "huaweicloud", "iso"},
    "policy": {"providers", "preflight", "config", "huaweicloud"},
    "components": {"providers", "preflight", "config", "huaweicloud"},
    "plugin": {"components", "providers", "preflight", "config", "huaweicloud"},
    "toolchain": set(),
    "commands": {"toolchain", "providers", "preflight", "config", "huaweicloud"},
    "lab": set(),
    "iso": {"config"},
    "bench": {*PRODUCT, "commands", "toolchain", "tests"},
    "tests": {*PRODUCT, "plugin", "commands", "toolchain", "bench", "lab", "iso", "examples"},
}
# Libraries that a folder must not import itself.
FORBIDDEN: dict[str, set[str]] = {
    "huaweicloud": {"pulumi", "pulumi_policy"},
    "config": {"pulumi", "pulumi_policy", "requests"},
    "preflight": {"pulumi", "pulumi_policy", "requests"},
    "providers": {"requests", "pulumi_policy"},
    "policy": {"requests"},
    "components": {"requests", "urllib3", "http", "pulumi_policy"},
    "plugin": {"requests", "pulumi_policy"},
    "commands": {"pulumi", "pulumi_policy", "requests"},
    "toolchain": {"pulumi_policy", "requests"},
    "lab": {"pulumi", "pulumi_policy"},
    "iso": {"pulumi", "pulumi_policy", "requests"},
}
SERVICES = {"iam", "ims", "ecs", "evs", "vpc", "obs"}
HEAVY = ("pulumi", "grpc", "requests")
# Modules of which users expect that they start at once, and the policy rules, which are pure functions.
LIGHT_FOLDERS = ("config", "preflight", "policy/rules", "commands", "toolchain")
NEEDS_PULUMI = {"toolchain.pulumi.language_host"}  # it serves Pulumi's own protocol
MAX_MODULES = 15
MAX_LINES = 300
MAX_FUNCTION_LINES = 40


def files(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]


def module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(file: Path) -> Iterator[str]:
    """Yield the first part of each imported module's name, wherever in the file it is imported."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module.partition(".")[0]


def test_the_table_has_every_package() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert packages == {*LAYERS}


@pytest.mark.parametrize("folder", LAYERS)
def test_a_folder_imports_only_what_is_below_it(folder: str) -> None:
    forbidden = ({*LAYERS, "examples"} - LAYERS[folder] - {folder}) | FORBIDDEN.get(folder, set())
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files(folder)
        if module(file) not in NEEDS_PULUMI
        for name in imports(file)
        if name in forbidden
    }

    assert wrong == set()


def test_contributing_shows_the_table() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\| `(\w+)/` \|[^|]*\| ([^|]*) \|$", page, re.MULTILINE)
    shown = {folder: set(re.findall(r"`(\w+)/?`", cell)) for folder, cell in rows}

    assert shown == {folder: names for folder, names in LAYERS.items() if folder != "tests"}


def test_one_file_sends() -> None:
    product = [folder for folder in LAYERS if folder not in ("tests", "bench", "lab")]

    senders = {str(file.relative_to(ROOT)) for file in files(*product) if "requests" in imports(file)}

    assert senders == {"huaweicloud/transport/http.py"}


def loaded(modules: Iterable[str], libraries: Iterable[str]) -> str:
    """Return which libraries a process has loaded after it imported modules."""
    code = f"""
import importlib, sys
for name in {sorted(modules)!r}:
    importlib.import_module(name)
    for library in {sorted(libraries)!r}:
        if library in sys.modules:
            sys.exit(f"{{name}} loads {{library}}")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stderr.strip()


@pytest.mark.parametrize("folder", LIGHT_FOLDERS)
def test_what_runs_without_pulumi_does_not_load_it(folder: str) -> None:
    modules = {module(file) for file in files(folder)} - NEEDS_PULUMI

    assert "" == loaded(modules, HEAVY)


def test_the_client_loads_requests_only_to_send() -> None:
    assert "" == loaded(["huaweicloud.cloud"], HEAVY)


def test_finding_credentials_and_endpoints_loads_nothing_heavy() -> None:
    modules = ["huaweicloud.auth.credentials", "huaweicloud.endpoints", "huaweicloud.errors", "huaweicloud.polling"]

    assert "" == loaded(modules, ["pydantic", *HEAVY])


def test_no_two_modules_share_a_name() -> None:
    product = files(*(folder for folder in LAYERS if folder != "tests"))
    names = Counter(file.stem for file in product if "hooks" not in file.parts)

    assert {} == {
        name: count
        for name, count in names.items()
        if count > 1 and name not in ("__init__", "__main__") and name not in SERVICES
    }


def test_a_folder_reads_like_a_table_of_contents() -> None:
    folders = Counter(
        file.parent.relative_to(ROOT)
        for file in files(*(folder for folder in LAYERS if folder != "tests"))
        if file.name != "__init__.py"
    )

    assert {} == {str(folder): count for folder, count in folders.items() if count > MAX_MODULES}


def test_modules_and_functions_are_short() -> None:
    """Docstrings do not count to the length of a function."""
    long = []
    for file in files(*(folder for folder in LAYERS if folder != "tests")):
        text = file.read_text()
        if text.count("\n") > MAX_LINES:
            long.append(f"{file.relative_to(ROOT)} has {text.count(chr(10))} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[0]
                documented = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(node) is not None else 0
                lines = (node.end_lineno or 0) - node.lineno + 1 - documented
                if lines > MAX_FUNCTION_LINES:
                    long.append(f"{file.relative_to(ROOT)}: {node.name} has {lines} lines")

    assert [] == long
