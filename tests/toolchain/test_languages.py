import json
import re
from pathlib import Path

import pytest

from tests.toolchain.test_pulumi_cli import make_program
from toolchain.languages import language_hosts, sdk_generation
from toolchain.languages.language_hosts import GENERATORS, HOSTS, GoModule
from toolchain.paths import ROOT
from toolchain.steps import SetupError

GO = """
test "$1" = env && { printf "go1.99.0\\nlocal\\n"; exit; }
while [ "$1" != -o ]; do shift; done
mkdir -p "$(dirname "$2")" && echo "built $3" > "$2"
"""
GENERATE = 'echo "$1" >> "$(dirname "$0")/calls"; mkdir -p "$3"; cp "$2" "$3/$1"'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "huaweicloud-image-from-iso" / "languages"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path / 'programs'}:/usr/bin:/bin")
    return tmp_path / "programs"


def test_builds_each_program_once(cache: Path, programs: Path) -> None:
    make_program(programs / "go", GO)

    first = language_hosts.provide(HOSTS[1])
    (programs / "go").unlink()
    second = language_hosts.provide(HOSTS[1])

    assert first == second == cache / HOSTS[1].digest
    assert {file.name for file in first.iterdir()} == {"pulumi-language-go", "pulumi-language-nodejs"}
    assert {file.name for file in cache.iterdir()} == {first.name, f"{first.name}.lock"}


def test_a_failed_build_leaves_nothing_in_the_cache(cache: Path, programs: Path) -> None:
    make_program(programs / "go", 'test "$1" = env && printf "go1.99.0\\nlocal\\n" || { echo no network >&2; exit 1; }')

    with pytest.raises(SetupError, match=r"(?s)cannot build pulumi-language-yaml.*no network"):
        language_hosts.provide(HOSTS[0])

    assert [file.name for file in cache.iterdir()] == [f"{HOSTS[0].digest}.lock"]


@pytest.mark.parametrize("module", [*HOSTS, GENERATORS], ids=lambda module: next(iter(module.packages)))
def test_without_go_one_sentence_states_what_to_install(
    module: GoModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SetupError, match=r"^Go 1\.\d+\.\d+ or newer is required to build .*; install Go \(.*again$"):
        language_hosts.provide(module)


def test_without_node_one_sentence_states_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SetupError, match=r"^TypeScript requires Node\.js 20 or newer with npm, .*; install it"):
        language_hosts.check_node()


@pytest.mark.parametrize("official", [True, False])
def test_the_official_distribution_has_the_hosts_already(
    official: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [name for module in HOSTS for name in module.packages]
    for name in ["pulumi", *(names if official else ())]:
        make_program(tmp_path / "distribution" / name, "true")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").symlink_to(tmp_path / "distribution" / "pulumi")
    monkeypatch.setattr(language_hosts, "BIN", tmp_path / "bin")

    assert language_hosts.missing_hosts() == ([] if official else list(HOSTS))


def test_a_cli_that_was_built_here_has_no_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ["pulumi", *HOSTS[0].packages]:
        make_program(tmp_path / name, "true")
    monkeypatch.setattr(language_hosts, "BIN", tmp_path)

    assert language_hosts.missing_hosts() == list(HOSTS)


def test_an_sdk_is_generated_again_only_for_another_schema(cache: Path, programs: Path, tmp_path: Path) -> None:
    generator = make_program(cache / GENERATORS.digest / "generate-sdk", GENERATE)
    schema, folder = tmp_path / "schema.json", tmp_path / "sdk"
    schema.write_text("one")

    for text in ("one", "one", "two"):
        schema.write_text(text)
        sdk_generation.generate("python", schema, folder)

    assert (folder / "python").read_text() == "two"
    assert (generator.parent / "calls").read_text().split() == ["python"] * 2


def test_an_incomplete_sdk_is_generated_again(cache: Path, programs: Path, tmp_path: Path) -> None:
    make_program(cache / GENERATORS.digest / "generate-sdk", GENERATE)
    schema, folder = tmp_path / "schema.json", tmp_path / "sdk"
    schema.write_text("one")
    sdk_generation.generate("go", schema, folder)
    (folder / sdk_generation.STAMP).unlink()
    (folder / "left").touch()

    sdk_generation.generate("go", schema, folder)

    assert not (folder / "left").exists()


def test_the_packages_of_the_example_in_typescript_are_pinned_with_hashes_and_without_an_index() -> None:
    text = (ROOT / "examples" / "typescript" / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    ours = {"", "node_modules/pulumi-example", "node_modules/pulumi-huaweicloud-image"}

    assert len(packages) > 100
    assert [name for name, package in packages.items() if "integrity" not in package and name not in ours] == []
    assert "://" not in re.sub(r'"url": "[^"]*"', "", text)
