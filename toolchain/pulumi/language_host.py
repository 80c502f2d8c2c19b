"""
Host through which Pulumi's engine runs Python programs and policy packs.

The official distribution has its own. This one accompanies a CLI that was built from Go modules because the official
one cannot be downloaded. It implements the part of `pulumirpc.LanguageRuntime` (proto/pulumi/language.proto) that a
project with a virtual environment needs, without plugins of Python packages and generation of programs.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import suppress
from importlib import metadata, util
from pathlib import Path
from queue import SimpleQueue
from types import FrameType, ModuleType
from typing import IO, TYPE_CHECKING, NoReturn, TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty


def _pass_over_package_code() -> None:
    """Make the stubs of the protocol importable without the rest of the SDK, which would take half a second per run."""
    spec = util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("the Python package `pulumi` is missing from the virtual environment: run `make setup`")
    folder = Path(spec.submodule_search_locations[0])
    for name, path in (
        ("pulumi", folder),
        ("pulumi.runtime", folder / "runtime"),
        ("pulumi.runtime.proto", folder / "runtime" / "proto"),
    ):
        package = ModuleType(name)
        package.__path__ = [str(path)]
        sys.modules[name] = package


if not TYPE_CHECKING:
    _pass_over_package_code()
    sys.path.append(str(Path(__file__).resolve().parents[2]))

from pulumi.runtime.proto import language_pb2 as language  # noqa: E402
from pulumi.runtime.proto import plugin_pb2 as plugin  # noqa: E402
from pulumi.runtime.proto.language_pb2_grpc import (  # noqa: E402
    LanguageRuntimeServicer,
    add_LanguageRuntimeServicer_to_server,
)

from toolchain.pulumi.long_variables import start  # noqa: E402
from toolchain.pulumi.python_environment import (  # noqa: E402
    ToolchainError,
    installation,
    installed_packages,
    link,
    process_environment,
    python_command,
    virtual_environment,
)
from toolchain.steps import SetupError  # noqa: E402

T = TypeVar("T")

BAIL_EXIT_CODE = 32  # exit status of pulumi-language-python-exec after it has reported the error
MAX_MESSAGE_BYTES = 400 * 1024 * 1024  # as the engine's own limit
CONCURRENT_CALLS = 32  # one for the running program and one for each running pack

_children: set[subprocess.Popen[bytes]] = set()


def _end_group(child: subprocess.Popen[bytes], signal_number: signal.Signals = signal.SIGTERM) -> None:
    """Signal a child and its descendants, unless it has ended and its process id may have been reused."""
    if child.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal_number)


def _end_abandoned(child: subprocess.Popen[bytes]) -> None:
    """End the child of a finished call, whose own thread may not do it."""
    _end_group(child)
    threading.Thread(target=_wait, args=(child,), daemon=True).start()


def _end_host(_signal: int = 0, _frame: FrameType | None = None) -> NoReturn:
    """End immediately with every child, because the engine waits up to five seconds for a host."""
    for child in tuple(_children):
        _end_group(child)
    for child in tuple(_children):
        try:
            child.wait(timeout=2)
        except subprocess.TimeoutExpired:
            _end_group(child, signal.SIGKILL)
    os._exit(0)


def _end_with_the_engine() -> None:
    """End this host when standard input closes, which happens even if the engine is killed."""
    while os.read(0, 4096):
        pass
    _end_host()


def run_arguments(request: language.RunRequest, engine_address: str) -> list[str]:
    """Return the arguments of pulumi-language-python-exec for a program."""
    flags = {
        "monitor": request.monitor_address,
        "engine": engine_address,
        "project": request.project,
        "root_directory": request.info.root_directory,
        "stack": request.stack,
        "pwd": request.pwd,
        "dry_run": "true" if request.dryRun else "false",
        "parallel": str(request.parallel),
        "organization": request.organization,
    }
    arguments = [part for name, value in flags.items() if value for part in (f"--{name}", value)]
    return [*arguments, request.info.entry_point or request.program or ".", *request.args]


def plugin_command(request: language.RunPluginRequest, python: str) -> tuple[list[str], str]:
    """Return the command of a plugin written in Python, and its working directory."""
    folder = request.info.program_directory
    if request.kind == "analyzer":
        return [python, "-u", "-m", "pulumi.policy", *request.args, folder], folder
    return [python, "-u", str(Path(folder, request.info.entry_point or ".")), *request.args], request.pwd


class LanguageHost(LanguageRuntimeServicer):
    """Language host of the engine. Calls without a usable Python fail with FAILED_PRECONDITION and the reason."""

    def __init__(self, engine_address: str, executor: Path) -> None:
        self._engine_address = engine_address
        self._executor = executor

    def Handshake(
        self, request: language.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> language.LanguageHandshakeResponse:
        self._engine_address = request.engine_address
        return language.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin.PluginInfo:
        return plugin.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPackages(
        self, request: language.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> language.GetRequiredPackagesResponse:
        return language.GetRequiredPackagesResponse()

    def Run(self, request: language.RunRequest, context: grpc.ServicerContext) -> language.RunResponse:
        try:
            environment = virtual_environment(request.info)
        except ToolchainError as error:
            return language.RunResponse(error=str(error))
        variables = process_environment(environment, os.environ)
        variables["PULUMI_CONFIG"] = json.dumps(dict(request.config))
        variables["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(list(request.configSecretKeys))
        arguments = run_arguments(request, self._engine_address)
        child = _started([python_command(environment), "-u", str(self._executor), *arguments], request.pwd, variables)
        context.add_callback(lambda: _end_abandoned(child))
        code = _wait(child)
        if code == BAIL_EXIT_CODE:
            return language.RunResponse(bail=True)
        if code < 0:
            return language.RunResponse(error=f"the program was ended by {signal.Signals(-code).name}")
        return language.RunResponse(error=f"the program ended with exit status {code}" if code else "")

    def RunPlugin(
        self, request: language.RunPluginRequest, context: grpc.ServicerContext
    ) -> Iterator[language.RunPluginResponse]:
        environment = _environment(request.info, context)
        command, folder = plugin_command(request, python_command(environment))
        base = dict(entry.split("=", 1) for entry in request.env) if request.env else os.environ
        child = _started(command, folder, process_environment(environment, base), stdout=subprocess.PIPE)
        context.add_callback(lambda: _end_abandoned(child))
        yield from _output(child)
        yield language.RunPluginResponse(exitcode=_wait(child))

    def About(self, request: language.AboutRequest, context: grpc.ServicerContext) -> language.AboutResponse:
        python = python_command(_environment(request.info, context))
        program = "import platform, sys; print(sys.executable); print(platform.python_version())"
        lines = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.split("\n")
        return language.AboutResponse(executable=lines[0], version=lines[1])

    def GetProgramDependencies(
        self, request: language.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language.GetProgramDependenciesResponse:
        packages = installed_packages(_environment(request.info, context), request.transitiveDependencies)
        found = [language.DependencyInfo(name=name, version=version) for name, version in packages.items()]
        return language.GetProgramDependenciesResponse(dependencies=found)

    def InstallDependencies(
        self, request: language.InstallDependenciesRequest, context: grpc.ServicerContext
    ) -> Iterator[language.InstallDependenciesResponse]:
        for title, command in _or_abort(context, lambda: installation(request.info)):
            yield language.InstallDependenciesResponse(stdout=f"{title}\n".encode())
            variables = process_environment(None, os.environ)
            child = _started(command, request.info.program_directory, variables, stdout=subprocess.PIPE)
            context.add_callback(lambda child=child: _end_abandoned(child))
            for part in _output(child):
                yield language.InstallDependenciesResponse(stdout=part.stdout, stderr=part.stderr)
            if code := _wait(child):
                context.abort(grpc.StatusCode.INTERNAL, f"{title}: failed with exit status {code}")

    def GeneratePackage(
        self, request: language.GeneratePackageRequest, context: grpc.ServicerContext
    ) -> language.GeneratePackageResponse:
        """Generate an SDK with the official generator, which is built if it does not exist yet."""
        from toolchain.languages.sdk_generation import generate_from_text  # not needed to run a program

        folder = Path(request.directory)
        _or_abort(context, lambda: generate_from_text("python", request.schema, folder))
        for name, content in request.extra_files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return language.GeneratePackageResponse()

    def Link(self, request: language.LinkRequest, context: grpc.ServicerContext) -> language.LinkResponse:
        instructions = link(request.info, [package.path for package in request.packages])
        return language.LinkResponse(import_instructions=instructions)

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """Do nothing, because the engine ends a cancelled program by refusing its requests, and ends packs itself."""
        return Empty()


def _environment(info: language.ProgramInfo, context: grpc.ServicerContext) -> Path | None:
    return _or_abort(context, lambda: virtual_environment(info))


def _or_abort(context: grpc.ServicerContext, work: Callable[[], T]) -> T:
    try:
        return work()
    except (ToolchainError, SetupError) as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))
        raise


def _started(
    command: list[str], folder: str, variables: dict[str, str], stdout: int | None = None
) -> subprocess.Popen[bytes]:
    _children.add(child := start(command, folder, variables, stdout))
    return child


def _wait(child: subprocess.Popen[bytes]) -> int:
    code = child.wait()
    _children.discard(child)
    return code


def _output(child: subprocess.Popen[bytes]) -> Iterator[language.RunPluginResponse]:
    lines: SimpleQueue[language.RunPluginResponse | None] = SimpleQueue()

    def read(stream: IO[bytes], is_error: bool) -> None:
        for line in stream:
            lines.put(language.RunPluginResponse(stderr=line) if is_error else language.RunPluginResponse(stdout=line))
        lines.put(None)

    if not (child.stdout and child.stderr):
        raise ValueError("a plugin's output is read through pipes")
    threading.Thread(target=read, args=(child.stdout, False), daemon=True).start()
    threading.Thread(target=read, args=(child.stderr, True), daemon=True).start()
    yield from iter(lines.get, None)
    yield from iter(lines.get, None)


def main(arguments: list[str]) -> None:
    """Serve until the engine ends."""
    signal.signal(signal.SIGINT, _end_host)
    signal.signal(signal.SIGTERM, _end_host)
    limits = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
    server = grpc.server(futures.ThreadPoolExecutor(CONCURRENT_CALLS), options=limits)
    host = LanguageHost(executor=Path(arguments[0]), engine_address=arguments[-1])
    add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    threading.Thread(target=_end_with_the_engine, daemon=True).start()
    server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1:])
