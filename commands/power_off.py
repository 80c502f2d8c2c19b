"""``make power-off``: shut down a server that a stack is installing on, to report that its system is installed.

A run that waits for the installation goes on then; otherwise the next one does.
"""

import argparse
import os
import sys
import threading

from commands.console import Installing, Servers, servers_of
from commands.environment import LAB_STACK
from config.stack_file import NoConfiguration
from huaweicloud.errors import CloudError
from huaweicloud.polling import wait_for_job
from huaweicloud.printable import printable, printable_line
from toolchain.steps import INTERRUPTED, SetupError

TIMEOUT_S = 600.0
STOPPED = "SHUTOFF"


def choose(servers: Servers, build: str | None, stack: str) -> Installing:
    """Return the server of a build, or the only one where no build is named.

    Raises:
        SetupError: there is no such server, or there are several.
    """
    if not servers.found:
        raise SetupError(f"nothing is being installed in the stack {stack}")
    names = ", ".join(each.build for each in servers.found)
    matching = [each for each in servers.found if build in (None, "", each.build)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        raise SetupError(f"several builds of the stack {stack} are being installed; name one: BUILD=... ({names})")
    raise SetupError(f"the stack {stack} is not installing {build!r}; it is installing {names}")


def power_off(servers: Servers, server: Installing, hard: bool) -> str:
    """Stop a server, and wait until that is done.

    Args:
        hard: without asking the guest.

    Returns:
        A sentence on what was done.

    Raises:
        CloudError: the cloud refused to stop the server, or did not do so within ten minutes.
        SetupError: the server does not exist any more.
    """
    cloud = servers.connect(server)
    found = cloud.ecs.get_server(server.server_id)
    if found is None:
        raise SetupError(f"the server of {server.build} ({server.server_id}) does not exist any more")
    what = f"server {found.name} ({found.id}) of {server.build}"
    if found.status == STOPPED:
        return f"{what} is off already"
    wait_for_job(
        cloud.ecs.get_job,
        cloud.ecs.stop_servers([found.id], hard=hard),
        subject=f"stop of {what}",
        timeout_s=TIMEOUT_S,
        cancelled=threading.Event(),
    )
    return f"{what} is off"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m commands.power_off", allow_abbrev=False, description=__doc__)
    parser.add_argument("--stack", default=os.environ.get("STACK") or LAB_STACK, help="the stack (default: STACK, lab)")
    parser.add_argument("--build", default=os.environ.get("BUILD"), help="the build (default: BUILD, or the only one)")
    parser.add_argument("--hard", action="store_true", help="cut the power instead of asking the guest")
    options = parser.parse_args()
    try:
        servers = servers_of(options.stack)
        done = power_off(servers, choose(servers, options.build, options.stack), options.hard)
    except (SetupError, NoConfiguration, CloudError) as error:
        print(printable(f"power-off: {error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    print(printable_line(f"{done}; a run that waits for it goes on, otherwise `make up STACK={options.stack}` does"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
