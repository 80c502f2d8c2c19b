"""Environment of a Pulumi command in this clone; ``python -m commands.environment`` prints it as exports.

The user's own Pulumi login, state and plugins are left alone: home, state and passphrase are kept in .state/pulumi.
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
# Pulumi.lab.yaml holds the salt of this passphrase: with one made for each clone, Pulumi would write into that file.
# It guards little: what the lab's state has to hide is worth something on this machine only.
LAB_PASSPHRASE = "lab"  # noqa: S105
# Other stacks may be shared, so their owner may choose where the state is kept and how its secrets are encrypted.
CHOSEN_BY_USER = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
PATH_FOLDERS = (str(BIN), str(VENV / "bin"))
# The engine makes its whole state anew at every step, and throws the last one away.
FEWER_COLLECTIONS = {"GOGC": "400"}
IN_UTF_8 = {"PYTHONUTF8": "1"}
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
NEVER_PASSED_ON = ("PULUMI_STACK", "VIRTUAL_ENV", "PYTHONHOME")


def pulumi_environment(stack: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a Pulumi command.

    Args:
        stack: Name of the stack.
        environment: The environment to start from.
    """
    dropped = {*NEVER_PASSED_ON, *(CHOSEN_BY_USER if stack == LAB_STACK else ())}
    kept = {name: in_utf_8(value) for name, value in environment.items() if name not in dropped}
    path = os.pathsep.join((*PATH_FOLDERS, environment.get("PATH", os.defpath)))
    return {**FEWER_COLLECTIONS, **kept, **IN_UTF_8, **own_settings(stack, environment), "PATH": path}


def in_utf_8(value: str) -> str:
    """Return a variable's value with a replacement character for each byte that is no UTF-8.

    The engine hands its environment to the policy pack as text, and fails to start the pack otherwise: such bytes come
    with names of files, as in `make up ISO=file`.
    """
    return os.fsencode(value).decode("utf-8", "replace")


def own_settings(stack: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Pulumi's settings that point into the clone; what they name exists afterwards.

    Args:
        stack: Name of the stack; for the lab's own nothing of the user's Pulumi settings counts.
        environment: Where the user may have chosen another backend or passphrase.
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
    """Return the variables that keep Pulumi's processes from looking for one another behind a proxy.

    The Python library of gRPC sends even requests to 127.0.0.1 to `http_proxy`.

    Args:
        environment: Where the user may have named a proxy, and exceptions, which stay.
    """
    if not any(environment.get(name) or environment.get(name.upper()) for name in PROXIES):
        return {}
    given = (environment.get("no_proxy") or environment.get("NO_PROXY") or "", environment.get("no_grpc_proxy") or "")
    excepted, of_grpc = ([name.strip() for name in value.split(",") if name.strip()] for value in given)
    names = ",".join(dict.fromkeys([*excepted, *LOOPBACK]))
    no_proxy = "*" if "*" in excepted else names  # `*` counts only where it stands alone, and gRPC does not know it
    return {
        "no_proxy": no_proxy,
        "NO_PROXY": no_proxy,
        "no_grpc_proxy": ",".join(dict.fromkeys([*of_grpc, *excepted, *LOOPBACK])),
    }


def lab_settings() -> dict[str, str]:
    """The settings of the lab that runs in this clone, such as its endpoints; none if it does not run."""
    command = [str(PYTHON), "-m", "lab", "env"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return parse_exports(answer.stdout) if answer.returncode == 0 else {}


def parse_exports(text: str) -> dict[str, str]:
    """Read lines of the form ``export NAME='value'``."""
    words = (shlex.split(line) for line in text.splitlines())
    settings = (line[1].partition("=") for line in words if len(line) == 2 and line[0] == "export")
    return {name: value for name, _, value in settings}


def _make_passphrase() -> None:
    """Make up a passphrase once: with it Pulumi encrypts what is secret in the clone's own state."""
    if PASSPHRASE.exists():
        return
    with tempfile.NamedTemporaryFile("w", dir=PASSPHRASE.parent) as file:  # its mode is 0600
        file.write(secrets.token_urlsafe(32))
        file.flush()
        with suppress(FileExistsError):  # another process was faster
            os.link(file.name, PASSPHRASE)


def exports(stack: str) -> str:
    """Shell text for eval: the CLI and the virtual environment on PATH, Pulumi's settings and the lab's."""
    settings = {**own_settings(stack, os.environ), **(lab_settings() if stack == LAB_STACK else {})}
    lines = [f'export PATH={shlex.quote(os.pathsep.join(PATH_FOLDERS))}:"$PATH"']
    if any(name.startswith("PULUMI_CONFIG_PASSPHRASE") for name in settings):
        lines.append("unset PULUMI_CONFIG_PASSPHRASE PULUMI_CONFIG_PASSPHRASE_FILE")
    return "\n".join(lines + [f"export {name}={shlex.quote(value)}" for name, value in settings.items()])


if __name__ == "__main__":
    print(exports(os.environ.get("STACK") or LAB_STACK))
