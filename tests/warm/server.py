"""Process with loaded modules, whose children run the commands of the clients. It ends with its standard input."""

import ast
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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
MOST_DESCRIPTORS = 32
# Loaded by programs, providers, the language host and the lab.
MODULES = (
    "components.iso_image_build",
    "fastapi",
    "lab.__main__",
    "lab.app",
    "policy",
    "providers.build_identity",
    "providers.captured_image",
    "providers.image_history",
    "providers.iso_image",
    "providers.os_installation",
    "providers.preflight",
    "providers.temp_server",
    "providers.temp_server_teardown",
    "pulumi.runtime.proto.language_pb2_grpc",
    "requests",
    "uvicorn",
)

Connection = socket.socket


def load_modules() -> None:
    """Import the modules, without a trace of them in the path."""
    before = [*sys.path]
    sys.path[0] = str(ROOT)
    for name in MODULES:
        __import__(name)
    sys.path[:] = before[1:]
    gc.collect()
    gc.freeze()


def receive(connection: Connection) -> tuple[dict[str, Any], list[int]]:
    """Return a request and the descriptors that accompany it."""
    head, descriptors, _, _ = socket.recv_fds(connection, 4, MOST_DESCRIPTORS)
    (left,) = struct.unpack("!I", head)
    content = b""
    while len(content) < left:
        content += connection.recv(left - len(content))
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
    sys.executable, *rest = arguments
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
        sys.modules.pop(rest[1], None)
        runpy.run_module(rest[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = rest
        sys.path.insert(0, os.path.dirname(os.path.abspath(rest[0])))
        runpy.run_path(rest[0], run_name="__main__")


def serve(path: str) -> None:
    """Run the commands of all clients, until standard input closes; a client that ends takes its command with it."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    print("ready", flush=True)
    watch = selectors.DefaultSelector()
    watch.register(0, selectors.EVENT_READ)
    watch.register(listener, selectors.EVENT_READ)
    children: dict[int, tuple[int, int, Connection]] = {}
    while True:
        for key, _ in watch.select():
            if key.fd == 0:
                for child, _, _ in children.values():
                    os.kill(child, signal.SIGKILL)
                return
            if key.fileobj is listener:
                connection, _ = listener.accept()
                begin(connection, children, watch)
            elif key.fd in children:
                child, descriptor, connection = children[key.fd]
                if key.fd != descriptor:
                    os.kill(child, signal.SIGKILL)
                    watch.unregister(connection)
                    del children[key.fd]
                    continue
                end(children.pop(descriptor), children, watch)


def begin(
    connection: Connection, children: dict[int, tuple[int, int, Connection]], watch: selectors.BaseSelector
) -> None:
    """Start a client's command in a child."""
    request, received = receive(connection)
    child = os.fork()
    if not child:
        take_over(request, received)
        run_python(request["arguments"])
        sys.exit()
    for descriptor in received:
        os.close(descriptor)
    connection.sendall(struct.pack("!i", child))
    descriptor = os.pidfd_open(child)
    children[descriptor] = children[connection.fileno()] = (child, descriptor, connection)
    watch.register(descriptor, selectors.EVENT_READ)
    watch.register(connection, selectors.EVENT_READ)


def end(
    ended: tuple[int, int, Connection],
    children: dict[int, tuple[int, int, Connection]],
    watch: selectors.BaseSelector,
) -> None:
    """Report the exit status of a child that has ended."""
    child, descriptor, connection = ended
    _, status = os.waitpid(child, 0)
    watch.unregister(descriptor)
    os.close(descriptor)
    if children.pop(connection.fileno(), None):
        watch.unregister(connection)
        connection.sendall(struct.pack("!i", os.waitstatus_to_exitcode(status)))
    connection.close()


if __name__ == "__main__":
    load_modules()
    serve(sys.argv[1])
