"""
Python programs with variables that are too long for the environment, such as a configuration of hundreds of builds.

Linux accepts 128 KiB for a variable and, by default, 2 MiB for all of them together with the arguments (execve(2)).
"""

import json
import os
import subprocess
import tempfile

LONGEST_VARIABLE_BYTES = 128 * 1024 - 1  # execve(2): MAX_ARG_STRLEN, with the name and the final zero
# Takes variables that are too long for execve(2) from a file without a name, then becomes the program.
STARTER = """\
import json, os, runpy, sys
with os.fdopen(int(sys.argv[1])) as file:
    os.environ.update(json.load(file))
del sys.argv[:2]
if sys.argv[0] == "-m":
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
else:
    sys.path[0] = os.path.dirname(os.path.abspath(sys.argv[0]))
    runpy.run_path(sys.argv[0], run_name="__main__")
"""


def start(
    command: list[str], folder: str, variables: dict[str, str], stdout: int | None = None
) -> subprocess.Popen[bytes]:
    """
    Start a child in a process group of its own, so that signals to this host do not reach it.

    Args:
        command: A Python, `-u`, and a script or `-m` and a module, with arguments.
        folder: Working directory.
        variables: Environment of the child; variables that are too long for it are passed in a file.
        stdout: Standard output as for `subprocess.Popen`; standard error is treated alike.
    """
    long = {name: value for name, value in variables.items() if _is_too_long(name, value)}
    descriptors: list[int] = []
    if long:
        descriptors.append(_unnamed_file(json.dumps(long)))
        python, unbuffered, *rest = command
        command = [python, unbuffered, "-c", STARTER, str(descriptors[0]), *rest]
    try:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={name: value for name, value in variables.items() if name not in long},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stdout,
            start_new_session=True,
            pass_fds=descriptors,
        )
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _is_too_long(name: str, value: str) -> bool:
    return len(os.fsencode(name)) + len(os.fsencode(value)) + 2 > LONGEST_VARIABLE_BYTES


def _unnamed_file(text: str) -> int:
    """Return the descriptor of a file that no other process can open, because it may contain secrets."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("variables")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    with open(descriptor, "wb", closefd=False) as file:
        file.write(text.encode())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
