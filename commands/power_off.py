"""
Shutdown of a server that a stack is installing, which reports its system as installed (`make power-off`).

The server of a test can be shut down as well; the test fails then.

A run that waits for the installation continues. Without one, the next run does.
"""

import argparse
import os
import sys
import threading

from commands.console import Installing, Servers, add_arguments, chosen
from commands.state.exported_stack import NoState
from config.stack_file import NoConfiguration
from huaweicloud.errors import CloudError
from huaweicloud.polling import wait_for_job
from huaweicloud.printable import printable, printable_line
from toolchain.steps import INTERRUPTED, SetupError

TIMEOUT_S = 600.0
STOPPED = "SHUTOFF"


def choose(servers: Servers, build: str | None, stack: str) -> Installing:
    """
    Return the server of a build, or the only server if no build is named.

    Raises:
        SetupError: There is no such server, or there are several.
    """
    if not servers.found:
        raise SetupError(f"no server is being installed in the stack {stack}")
    names = ", ".join(each.build for each in servers.found)
    matching = [each for each in servers.found if build in (None, "", each.build)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise SetupError(f"several builds of the stack {stack} are being installed; name one: BUILD=... ({names})")
    raise SetupError(f"the stack {stack} is not installing {build!r}; it is installing {names}")


def power_off(servers: Servers, server: Installing, hard: bool) -> str:
    """
    Stop a server and wait until it is off.

    Args:
        servers: Servers of the stack.
        server: Server to stop.
        hard: True to cut the power instead of asking the guest.

    Returns:
        A sentence on the result.

    Raises:
        CloudError: The cloud refused to stop the server, or did not stop it within ten minutes.
        SetupError: The server no longer exists.
    """
    cloud = servers.connect(server)
    found = server.find(cloud)
    if found is None:
        id_ = f" ({server.server_id})" if server.server_id else ""
        raise SetupError(
            f"the server of {server.build}{id_} {'does not exist' if server.is_test else 'no longer exists'}"
        )
    what = f"server {found.name} ({found.id}) of {server.build}"
    if found.status == STOPPED:
        return f"{what} is already off"
    wait_for_job(
        cloud.ecs.get_job,
        cloud.ecs.stop_servers([found.id], hard=hard),
        subject=f"stop of {what}",
        timeout_s=TIMEOUT_S,
        cancelled=threading.Event(),
    )
    return f"{what} is off"


def main() -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m commands.power_off", allow_abbrev=False, description=__doc__)
    add_arguments(parser)
    parser.add_argument("--build", default=os.environ.get("BUILD"), help="the build (default: BUILD, or the only one)")
    parser.add_argument("--hard", action="store_true", help="cut the power instead of asking the guest")
    options = parser.parse_args()
    try:
        servers = chosen(options)
        server = choose(servers, options.build, str(options.state or options.stack))
        done = power_off(servers, server, options.hard)
    except (SetupError, NoConfiguration, NoState, CloudError) as error:
        print(printable(f"power-off: {error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    if server.is_test:
        print(printable_line(f"{done}; the test of its image fails, unless it has passed already"))
        return 0
    command = "pulumi up" if options.state else f"make up STACK={options.stack}"
    print(printable_line(f"{done}; a run that waits for it continues, otherwise run `{command}`"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
