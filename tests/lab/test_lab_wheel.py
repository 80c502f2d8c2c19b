"""The lab as other projects have it: its wheel in a virtual environment, with the plugin of pytest."""

import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.labs import ROOT
from tests.wheels import install
from toolchain.lab_wheel import build

PAGE = ROOT / "docs" / "how-to" / "test-without-an-account.md"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build(folder)
    (built,) = folder.glob("huaweicloud_lab-*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the executables of a virtual environment with the wheel."""
    return install(wheel, tmp_path_factory.mktemp("environment"))


def run(command: list[str | Path], folder: Path) -> str:
    """Run a command in a folder outside of the project, and return its output."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)), cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wheel_needs_few_packages_and_not_pulumi(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = archive.read(name).decode()
        top = {name.split("/")[0] for name in archive.namelist() if ".dist-info" not in name}
        page = {name.rpartition("/")[2] for name in archive.namelist() if "/browser/static/" in name}
    needed = set(re.findall(r"^Requires-Dist: ([\w-]+)", metadata, re.MULTILINE))
    assert needed == {"fastapi", "h11", "pydantic", "starlette", "uvicorn"}
    assert top == {"huaweicloud_lab"}
    assert page == {"console.html", "console.css", "console.js"}


def test_the_command_starts_and_stops_a_lab(programs: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [programs / "huaweicloud-lab"]
    state: list[str | Path] = ["--state", tmp_path / "state"]
    assert "ready" in run([*command, "start", *state, "--driver", "simulated", "--port", "0"], tmp_path)
    assert "export HW_IMS_ENDPOINT" in run([*command, "env", *state], tmp_path)
    assert run([*command, "stop", *state], tmp_path) == "the lab has stopped\n"
    missing = subprocess.run([*command, "env", *state], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert missing.stderr.endswith("start one: huaweicloud-lab start\n")


def test_the_process_of_an_inspection_finds_the_lab(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(bytes(4096))
    code = (
        "import huaweicloud_lab, pathlib; from lab.inspection.isolated_inspection import inspect_image;"
        "print([each['rule'] for each in inspect_image(pathlib.Path('disk'), 'bios')['findings']])"
    )

    assert "['disk-empty']\n" == run([programs / "python", "-c", code], tmp_path)


def test_the_example_of_the_page_passes(programs: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "test_example.py").write_text(example)
    output = run([programs / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"], tmp_path)
    assert "2 passed" in output


def test_a_lab_is_started_without_pytest(programs: Path, tmp_path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from huaweicloud_lab import started_lab\n"
        "with started_lab(pathlib.Path(sys.argv[1])) as lab:\n"
        "    print(lab.endpoint('obs').startswith('http://127.0.0.1:'), lab.journal())\n"
        "    assert not [name for name in sys.modules if name.startswith('pulumi')]\n"
        "print(pathlib.Path(sys.argv[1]).exists())\n"
    )
    assert run([programs / "python", "-c", program, tmp_path / "state"], tmp_path) == "True []\nFalse\n"
