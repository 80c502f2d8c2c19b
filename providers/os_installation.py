"""OsInstallation: gate between the server's first boot and the capture of its data disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, ReadResult, UpdateResult

from huaweicloud.errors import Cancelled, CloudError, WaitTimeout
from huaweicloud.polling import Effect, Progress, wait_for_effect, wait_until
from providers.installation import diagnostics, installation_failures, package_collection
from providers.installation.console_watch import ALLOWED_RESTARTS, ConsoleWatch
from providers.lifecycle import finished_image, list_cache, quota
from providers.lifecycle.lease import MARGIN_MINUTES, Lease
from providers.runtime import clients, process, progress, serving, step_metrics
from providers.runtime.base import STEP_METRICS, StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, parse
from providers.runtime.step_metrics import measured

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import Server

SHUTDOWN = 4  # OS-EXT-STS:power_state
CONSOLE = "make console"
"""Command that prints the addresses of the screens of a stack's servers."""
LAB_STACK = "lab"
"""Stack that `make` uses by default."""
STOP_TIMEOUT_S = 300.0
CAPTURE_MINUTES = 120.0


class OsInstallationInputs(Properties):
    """
    Inputs of an installation, which ends when the server is stopped.

    Attributes:
        region: Region of the server.
        build_id: Id of the build.
        server_id: Id of the server.
        mode: `unattended`: the installer shuts the server down by itself. `interactive`: a person installs over the
            remote console, whose URL is shown, and shuts the server down when done.
        timeout_minutes: Minutes that the installation may take, counted from the creation of the server.
        on_timeout: `keep`: the server is kept, and the next run continues the wait. `remove`: it is deleted with its
            disks.
        lease_minutes: Minutes without a run that waits, after which the cloud deletes the server by itself.
        allowed_restarts: Number of times that an unattended installer may start again; None for one.
        package_list: True if the guest prints the list of its packages on the console at the end.
    """

    region: str
    build_id: str
    server_id: str
    mode: Literal["unattended", "interactive"] = "unattended"
    timeout_minutes: float = 120
    on_timeout: Literal["keep", "remove"] = "keep"
    lease_minutes: float | None = None
    allowed_restarts: int | None = None
    package_list: bool = False


class OsInstallationProvider(StepProvider):
    """Provider that waits for the end of the installation; the next run continues an interrupted wait."""

    inputs = OsInstallationInputs
    replace_on = ("region", "server_id")
    update_on = ("mode", "timeout_minutes", "on_timeout", "allowed_restarts")

    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Check the inputs, and show the command for the screen: the row of the wait is cut at the terminal's width."""
        result = super().check(_olds, news)
        if not result.failures and not _olds and result.inputs.get("mode") == "interactive":
            process.log(f"a person installs this build: {_way_to_screen()}")
        return result

    @measured("installation")
    def create(self, props: Props) -> CreateResult:
        installation = parse(OsInstallationInputs, props)
        cloud = clients.cloud(installation.region)
        server = cloud.ecs.get_server(installation.server_id)
        if server is None or _is_off(server) or installation.mode == "interactive":
            step_metrics.exclude_from_estimates()
        packages = None
        if server is None:
            _require_image(cloud, installation)
        else:
            quota.servers(cloud).track(server.id)
            _install(cloud, installation, server)
            if installation.package_list:
                packages = package_collection.collect(cloud, server, installation.build_id)
        return CreateResult(installation.server_id, outputs(installation, status="installed", packages=packages))

    def read(self, id_: str, props: Props) -> ReadResult:
        """Report a server that was started again as not installed until it is off again, unless its image exists."""
        installation = parse(OsInstallationInputs, props)
        cloud = clients.cloud(installation.region)
        server = list_cache.server(cloud, installation.server_id, may_be_gone=True)
        runs = server is not None and not _is_off(server)
        if runs and finished_image.find_among(list_cache.images(cloud), installation.build_id) is None:
            return ReadResult("", {})
        return ReadResult(id_, props)

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        return UpdateResult({**_olds, **parse(OsInstallationInputs, _news).as_props()})


def _require_image(cloud: Cloud, installation: OsInstallationInputs) -> None:
    if finished_image.find(cloud, installation.build_id) is None:
        raise installation_failures.vanished(installation.server_id)


def _install(cloud: Cloud, installation: OsInstallationInputs, server: Server) -> None:
    lease = Lease(cloud, server.id, installation.lease_minutes)
    try:
        off = _wait_for_shutdown(cloud, installation, server, lease)
    except Cancelled as error:
        raise Cancelled(f"the installation; server {server.name} is kept and continues to install") from error
    except WaitTimeout as error:
        raise installation_failures.timed_out(cloud, server, installation) from error
    _settle(cloud, off)
    lease.extend_final(CAPTURE_MINUTES + MARGIN_MINUTES)


def _wait_for_shutdown(cloud: Cloud, installation: OsInstallationInputs, server: Server, lease: Lease) -> Server:
    """Wait until the server's guest is off, and return the server."""

    def failed(current: Server | None) -> CloudError | None:
        if current is None:
            return installation_failures.vanished(installation.server_id)
        return installation_failures.in_error(cloud, current) if current.status == "ERROR" else None

    def poll() -> Server | None:
        lease.renew()
        current = cloud.ecs.get_server(installation.server_id)
        if watch is not None and current is not None and not _is_off(current):
            starts = watch.excess_starts(age_s + time.monotonic() - began)
            if starts:
                raise installation_failures.starts_again(cloud, current, installation, starts)
        return current

    now, began = cloud.service_time("ecs"), time.monotonic()
    age_s = max((now - server.created).total_seconds(), 0.0) if now and server.created else 0.0
    watch = _watch(cloud, installation, server, step_metrics.expected_s(age_s))
    off = wait_until(
        poll,
        done=lambda current: current is not None and _is_off(current),
        failed=failed,
        subject="installation",
        timeout_s=max(installation.timeout_minutes * 60 - age_s, 1.0),
        started_ago_s=age_s,
        expected_s=step_metrics.expected_s(age_s),
        cancelled=process.cancelled,
        describe=lambda current: "gone" if current is None else _state(current),
        progress=_reporter(cloud, installation),
    )
    assert off is not None  # narrowed by `done`
    return off


def _way_to_screen() -> str:
    if serving.way().has_provider:  # the program is not in this project, and so has no `make`
        return "the wait shows the address of its screen"
    stack = process.current_stack()
    command = CONSOLE if stack == LAB_STACK else f"{CONSOLE} STACK={stack}"
    return f"run `{command}` during the wait for the address of its screen"


def _watch(
    cloud: Cloud, installation: OsInstallationInputs, server: Server, expected_s: float | None
) -> ConsoleWatch | None:
    """Return the watch for an installer that starts repeatedly; None if a person installs, who sees that."""
    if installation.mode == "interactive":
        return None
    allowed = installation.allowed_restarts
    return ConsoleWatch(cloud, server, ALLOWED_RESTARTS if allowed is None else allowed, expected_s)


def _settle(cloud: Cloud, server: Server) -> None:
    """
    Stop a server that the cloud reports as running although its guest is off.

    Not documented: if an image may be created from a disk of a running server. If the cloud does not stop the server,
    the capture reports a problem.
    """
    if server.status == "SHUTOFF":
        return

    def effect() -> Effect:
        current = cloud.ecs.get_server(server.id, confirm=False)
        return "ended" if current is not None and current.status == "SHUTOFF" else "under way"

    try:
        job_id = cloud.ecs.stop_servers([server.id])
        wait_for_effect(
            cloud.ecs.get_job,
            job_id,
            effect,
            subject=f"stop of server {server.name}",
            timeout_s=STOP_TIMEOUT_S,
            cancelled=process.cancelled,
        )
    except Cancelled:
        raise
    except CloudError as error:
        process.log(f"could not stop the server, whose guest is off: {error}")


def _is_off(server: Server) -> bool:
    # Not documented: the status after a guest's own power-off. SHUTOFF is the usual behaviour of Nova; the power state
    # (4, SHUTDOWN) is that of the hypervisor itself.
    return not server.task_state and (server.status == "SHUTOFF" or server.power_state == SHUTDOWN)


def _state(server: Server) -> str:
    return "shut down" if _is_off(server) else f"installing ({server.status})"


def _reporter(cloud: Cloud, installation: OsInstallationInputs) -> Callable[[Progress], None]:
    """
    Return a reporter of progress with the address of the remote console: in a log only if a person has to install.

    An address is a login, if only for some minutes, so a log that does not need it does not contain it.
    """
    console = diagnostics.Console(cloud, installation.server_id)
    lead = "" if installation.mode == "unattended" or serving.way().has_provider else CONSOLE
    report = progress.reporter(lambda: f"console: {console.url()}", lead)
    if installation.mode == "unattended":
        return report
    urn, shown = process.current_urn(), {"url": ""}

    def report_with_console(state: Progress) -> None:
        report(state)
        if not state.ended and console.url() != shown["url"]:
            shown["url"] = console.url()
            process.log(f"install over the remote console, then shut down: {shown['url']}", urn=urn)

    return report_with_console


class OsInstallation(StepResource, module="huaweicloud", name="OsInstallation"):
    """Installed operating system. For the arguments see OsInstallationInputs."""

    provider_class = OsInstallationProvider
    output_names = ("status", "packages", *STEP_METRICS)

    status: pulumi.Output[str]
    packages: pulumi.Output[dict[str, Any] | None]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]
