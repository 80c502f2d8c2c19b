"""
Environment of Pulumi commands in this clone; `python -m commands.environment` prints it as exports.

Home, state and passphrase are in .state/pulumi. The user's own Pulumi login, state and plugins are not used.
"""

import os
import secrets
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress

from toolchain.paths import BIN, PASSPHRASE, PULUMI_HOME, PULUMI_STACKS, PYTHON, ROOT, VENV
from toolchain.pulumi_home import keep_no_logs

LAB_STACK = "lab"
# Pulumi.lab.yaml contains the salt of this passphrase. With one passphrase per clone, Pulumi would write to that file.
# It protects little, because the secrets of the lab's state are of use on this machine only.
LAB_PASSPHRASE = "lab"  # noqa: S105
# Other stacks may be shared, so their owner may choose the backend of the state and the encryption of its secrets.
CHOSEN_BY_USER = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
PATH_FOLDERS = (str(BIN), str(VENV / "bin"))
# The engine creates its whole state again at every step and discards the last one.
FEWER_COLLECTIONS = {"GOGC": "400"}
IN_UTF_8 = {"PYTHONUTF8": "1"}
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
NEVER_PASSED_ON = ("PULUMI_STACK", "VIRTUAL_ENV", "PYTHONHOME")


def pulumi_environment(stack: str, environment: Mapping[str, str]) -> dict[str, str]:
    """
    Return the complete environment of a Pulumi command.

    Args:
        stack: Name of the stack.
        environment: Environment to extend.
    """
    dropped = {*NEVER_PASSED_ON, *(CHOSEN_BY_USER if stack == LAB_STACK else ())}
    kept = {name: in_utf_8(value) for name, value in environment.items() if name not in dropped}
    path = os.pathsep.join((*PATH_FOLDERS, environment.get("PATH", os.defpath)))
    return {**FEWER_COLLECTIONS, **kept, **IN_UTF_8, **own_settings(stack, environment), "PATH": path}


def in_utf_8(value: str) -> str:
    """
    Return a variable's value with a replacement character for each byte that is not UTF-8.

    The engine passes its environment to the policy pack as text and otherwise fails to start the pack. Such bytes occur
    in names of files, as in `make up ISO=file`.
    """
    return os.fsencode(value).decode("utf-8", "replace")


def own_settings(stack: str, environment: Mapping[str, str]) -> dict[str, str]:
    """
    Return Pulumi's settings that point into the clone, and create the folders that they name.

    Args:
        stack: Name of the stack; the lab's own stack ignores the user's Pulumi settings.
        environment: Environment in which the user may have set another backend or passphrase.
    """
    PULUMI_STACKS.mkdir(parents=True, exist_ok=True)
    keep_no_logs(PULUMI_HOME)
    chosen = set() if stack == LAB_STACK else {name for name in CHOSEN_BY_USER if name in environment}
    settings = {"PULUMI_HOME": str(PULUMI_HOME), "PULUMI_SKIP_UPDATE_CHECK": "true", **without_proxy(environment)}
    if "PULUMI_BACKEND_URL" not in chosen:
        settings["PULUMI_BACKEND_URL"] = PULUMI_STACKS.as_uri()  # a space in a path is %20 in a URL
    if stack == LAB_STACK:
        settings["PULUMI_CONFIG_PASSPHRASE"] = LAB_PASSPHRASE
    elif not any(name.startswith("PULUMI_CONFIG_PASSPHRASE") for name in chosen):
        _make_passphrase()
        settings["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(PASSPHRASE)
    return settings


def without_proxy(environment: Mapping[str, str]) -> dict[str, str]:
    """
    Return the variables that keep Pulumi's processes from connecting to one another through a proxy.

    The Python library of gRPC sends even requests to 127.0.0.1 to `http_proxy`.

    Args:
        environment: Environment in which the user may have set a proxy and exceptions; the exceptions stay.
    """
    if not any(environment.get(name) or environment.get(name.upper()) for name in PROXIES):
        return {}
    given = (environment.get("no_proxy") or environment.get("NO_PROXY") or "", environment.get("no_grpc_proxy") or "")
    excepted, of_grpc = ([name.strip() for name in value.split(",") if name.strip()] for value in given)
    names = ",".join(dict.fromkeys([*excepted, *LOOPBACK]))
    no_proxy = "*" if "*" in excepted else names  # `*` has an effect only on its own, and gRPC does not support it
    return {
        "no_proxy": no_proxy,
        "NO_PROXY": no_proxy,
        "no_grpc_proxy": ",".join(dict.fromkeys([*of_grpc, *excepted, *LOOPBACK])),
    }


def lab_settings() -> dict[str, str]:
    """Return the settings of the lab that runs in this clone, such as its endpoints; none if it is not running."""
    command = [str(PYTHON), "-m", "lab", "env"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return parse_exports(answer.stdout) if answer.returncode == 0 else {}


def parse_exports(text: str) -> dict[str, str]:
    """Return the variables in lines of the form `export NAME='value'`."""
    words = (shlex.split(line) for line in text.splitlines())
    settings = (line[1].partition("=") for line in words if len(line) == 2 and line[0] == "export")
    return {name: value for name, _, value in settings}


def _make_passphrase() -> None:
    """Generate the passphrase with which Pulumi encrypts secrets in the clone's own state, unless it exists."""
    if PASSPHRASE.exists():
        return
    with tempfile.NamedTemporaryFile("w", dir=PASSPHRASE.parent) as file:  # its mode is 0600
        file.write(secrets.token_urlsafe(32))
        file.flush()
        with suppress(FileExistsError):  # another process was faster
            os.link(file.name, PASSPHRASE)


def exports(stack: str) -> str:
    """Return shell text for eval: PATH with the CLI and the virtual environment, Pulumi's settings and the lab's."""
    settings = {**own_settings(stack, os.environ), **(lab_settings() if stack == LAB_STACK else {})}
    lines = [f'export PATH={shlex.quote(os.pathsep.join(PATH_FOLDERS))}:"$PATH"']
    if any(name.startswith("PULUMI_CONFIG_PASSPHRASE") for name in settings):
        lines.append("unset PULUMI_CONFIG_PASSPHRASE PULUMI_CONFIG_PASSPHRASE_FILE")
    return "\n".join(lines + [f"export {name}={shlex.quote(value)}" for name, value in settings.items()])


if __name__ == "__main__":
    print(exports(os.environ.get("STACK") or LAB_STACK))
