"""Process with loaded modules, whose children run the commands of the clients. It ends with its standard input."""

import argparse
import ast
import atexit
import gc
import io
import os
import runpy
import selectors
import signal
import socket
import struct
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MOST_DESCRIPTORS = 32
# Loaded, at once or late, by programs, providers, the language host and the lab, whose modules depend on its region.
MODULES = (
    "anyio._backends._asyncio",
    "components.build_declaration",
    "components.iso_image_build",
    "fastapi",
    "grpc._channel",
    "grpc._server",
    "huaweicloud.cloud",
    "lab.app",
    "lab.client_environment",
    "lab.commands.command_parser",
    "plugin.server",
    "policy",
    "preflight.checking",
    "preflight.plan",
    "preflight.region_catalog",
    "preflight.result_lines",
    "providers.build_identity",
    "providers.captured_image",
    "providers.image_history",
    "providers.iso_image",
    "providers.os_installation",
    "providers.preflight",
    "providers.temp_server",
    "providers.temp_server_teardown",
    "pulumi.runtime.proto.language_pb2_grpc",
    "pydantic.v1",
    "requests",
    "uvicorn.lifespan.off",
    "uvicorn.protocols.http.h11_impl",
    "xml.sax.saxutils",
)

Connection = socket.socket


def load_modules() -> None:
    """Import the modules, without a trace of them in the path."""
    before = [*sys.path]
    sys.path[0] = str(ROOT)
    for name in MODULES:
        __import__(name)
    prepare_lab()
    sys.path[:] = before[1:]
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20)  # commands are short, and most of what they create lasts until their end


class Late:
    """Object that will be found later: attributes and results of calls are found with it, in their order."""

    def __init__(self) -> None:
        vars(self)["parts"] = list[tuple[Late, Callable[[Any], Any]]]()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(vars(self)["found"], name) if "found" in vars(self) else self._part(lambda it: getattr(it, name))

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(vars(self)["found"], name, value)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._part(lambda function: function(*arguments, **options))

    def _part(self, find: Callable[[Any], Any]) -> "Late":
        part = Late()
        vars(self)["parts"].append((part, find))
        return part

    def become(self, found: Any) -> None:
        """Stand for an object from now on."""
        vars(self)["found"] = found
        for part, find in vars(self)["parts"]:
            Late.become(part, find(found))


def prepare_lab() -> None:
    """Create the applications of a lab's services, which take most of its start, for a world that comes later."""
    from lab.services import ecs, evs, iam, ims, vpc

    services: tuple[Any, ...] = (ecs, evs, iam, ims, vpc)
    for service in services:
        service.create_app = prepared_once(service.create_app)


def prepared_once(create_app: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function that has created the application for its first call; the lab after a reset gets a new one."""
    late = Late()
    prepared = [create_app(late)]

    def created(world: Any) -> Any:
        if not prepared:
            return create_app(world)
        late.become(world)
        return prepared.pop()

    return created


def receive(connection: Connection) -> tuple[dict[str, Any], list[int]]:
    """Return a request and the descriptors that accompany it."""
    head, descriptors, _, _ = socket.recv_fds(connection, 4, MOST_DESCRIPTORS)
    (left,) = struct.unpack("!I", head)
    content = b""
    while len(content) < left:
        part = connection.recv(left - len(content))
        if not part:
            raise ConnectionAbortedError
        content += part
    return ast.literal_eval(content.decode()), descriptors


def take_over(request: dict[str, Any], received: list[int]) -> None:
    """Become the process that the client stands for: its files, variables and working directory."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    parked = [os.dup2(descriptor, 200 + index) for index, descriptor in enumerate(received)]
    os.closerange(0, 200)
    for descriptor, number in zip(parked, request["descriptors"], strict=True):
        os.dup2(descriptor, number)
    os.closerange(200, 200 + MOST_DESCRIPTORS)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb"), encoding="utf-8")
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(os.fdopen(number, "wb", 0), encoding="utf-8", write_through=True, errors=errors)
        for number, errors in ((1, "strict"), (2, "backslashreplace"))
    )


def run_python(arguments: list[str]) -> None:
    """Run what the arguments of `python` name: a script, `-m` and a module, or `-c` and a program."""
    _, *rest = arguments  # children of the command are processes of their own
    while rest[0] in ("-u", "-I"):
        del rest[0]
    sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    if rest[0] == "-c":
        sys.argv = ["-c", *rest[2:]]
        sys.path.insert(0, "")
        with tempfile.NamedTemporaryFile("w", suffix=".py") as program:
            program.write(rest[1])
            program.flush()
            runpy.run_path(program.name, run_name="__main__")
    elif rest[0] == "-m":
        sys.argv = rest[1:]
        sys.path.insert(0, os.getcwd())
        if rest[1] == "lab":
            forget_other_region(rest[2:])
        for name in (rest[1], f"{rest[1]}.__main__"):
            sys.modules.pop(name, None)  # it is loaded again, as the main module
        runpy.run_module(rest[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = rest
        sys.path.insert(0, os.path.dirname(os.path.abspath(rest[0])))
        runpy.run_path(rest[0], run_name="__main__")


def forget_other_region(arguments: list[str]) -> None:
    """Unload the lab's modules if the arguments name a lab of another region than the one that they have loaded."""
    from lab.commands.process_commands import region_of
    from lab.daemon import LabError
    from lab.world.identity.accounts import REGION

    known = argparse.ArgumentParser(add_help=False)
    known.add_argument("--state", type=Path, default=Path())
    known.add_argument("--region")
    found, _ = known.parse_known_args(arguments)
    with suppress(LabError):  # the command itself reports it
        if region_of(found.state.absolute(), found.region) == REGION:
            return
    for name in [name for name in sys.modules if name == "lab" or name.startswith("lab.")]:
        del sys.modules[name]


@dataclass(frozen=True)
class Command:
    """Child that runs a client's command, the descriptor that reports its end, and the connection to the client."""

    child: int
    ended: int
    client: Connection


def serve(path: str) -> None:
    """Run the commands of all clients, until standard input closes; a client that ends takes its command with it."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    print("ready", flush=True)
    watch = selectors.DefaultSelector()
    watch.register(0, selectors.EVENT_READ)
    watch.register(listener, selectors.EVENT_READ)
    commands: set[Command] = set()
    while True:
        (key, _), *_ = watch.select()  # one at a time, because each may end what others are about
        if key.fd == 0:
            break
        if key.fileobj is listener:
            client, _ = listener.accept()
            try:
                request, received = receive(client)
            except (OSError, struct.error):  # it was killed before it had sent its request
                client.close()
                continue
            command = begin(client, request, received, [watch, listener, *(other.client for other in commands)])
            commands.add(command)
            watch.register(command.ended, selectors.EVENT_READ, command)
            watch.register(command.client, selectors.EVENT_READ, command)
        elif key.fd == key.data.ended:
            commands.remove(key.data)
            watch.unregister(key.data.ended)
            with suppress(KeyError):
                watch.unregister(key.data.client)
            end(key.data)
        else:
            watch.unregister(key.data.client)
            os.kill(key.data.child, signal.SIGKILL)
    for command in commands:
        os.kill(command.child, signal.SIGKILL)


def begin(
    client: Connection,
    request: dict[str, Any],
    received: list[int],
    own: Sequence[Connection | selectors.BaseSelector],
) -> Command:
    """Start a client's command in a child, which closes what is this process's ``own``."""
    child = os.fork()
    if not child:
        for one in (client, *own):
            one.close()  # later it would close what has got its number
        take_over(request, received)
        try:
            run_python(request["arguments"])
        except SystemExit as ended:
            if not isinstance(ended.code, int | None):
                raise
            exit_at_once(ended.code or 0)
        exit_at_once(0)
    for descriptor in received:
        os.close(descriptor)
    with suppress(OSError):  # the client may have been killed
        client.sendall(struct.pack("!i", child))
    return Command(child, os.pidfd_open(child), client)


def exit_at_once(code: int) -> None:
    """End the process as Python does, without tidying up its memory, most of which the prepared process shares."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def end(command: Command) -> None:
    """Report the exit status of a child that has ended."""
    _, status = os.waitpid(command.child, 0)
    os.close(command.ended)
    with command.client, suppress(OSError):
        command.client.sendall(struct.pack("!i", os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    load_modules()
    serve(sys.argv[1])
