"""
Addresses of the remote consoles of servers that a stack is installing, or tests images with (`make console`).

A terminal seldom has room for such an address on a resource's row. Each address allows one login within ten minutes,
so that it is requested again every time and never stored.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from commands.environment import LAB_STACK, lab_settings, pulumi_environment
from commands.pulumi_command import ask
from commands.state import exported_stack
from commands.state.exported_stack import Export, NoState, Recorded
from config.resource_types import IMAGE_VERIFICATION, OS_INSTALLATION, TEMP_SERVER
from config.sign_in import connection
from config.stack_file import NoConfiguration, find_file, read
from huaweicloud.errors import CloudError
from huaweicloud.printable import printable, printable_line
from providers.installation import diagnostics
from providers.lifecycle.ownership_tag import ServerRole
from toolchain.paths import ROOT
from toolchain.steps import INTERRUPTED, SetupError

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import Server


@dataclass(frozen=True)
class Installing:
    """
    Build whose server is being installed, or tests its image.

    Attributes:
        build: Name of the build.
        region: Region of the server.
        server_id: Id of the server; "" for that of a test, which the state has only after the test.
        build_id: Id of the build whose image is being tested; "" during the installation.
    """

    build: str
    region: str
    server_id: str
    build_id: str = ""

    @property
    def is_test(self) -> bool:
        """Return True if the server tests an image."""
        return bool(self.build_id)

    def find(self, cloud: "Cloud") -> "Server | None":
        """Return the server; None if it does not exist, or not yet."""
        if not self.is_test:
            return cloud.ecs.get_server(self.server_id)
        role = ServerRole(self.build_id, "test")
        servers = cloud.ecs.list_servers(name_contains=self.build_id)
        return next((server for server in servers if role.is_played_by(server.name, server.tags)), None)


def installing(resources: Iterable[Recorded]) -> list[Installing]:
    """Return the servers of a stack that exist and are not installed yet, by build."""
    present = [resource for resource in resources if not resource.is_replaced]
    installed = {resource.id for resource in present if resource.kind == OS_INSTALLATION}
    servers = [resource for resource in present if resource.kind == TEMP_SERVER and resource.id not in installed]
    live = [server for server in servers if server.outputs.get("status") == "live"]
    found = [Installing(server.name, server.outputs["region"], server.id) for server in live]
    return sorted(found, key=lambda each: each.build)


def under_test(pending: Iterable[Recorded]) -> list[Installing]:
    """Return the tests of images among the resources that are being created, by build."""
    tests = [test for test in pending if test.kind == IMAGE_VERIFICATION and test.outputs.get("build_id")]
    found = [
        Installing(test.name, str(test.outputs.get("region")), "", str(test.outputs["build_id"])) for test in tests
    ]
    return sorted(found, key=lambda each: each.build)


def state_of(stack: str, environment: Mapping[str, str]) -> list[Recorded]:
    """Return the recorded resources of a stack, also during an `up`; secrets stay encrypted."""
    return _export_of(stack, environment).resources


def _export_of(stack: str, environment: Mapping[str, str]) -> Export:
    answer = ask(environment, "stack", "export", "--stack", stack)
    if answer.returncode:
        raise SetupError(f"cannot read the state of the stack {stack}: {answer.stderr.strip()}")
    return exported_stack.parse(answer.stdout)


def _servers(export: Export) -> list[Installing]:
    return [*installing(export.resources), *under_test(export.pending)]


@dataclass(frozen=True)
class Servers:
    """
    Servers that are being installed in a stack, or test its images.

    Attributes:
        found: Servers by build.
        connect: Function that returns a client of a server's region.
    """

    found: list[Installing]
    connect: Callable[[Installing], "Cloud"]


def servers_of(stack: str) -> Servers:
    """
    Return the servers that are being installed in a stack, or test its images.

    Raises:
        SetupError: The state cannot be read.
        NoConfiguration: The stack has no configuration.
    """
    of_lab = lab_settings() if stack == LAB_STACK else {}
    environment = {**pulumi_environment(stack, os.environ), **of_lab}
    found = _servers(_export_of(stack, environment))
    sign_in = read(find_file(ROOT, stack), environment).settings.sign_in if found else {}
    return Servers(found, lambda each: connection.connect(each.region, sign_in, environment))


def servers_in(file: Path) -> Servers:
    """
    Return the servers of a stack of any program, as servers_of(), with the sign-in of the environment.

    Args:
        file: Output of `pulumi stack export`; `-` for the standard input.

    Raises:
        NoState: It cannot be read.
    """
    own = os.environ.get("HW_REGION_NAME")
    return Servers(
        _servers(exported_stack.read_export(file)),
        lambda each: connection.connect(each.region, {"region": own or each.region}, os.environ),
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that name the stack."""
    parser.add_argument("--stack", default=os.environ.get("STACK") or LAB_STACK, help="the stack (default: STACK, lab)")
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="output of `pulumi stack export` of another program, instead of a stack of this one; - for standard input;"
        " the sign-in is that of the environment",
    )


def chosen(options: argparse.Namespace) -> Servers:
    """Return the servers that are being installed in the stack that the options name."""
    return servers_in(options.state) if options.state else servers_of(options.stack)


def show(servers: Servers, stack: str) -> int:
    """Print the addresses of a stack's consoles and return the exit status."""
    for each in servers.found:
        print(printable_line(f"{each.build}  {_address(servers.connect(each), each)}"))
    if not servers.found:
        print(f"console: no server is being installed in the stack {stack}", file=sys.stderr)
    return 0 if servers.found else 1


def _address(cloud: "Cloud", each: Installing) -> str:
    """Return the address of a console, or the reason for its absence."""
    if not each.is_test:
        return diagnostics.console_url(cloud, each.server_id)
    server = each.find(cloud)
    return diagnostics.console_url(cloud, server.id) if server else "the server of the test does not exist yet"


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m commands.console", allow_abbrev=False, description=__doc__)
    add_arguments(parser)
    options = parser.parse_args()
    try:
        return show(chosen(options), str(options.state or options.stack))
    except (SetupError, NoConfiguration, NoState, CloudError) as error:
        print(printable(f"console: {error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
