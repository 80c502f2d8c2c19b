import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import psutil
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import language_pb2 as language
from pulumi.runtime.proto.language_pb2_grpc import LanguageRuntimeStub

from tests.probe import PROJECT, Probe
from tests.toolchain.test_pulumi_cli import make_program
from toolchain.languages.language_hosts import GENERATOR, GENERATORS
from toolchain.paths import BIN, VENV

LOSS_WHEN_A_HOST_DOES_NOT_END_S = 5


@pytest.mark.e2e
def test_program_and_policy_pack_run_from_preview_to_destroy(probe: Probe) -> None:
    pack = ("--policy-pack", "../pack")

    preview = probe.pulumi("preview", *pack, "--json")
    up = probe.pulumi("up", "--yes", *pack)
    again = probe.pulumi("up", "--yes", *pack)
    outputs = probe.pulumi("stack", "output", "--json")
    destroy = probe.pulumi("destroy", "--yes")

    assert json.loads(preview.stdout)["changeSummary"] == {"create": 2}
    assert "2 created" in up.stdout
    assert "2 unchanged" in again.stdout
    assert json.loads(outputs.stdout) == {"made": "made blue"}
    assert "2 deleted" in destroy.stdout
    assert probe.processes() == []


@pytest.mark.e2e
def test_policy_is_judged_before_anything_is_created(probe: Probe) -> None:
    probe.pulumi("config", "set", "colour", "red")

    up = probe.pulumi("up", "--yes", "--policy-pack", "../pack")

    assert up.returncode != 0
    assert "red is not allowed" in up.stdout
    assert "created" not in up.stdout


@pytest.mark.e2e
def test_secret_configuration_stays_secret(probe: Probe) -> None:
    probe.pulumi("config", "set", "--secret", "secret", "very secret")

    up = probe.pulumi("up", "--yes")

    assert "[secret]" in up.stdout
    assert "very secret" not in up.stdout


@pytest.mark.e2e
def test_a_program_that_raises_is_reported_once(probe: Probe) -> None:
    probe.write("program/__main__.py", "raise ValueError('not today')")

    preview = probe.pulumi("preview")

    assert preview.returncode != 0
    assert preview.stdout.count("ValueError: not today") == 1
    assert "exit status" not in preview.stdout


@pytest.mark.e2e
def test_a_missing_virtual_environment_is_named(probe: Probe) -> None:
    probe.write("program/Pulumi.yaml", PROJECT.format(virtualenv="nowhere"))

    preview = probe.pulumi("preview")

    assert preview.returncode != 0
    assert f"is {probe.folder / 'program' / 'nowhere'}, which has no bin/python" in preview.stdout + preview.stderr


@pytest.fixture
def host() -> Iterator[subprocess.Popen[str]]:
    command = [str(BIN / "pulumi-language-python"), "127.0.0.1:1"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        yield process
        process.kill()


@pytest.fixture
def stub(host: subprocess.Popen[str]) -> Iterator[LanguageRuntimeStub]:
    assert host.stdout is not None
    with grpc.insecure_channel(f"127.0.0.1:{int(host.stdout.readline())}") as channel:
        yield LanguageRuntimeStub(channel)


def program_info(folder: Path, **options: str) -> language.ProgramInfo:
    info = language.ProgramInfo(root_directory=str(folder), program_directory=str(folder), entry_point=".")
    info.options.update(options)
    return info


def test_tells_about_the_python_of_the_virtual_environment(stub: LanguageRuntimeStub, tmp_path: Path) -> None:
    about = stub.About(language.AboutRequest(info=program_info(tmp_path, virtualenv=str(VENV))))

    assert about.executable == str(VENV / "bin" / "python")
    assert about.version == ".".join(map(str, sys.version_info[:3]))


def test_lists_the_packages_that_no_other_package_requires(stub: LanguageRuntimeStub, tmp_path: Path) -> None:
    info = program_info(tmp_path, virtualenv=str(VENV))

    every = stub.GetProgramDependencies(
        language.GetProgramDependenciesRequest(info=info, transitiveDependencies=True)
    ).dependencies
    direct = stub.GetProgramDependencies(language.GetProgramDependenciesRequest(info=info)).dependencies

    assert {"pulumi", "grpcio"} <= {package.name for package in every}
    assert "grpcio" not in {package.name for package in direct}


def test_refuses_a_toolchain_that_it_cannot_run(stub: LanguageRuntimeStub, tmp_path: Path) -> None:
    with pytest.raises(grpc.RpcError) as refusal:
        stub.About(language.AboutRequest(info=program_info(tmp_path, toolchain="poetry")))

    assert "only 'pip' is supported here" in str(refusal.value)


def test_runs_another_plugin_and_passes_on_its_output_and_exit_status(
    stub: LanguageRuntimeStub, tmp_path: Path
) -> None:
    (tmp_path / "__main__.py").write_text(
        "import os, sys; print(os.environ['GIVEN'], sys.argv[1:]); print('oops', file=sys.stderr); sys.exit(3)"
    )
    request = language.RunPluginRequest(
        pwd=str(tmp_path),
        args=["1.2.3.4:5"],
        env=["GIVEN=a=b"],
        info=program_info(tmp_path, virtualenv=str(VENV)),
        kind="resource",
    )

    responses = list(stub.RunPlugin(request))

    assert b"a=b ['1.2.3.4:5']\n" in [response.stdout for response in responses]
    assert b"oops\n" in [response.stderr for response in responses]
    assert responses[-1].exitcode == 3


def start_endless_plugin(stub: LanguageRuntimeStub, folder: Path) -> tuple[grpc.Future, psutil.Process]:
    (folder / "__main__.py").write_text("import os, time; print(os.getpid()); time.sleep(600)")
    info = program_info(folder, virtualenv=str(VENV))
    call = stub.RunPlugin(language.RunPluginRequest(pwd=str(folder), info=info, kind="resource"))
    return call, psutil.Process(int(next(call).stdout))


def test_ends_a_plugin_that_the_engine_no_longer_wants(stub: LanguageRuntimeStub, tmp_path: Path) -> None:
    call, plugin = start_endless_plugin(stub, tmp_path)

    call.cancel()

    plugin.wait(timeout=LOSS_WHEN_A_HOST_DOES_NOT_END_S)


def test_cancel_leaves_a_running_plugin_alone(stub: LanguageRuntimeStub, tmp_path: Path) -> None:
    _, plugin = start_endless_plugin(stub, tmp_path)

    stub.Cancel(Empty())

    assert plugin.is_running()


@pytest.mark.parametrize("end", ["interrupt", "terminate", "engine is gone"])
def test_ends_at_once_with_its_children(
    end: str, host: subprocess.Popen[str], stub: LanguageRuntimeStub, tmp_path: Path
) -> None:
    _, plugin = start_endless_plugin(stub, tmp_path)
    assert host.stdin is not None

    if end == "engine is gone":
        host.stdin.close()
    else:
        host.send_signal(signal.SIGINT if end == "interrupt" else signal.SIGTERM)

    assert host.wait(timeout=LOSS_WHEN_A_HOST_DOES_NOT_END_S) == 0
    plugin.wait(timeout=LOSS_WHEN_A_HOST_DOES_NOT_END_S)


@pytest.mark.e2e
@pytest.mark.parametrize("size_kib", [127, pytest.param(300, marks=pytest.mark.matrix), 3000])
def test_a_configuration_of_any_size_reaches_program_and_pack(size_kib: int, probe: Probe) -> None:
    text = "ä" * 1024
    lines = "\n".join(f"    - {text}" for _ in range(size_kib // 6))  # JSON in JSON: seven bytes a letter
    file = probe.folder / "program" / "Pulumi.test.yaml"
    file.write_text(f"{file.read_text()}  probe:texts:\n{lines}\n")
    program = (probe.folder / "program" / "__main__.py").read_text()
    probe.write("program/__main__.py", program + 'pulumi.export("count", len(config.require_object("texts")))\n')

    up = probe.pulumi("up", "--yes", "--skip-preview", "--policy-pack", "../pack")
    outputs = probe.pulumi("stack", "output", "count")

    assert up.returncode == 0, up.stdout + up.stderr
    assert outputs.stdout.strip() == str(size_kib // 6)


def install(stub: LanguageRuntimeStub, info: language.ProgramInfo) -> bytes:
    """Return the output of an installation."""
    parts = stub.InstallDependencies(language.InstallDependenciesRequest(info=info))
    return b"".join(part.stdout + part.stderr for part in parts)


def test_creates_the_virtual_environment_of_a_program_and_installs_its_requirements(
    stub: LanguageRuntimeStub, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("# nothing yet\n")
    info = program_info(tmp_path, virtualenv="venv")

    first, second = install(stub, info), install(stub, info)

    assert f"Creating the virtual environment {tmp_path / 'venv'}".encode() in first
    assert f"Installing {tmp_path / 'requirements.txt'}".encode() in first
    assert b"Creating" not in second
    assert Path(stub.About(language.AboutRequest(info=info)).executable).parent == tmp_path / "venv" / "bin"


def test_installs_nothing_for_a_plugin_without_requirements(stub: LanguageRuntimeStub, tmp_path: Path) -> None:
    assert install(stub, program_info(tmp_path, virtualenv=str(VENV))) == b""


def test_a_failed_installation_is_reported_with_the_output_of_pip(stub: LanguageRuntimeStub, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("./nowhere\n")
    info = program_info(tmp_path, virtualenv=str(VENV))
    output: list[bytes] = []

    def run() -> None:
        parts = stub.InstallDependencies(language.InstallDependenciesRequest(info=info))
        output.extend(part.stderr for part in parts)

    with pytest.raises(grpc.RpcError, match=r"requirements\.txt: failed with exit status \d"):
        run()

    assert b"nowhere" in b"".join(output)


def test_links_an_sdk_once_and_states_its_import(stub: LanguageRuntimeStub, tmp_path: Path) -> None:
    sdk = tmp_path / "sdks" / "things" / "pulumi_things"
    sdk.mkdir(parents=True)
    (sdk / "pulumi-plugin.json").touch()
    (tmp_path / "requirements.txt").write_text("pulumi>=3")
    packages = [language.LinkRequest.LinkDependency(path="sdks/things")]
    request = language.LinkRequest(info=program_info(tmp_path), packages=packages)

    first, second = stub.Link(request), stub.Link(request)

    assert (tmp_path / "requirements.txt").read_text() == "pulumi>=3\nsdks/things\n"
    assert "  import pulumi_things\n" in first.import_instructions
    assert first == second


def generator(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a generator of SDKs into the cache, for hosts that are started afterwards."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    kept = folder / "huaweicloud-image-from-iso" / "languages" / GENERATORS.digest / GENERATOR
    make_program(kept, script)


def test_generates_an_sdk_with_the_extra_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    generator(tmp_path, 'mkdir -p "$3" && cp "$2" "$3/$1"', monkeypatch)
    stub: LanguageRuntimeStub = request.getfixturevalue("stub")
    order = language.GeneratePackageRequest(
        directory=str(tmp_path / "sdk"), schema="{}", extra_files={"more/README.md": b"text"}, local=True
    )

    assert len(stub.GeneratePackage(order).diagnostics) == 0
    assert (tmp_path / "sdk" / "python").read_text() == "{}"
    assert (tmp_path / "sdk" / "more" / "README.md").read_text() == "text"


def test_a_faulty_schema_is_reported_in_the_words_of_the_generator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    generator(tmp_path, "echo no such type >&2; exit 1", monkeypatch)
    stub: LanguageRuntimeStub = request.getfixturevalue("stub")

    with pytest.raises(grpc.RpcError, match=r"(?s)cannot generate the python SDK.*no such type"):
        stub.GeneratePackage(language.GeneratePackageRequest(directory=str(tmp_path / "sdk"), schema="{"))
