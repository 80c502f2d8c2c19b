"""Stacks that a fleet file defines, and problems of fleet files."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from commands.fleet.__main__ import main
from commands.fleet.definition import InvalidFleet, StackDefinition, read
from commands.fleet.matrix import combinations
from commands.fleet.stack_names import valid_name

ROOT = Path(__file__).parents[3]
LAB = {
    **{f"HW_{name}_ENDPOINT": "http://127.0.0.1:1" for name in ("IAM", "IMS", "ECS", "EVS", "VPC", "OBS")},
    "HW_ACCESS_KEY": "key",
    "HW_SECRET_KEY": "made-up",
}
DEFAULTS: dict[str, Any] = {
    "image_name": "debian-${{ matrix.version }}-${{ matrix.architecture }}",
    "image_url": "lab-images:installer.iso",
    "os_version": "Debian GNU/Linux 10.0.0 64bit",
    "min_disk": 10,
    "flavor": "s6.large.2",
    "availability_zone": "lab-1a",
    "vpc_id": "4d545ed0-7d85-46a0-9830-c8c06b9b3e8b",
    "subnet_id": "e8702828-b235-48c9-b2bb-86cd856a5666",
    "root_volume": {"volumetype": "SSD", "size": "${{ matrix.size }}"},
    "data_volumes": [{"volumetype": "SSD", "size": 10}],
}
MATRIX: dict[str, Any] = {"version": ["11", "12"], "architecture": ["x86", "arm"], "include": [{"size": 10}]}


def definition(**changes: Any) -> dict[str, Any]:
    return {"name": "debian", "matrix": MATRIX, "config": {"region": "lab-1"}, "defaults": DEFAULTS, **changes}


def stacks_of(content: Any, path: Path, environment: dict[str, str] = LAB) -> list[StackDefinition]:
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
    return read(path, lambda _regions: environment, signs_in=True)


def problems_of(content: Any, path: Path, environment: dict[str, str] = LAB) -> list[str]:
    with pytest.raises(InvalidFleet) as refused:
        stacks_of(content, path, environment)
    return refused.value.problems


def test_each_combination_is_a_stack_with_one_image(tmp_path: Path) -> None:
    stacks = stacks_of(definition(), tmp_path / "fleet.yaml")

    assert [(stack.name, stack.image_name) for stack in stacks] == [
        ("debian-x86-11", "debian-11-x86"),
        ("debian-arm-11", "debian-11-arm"),
        ("debian-x86-12", "debian-12-x86"),
        ("debian-arm-12", "debian-12-arm"),
    ]
    [build] = stacks[1].configuration["builds"]
    assert (build["architecture"], build["root_volume"]["size"]) == ("arm", 10)
    assert stacks[1].configuration["region"] == "lab-1"


def test_exclude_and_include_work_as_in_ci_matrices() -> None:
    made = combinations(
        {"fruit": ["apple", "pear"], "animal": ["cat", "dog"]},
        exclude=[{"fruit": "pear", "animal": "dog"}],
        include=[
            {"color": "green"},
            {"color": "pink", "animal": "cat"},
            {"fruit": "apple", "shape": "circle"},
            {"fruit": "banana"},
            {"fruit": "banana", "animal": "cat"},
        ],
    )

    assert made == [
        {"fruit": "apple", "animal": "cat", "color": "pink", "shape": "circle"},
        {"fruit": "apple", "animal": "dog", "color": "green", "shape": "circle"},
        {"fruit": "pear", "animal": "cat", "color": "pink"},
        {"fruit": "banana"},
        {"fruit": "banana", "animal": "cat"},
    ]


def test_sorting_the_file_anew_makes_no_new_stacks(tmp_path: Path) -> None:
    anew = {key: MATRIX[key] for key in ("include", "architecture", "version")}

    names = {stack.name for stack in stacks_of(definition(matrix=anew), tmp_path / "fleet.yaml")}

    assert names == {stack.name for stack in stacks_of(definition(), tmp_path / "fleet.yaml")}


def test_names_of_stacks_are_valid_and_stay_different() -> None:
    first, second = valid_name("debian-12/a"), valid_name("debian-12 a")

    assert first != second
    assert first.startswith("debian-12-a-")
    assert len(valid_name("x" * 300)) == 100


def test_all_problems_are_reported_at_once_and_one_of_all_stacks_once(tmp_path: Path) -> None:
    defaults = {**DEFAULTS, "flavour": "s6.large.2", "image_url": "installer"}
    matrix = {**MATRIX, "colour": ["red"], "include": [{"size": 10}, {"version": "12", "min_disk": 2000}]}
    config = {"region": "lab-1", "preflihgt": "off", "password": "x"}

    found = problems_of(definition(defaults=defaults, matrix=matrix, config=config), tmp_path / "fleet.yaml")

    text = "\n".join(found)
    for problem in (
        "config.preflihgt: is not a known key; did you mean 'preflight'?",
        "password: secrets are not allowed in a fleet file",
        "matrix.colour: is not a setting, and nothing refers to `${{ matrix.colour }}`",
        "every stack (debian-x86-red-11, …): flavour: is not a known key; did you mean 'flavor'?",
        "every stack (debian-x86-red-11, …): image_url: ",
        "debian-x86-red-12 and 1 more: min_disk: ",
    ):
        assert problem in text, text


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"stak": "x"}, "stak: is not a known key; did you mean 'stack'?"),
        ({"name": "a b"}, "name: should be"),
        ({"matrix": {"version": [3.10]}}, "matrix.version[0]: 3.1 is a number with a decimal point; put it in quotes"),
        ({"matrix": {"version": [[1]]}}, "matrix.version[0]: must be a text, a whole number, true or false"),
        ({"matrix": {}}, "matrix: defines 0 stacks, 1 to 1000 are allowed"),
        ({"matrix": {**MATRIX, "exclude": [{"versoin": "11"}]}}, "matrix.exclude: versoin is not an axis"),
        ({"matrix": {"version": ["11"]}}, "debian-11: refers to `matrix.architecture`, which does not exist"),
        ({"stack": "debian-${{ matrix.version }}"}, "stack: the name 'debian-11' results 2 times"),
        ({"stack": "lab"}, "stack: 'lab' is reserved for the stack of the lab"),
        ({"defaults": {**DEFAULTS, "image_name": "x"}}, "image_name: 'x' would be built by 4 stacks in lab-1"),
        (
            {"defaults": {**DEFAULTS, "publish": {"family": "debian-12", "channel": "stable"}}},
            "publish.channel: 'stable' of family 'debian-12' would have the images of 4 stacks in lab-1",
        ),
        ({"config": {"region": "lab-1", "builds": []}}, "config.builds: is not allowed here"),
    ],
)
def test_a_problem_is_reported_with_its_key(changes: dict[str, Any], problem: str, tmp_path: Path) -> None:
    found = problems_of(definition(**changes), tmp_path / "fleet.yaml")

    assert problem in "\n".join(found)


@pytest.mark.parametrize("content", ["", "[]", "name: [", "name: x\nmatrix: 3\n", "\x00"])
def test_what_is_no_fleet_is_refused(content: str, tmp_path: Path) -> None:
    assert problems_of(content, tmp_path / "fleet.yaml")


def test_a_missing_sign_in_is_a_fault_where_the_runs_are_here(tmp_path: Path) -> None:
    without = {key: value for key, value in LAB.items() if key not in ("HW_ACCESS_KEY", "HW_SECRET_KEY")}

    assert "credentials: " in "\n".join(problems_of(definition(), tmp_path / "fleet.yaml", without))
    assert read(tmp_path / "fleet.yaml", lambda _regions: without, signs_in=False)


def test_user_data_does_not_show(tmp_path: Path) -> None:
    stacks = stacks_of(definition(defaults={**DEFAULTS, "user_data": "hush"}), tmp_path / "fleet.yaml")

    assert "hush" not in repr(stacks)


def test_the_example_is_good() -> None:
    stacks = read(ROOT / "examples" / "fleet.yaml", lambda _regions: LAB, signs_in=True)

    assert len(stacks) == 4


def test_nothing_is_run_where_there_are_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fleet.yaml").write_text("name: debian\n")

    status = main(["up", str(tmp_path / "fleet.yaml")])

    assert status == 2
    assert "1 problem; nothing was run:\n  matrix: is missing" in capsys.readouterr().err


def test_the_task_engine_is_loaded_by_runs_only() -> None:
    code = (
        "import sys, commands.fleet.__main__; print([name for name in ('dask', 'distributed') if name in sys.modules])"
    )

    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"
