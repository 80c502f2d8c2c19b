"""
Addresses of the remote consoles of servers that a stack is installing (`make console`).

A terminal seldom has room for such an address on a resource's row. Each address allows one login within ten minutes,
so that it is requested again every time and never stored.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from commands.environment import LAB_STACK, lab_settings, pulumi_environment
from commands.pulumi_command import ask
from config.sign_in import connection
from config.stack_file import NoConfiguration, find_file, read
from huaweicloud.errors import CloudError
from huaweicloud.printable import printable, printable_line
from providers.installation import diagnostics
from toolchain.paths import ROOT
from toolchain.steps import INTERRUPTED, SetupError

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud


@dataclass(frozen=True)
class Installing:
    """Build whose server is being installed."""

    build: str
    region: str
    server_id: str


def installing(state: Any) -> list[Installing]:
    """Return the servers in a stack's state that exist and are not installed yet, by build."""
    deployment = (state or {}).get("deployment") or {}
    resources = [resource for resource in deployment.get("resources") or [] if not resource.get("delete")]
    installed = {resource.get("id") for resource in resources if _is(resource, "OsInstallation")}
    servers = [
        resource for resource in resources if _is(resource, "TempServer") and resource.get("id") not in installed
    ]
    live = [server for server in servers if server["outputs"].get("status") == "live"]
    found = [Installing(_name(server), server["outputs"]["region"], server["id"]) for server in live]
    return sorted(found, key=lambda each: each.build)


def _is(resource: Mapping[str, Any], kind: str) -> bool:
    return str(resource.get("type", "")).endswith(f":{kind}")


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"]).rpartition("::")[2]


def state_of(stack: str, environment: Mapping[str, str]) -> Any:
    """Return the recorded state of a stack, also during an `up`; secrets stay encrypted."""
    answer = ask(environment, "stack", "export", "--stack", stack)
    if answer.returncode:
        raise SetupError(f"cannot read the state of the stack {stack}: {answer.stderr.strip()}")
    return json.loads(answer.stdout)


@dataclass(frozen=True)
class Servers:
    """
    Servers that are being installed in a stack.

    Attributes:
        found: Servers by build.
        connect: Function that returns a client of a server's region.
    """

    found: list[Installing]
    connect: Callable[[Installing], "Cloud"]


def servers_of(stack: str) -> Servers:
    """
    Return the servers that are being installed in a stack.

    Raises:
        SetupError: The state cannot be read.
        NoConfiguration: The stack has no configuration.
    """
    of_lab = lab_settings() if stack == LAB_STACK else {}
    environment = {**pulumi_environment(stack, os.environ), **of_lab}
    found = installing(state_of(stack, environment))
    sign_in = read(find_file(ROOT, stack), environment).settings.sign_in if found else {}
    return Servers(found, lambda each: connection.connect(each.region, sign_in, environment))


def show(stack: str) -> int:
    """Print the addresses of a stack's consoles and return the exit status."""
    servers = servers_of(stack)
    for each in servers.found:
        print(printable_line(f"{each.build}  {diagnostics.console_url(servers.connect(each), each.server_id)}"))
    if not servers.found:
        print(f"console: no server is being installed in the stack {stack}", file=sys.stderr)
    return 0 if servers.found else 1


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m commands.console", allow_abbrev=False, description=__doc__)
    parser.add_argument("--stack", default=os.environ.get("STACK") or LAB_STACK, help="the stack (default: STACK, lab)")
    try:
        return show(parser.parse_args().stack)
    except (SetupError, NoConfiguration, CloudError) as error:
        print(printable(f"console: {error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
