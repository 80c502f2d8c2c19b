"""
Host through which Pulumi's engine runs Python programs and policy packs.

The official distribution has its own. This one accompanies a CLI that was built from Go modules because the official
one cannot be downloaded. It implements the part of `pulumirpc.LanguageRuntime` (proto/pulumi/language.proto) that a
project with a virtual environment needs, without plugins of Python packages, code generation and installation.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import suppress
from importlib import metadata, util
from pathlib import Path
from queue import SimpleQueue
from types import FrameType, ModuleType
from typing import IO, TYPE_CHECKING, NoReturn

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


class ToolchainError(Exception):
    """The project requires a Python that does not exist."""


def virtual_environment(info: language.ProgramInfo) -> Path | None:
    """
    Return the folder in `runtime.options.virtualenv`, which may be relative to the project's root.

    Raises:
        ToolchainError: There is no virtual environment in that folder, or the project requires a toolchain other than
            pip.
    """
    options = dict(info.options)
    if options.get("toolchain", "pip") != "pip":
        raise ToolchainError(f"runtime.options.toolchain is {options['toolchain']!r}, but only 'pip' is supported here")
    if not options.get("virtualenv"):
        return None
    folder = Path(info.root_directory, str(options["virtualenv"]))
    if not (folder / "bin" / "python").exists():
        raise ToolchainError(
            f"runtime.options.virtualenv is {folder}, which has no bin/python; run `make setup`, "
            "or create it with `python3 -m venv` and install requirements.txt into it"
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


def installed_packages(environment: Path | None, transitive: bool) -> list[language.DependencyInfo]:
    """Return the packages of an environment, without those that other packages require unless `transitive`."""
    folders = [str(path) for path in environment.glob("lib/python*/site-packages")] if environment else sys.path
    found = {package.name: package for package in metadata.distributions(path=folders)}
    required = set() if transitive else {_bare_name(line) for p in found.values() for line in p.requires or ()}
    return [
        language.DependencyInfo(name=name, version=package.version)
        for name, package in sorted(found.items())
        if _bare_name(name) not in required
    ]


def _bare_name(requirement: str) -> str:
    end = next((i for i, c in enumerate(requirement) if not (c.isalnum() or c in "._-")), len(requirement))
    return requirement[:end].lower().replace("_", "-").replace(".", "-")


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
        environment = self._environment(request.info, context)
        command, folder = plugin_command(request, python_command(environment))
        base = dict(entry.split("=", 1) for entry in request.env) if request.env else os.environ
        child = _started(command, folder, process_environment(environment, base), stdout=subprocess.PIPE)
        context.add_callback(lambda: _end_abandoned(child))
        yield from _output(child)
        yield language.RunPluginResponse(exitcode=_wait(child))

    def About(self, request: language.AboutRequest, context: grpc.ServicerContext) -> language.AboutResponse:
        python = python_command(self._environment(request.info, context))
        program = "import platform, sys; print(sys.executable); print(platform.python_version())"
        lines = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.split("\n")
        return language.AboutResponse(executable=lines[0], version=lines[1])

    def GetProgramDependencies(
        self, request: language.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> language.GetProgramDependenciesResponse:
        packages = installed_packages(self._environment(request.info, context), request.transitiveDependencies)
        return language.GetProgramDependenciesResponse(dependencies=packages)

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:
        """Do nothing, because the engine ends a cancelled program by refusing its requests, and ends packs itself."""
        return Empty()

    def _environment(self, info: language.ProgramInfo, context: grpc.ServicerContext) -> Path | None:
        try:
            return virtual_environment(info)
        except ToolchainError as error:
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
