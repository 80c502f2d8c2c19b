import os
from importlib import metadata
from pathlib import Path

import pytest

from toolchain import pulumi_cli, pulumi_distribution
from toolchain.steps import SetupError


def make_program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def make_distribution(folder: Path, version: str) -> Path:
    make_program(folder / "pulumi-language-python", "true")
    return make_program(folder / "pulumi", f"echo {version}")


@pytest.mark.parametrize("version", ["v3.240.0", "v3.259.0", "3.400.1-alpha"])
def test_uses_the_users_own_cli_of_a_supported_version(version: str, tmp_path: Path) -> None:
    own = make_distribution(tmp_path / "their bin", version)

    assert pulumi_cli.find_on_path(f"/nowhere{os.pathsep}{own.parent}") == own


@pytest.mark.parametrize("version", ["v3.239.9", "v2.0.0", "v4.0.0", "not a version"])
def test_passes_over_a_cli_of_another_version_and_reports_it(
    version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = make_distribution(tmp_path, version)

    assert pulumi_cli.find_on_path(str(tmp_path)) is None
    assert f"{own} is not used, because version 3 from 3.240.0 on" in capsys.readouterr().err


def test_passes_over_a_cli_without_a_host_for_python_programs(tmp_path: Path) -> None:
    make_program(tmp_path / "pulumi", "echo v3.259.0")

    assert pulumi_cli.find_on_path(str(tmp_path)) is None


def test_does_not_take_a_clones_own_cli_for_the_users(tmp_path: Path) -> None:
    make_distribution(tmp_path / ".state" / "bin", "v3.259.0")

    assert pulumi_cli.find_on_path(str(tmp_path / ".state" / "bin")) is None


def test_finding_a_cli_leaves_the_users_pulumi_home_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    make_program(tmp_path / "pulumi-language-python", "true")
    make_program(tmp_path / "pulumi", 'echo "v3.259.0"; test "$PULUMI_HOME" != "$HOME/.pulumi" || exit 1')

    assert pulumi_cli.find_on_path(str(tmp_path)) is not None


def test_pinned_version_is_supported_and_fits_the_sdk() -> None:
    version = tuple(map(int, pulumi_distribution.pinned_version().split(".")))

    assert pulumi_cli.OLDEST <= version < pulumi_cli.BEYOND
    assert abs(version[1] - int(metadata.version("pulumi").split(".")[1])) <= 1


def test_command_and_sdk_are_pinned_to_the_same_version() -> None:
    requirements = (pulumi_distribution.MODULE / "go.mod").read_text()

    assert f"pulumi/pkg/v3 v{pulumi_distribution.pinned_version()}" in requirements


def put_go_on_path(folder: Path, version: str, toolchain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_program(folder / "go", f"echo {version}; echo {toolchain}")
    monkeypatch.setenv("PATH", str(folder))


def test_names_a_go_that_is_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_go_on_path(tmp_path, "go1.22.5", "local", monkeypatch)

    with pytest.raises(SetupError, match=r"go1\.22\.5 is too old .* Go 1\.\d+\.\d+ is required; upgrade it"):
        pulumi_distribution.check_go()


def test_lets_an_older_go_fetch_the_newer_one_that_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_go_on_path(tmp_path, "go1.22.5", "auto", monkeypatch)

    pulumi_distribution.check_go()


def test_names_what_to_do_without_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SetupError, match="install the Pulumi CLI yourself"):
        pulumi_distribution.check_go()


def test_a_cli_in_the_cache_is_used_without_download_or_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    cached = tmp_path / "huaweicloud-image-from-iso" / "pulumi" / pulumi_distribution.pinned_version()
    cached.mkdir(parents=True)

    assert pulumi_distribution.provide() == cached


def test_a_failed_build_leaves_nothing_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(pulumi_distribution, "refusal_of_download", lambda version: "refused")
    make_program(
        tmp_path / "bin" / "go", 'test "$1" = env && printf "go1.99.0\\nlocal\\n" || { echo no network >&2; exit 1; }'
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")

    with pytest.raises(SetupError, match=r"(?s)cannot build the Pulumi CLI.*no network"):
        pulumi_distribution.provide()

    assert [path.name for path in (tmp_path / "cache").rglob("*") if path.is_file()] == [
        f"{pulumi_distribution.pinned_version()}.lock"
    ]


def test_a_file_that_is_put_twice_leaves_no_other_behind(tmp_path: Path) -> None:
    program = make_program(tmp_path / "cache" / "pulumi", "true")
    (tmp_path / "bin").mkdir()

    for _ in range(2):
        pulumi_cli.put(program, tmp_path / "bin" / "pulumi")

    assert [file.name for file in (tmp_path / "bin").iterdir()] == ["pulumi"]
