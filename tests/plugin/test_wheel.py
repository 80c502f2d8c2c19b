"""
The wheel: it has exactly what the provider and the policy pack import, in one package, and its executable is a plugin
of the engine.
"""

import ast
import re
import subprocess
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import yaml
from google.protobuf.empty_pb2 import Empty
from packaging.requirements import Requirement
from pulumi.runtime.proto.provider_pb2 import GetSchemaRequest
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderStub

from plugin.package import VERSION, schema_text
from tests import wheels
from tests.e2e.consumer import EXECUTABLE, Consumer

ROOT = wheels.ROOT
FOLDERS = ("components", "config", "huaweicloud", "iso", "plugin", "policy", "preflight", "providers")
DATA = {"__init__.py", "plugin/schema.json", "policy/PulumiPolicy.yaml"}
PACKAGE = "pulumi_resource_huaweicloud_image"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheels.build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def executable(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheels.install(wheel, tmp_path_factory.mktemp("environment") / "venv") / EXECUTABLE


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a module that are executed at some time, which imports for annotations are not."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            yield from executed(child)


def imported(module: str) -> Iterator[str]:
    """Yield the names of modules that a module imports, and of the packages that it is in."""
    parts = module.split(".")
    yield from (".".join(parts[:number]) for number in range(1, len(parts)))
    for node in executed(ast.parse(file_of(module).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def file_of(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def needed(entry: str) -> set[str]:
    """Return the files of all modules that a module needs, directly or by others."""
    found: set[str] = set()
    open_ = [entry]
    while open_:
        module = open_.pop()
        if module.partition(".")[0] in FOLDERS and file_of(module).is_file() and module not in found:
            found.add(module)
            open_ += imported(module)
    return {str(file_of(module).relative_to(ROOT)) for module in found}


def test_the_wheel_has_what_provider_and_policy_pack_import_and_nothing_else(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    in_package = {name.removeprefix(f"{PACKAGE}/") for name in names if name.startswith(f"{PACKAGE}/")}

    assert {PACKAGE, f"{PACKAGE}-{VERSION}.dist-info"} == {name.partition("/")[0] for name in names}
    assert needed("plugin.server") | needed("policy.__main__") | DATA == in_package


def test_two_builds_are_the_same_file(wheel, tmp_path):
    assert wheel.read_bytes() == wheels.build(tmp_path).read_bytes()


def test_its_dependencies_admit_the_pinned_versions():
    required = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    pins = dict(re.findall(r"^([\w-]+)==(\S+) ", (ROOT / "requirements.txt").read_text(), re.MULTILINE))

    assert [] == [text for text in required if pins[Requirement(text).name] not in Requirement(text).specifier]


def test_the_executable_serves_the_engine_from_any_folder(executable, tmp_path):
    with subprocess.Popen([executable, "127.0.0.1:1"], cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
            provider = ResourceProviderStub(channel)
            version, schema = provider.GetPluginInfo(Empty()).version, provider.GetSchema(GetSchemaRequest()).schema
        process.terminate()

    assert (0, VERSION, schema_text()) == (process.returncode, version, schema)


def test_the_executable_prints_the_folder_of_the_policy_pack(executable, tmp_path):
    command = [executable, "--policy-pack"]

    printed = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    pack = Path(printed.rstrip("\n"))
    described = yaml.safe_load((pack / "PulumiPolicy.yaml").read_text())
    assert executable.parent.parent == (pack / described["runtime"]["options"].pop("virtualenv")).resolve()
    of_clone = yaml.safe_load((ROOT / "policy" / "PulumiPolicy.yaml").read_text())
    assert "../.venv" == of_clone["runtime"]["options"].pop("virtualenv")
    assert of_clone == described


@pytest.mark.e2e
def test_the_engine_finds_the_executable_on_the_path(executable, tmp_path):
    """The provider answers, because it names what the configuration lacks."""
    consumer = Consumer(tmp_path / "consumer", {"HOME": str(tmp_path)}, on_path=str(executable.parent))
    consumer.configure(builds={"golden": {}}, **{"huaweicloud-image:region": "lab-1"})

    outcome = consumer.preview()

    assert 0 != outcome.status, outcome
    assert "HW_ACCESS_KEY" in outcome.output
    assert "huaweicloud-image:access_key" in outcome.output
