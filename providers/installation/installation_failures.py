"""Errors of an installation that cannot end, with diagnostics, and the fate of its server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from huaweicloud.errors import UnexpectedState
from providers.installation import diagnostic_files, diagnostics
from providers.lifecycle import deletion
from providers.runtime import process, serving

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import Server

LAB = "HW_LAB_ENDPOINT"


class Limits(Protocol):
    """Settings of an installation that decide the fate of its server."""

    @property
    def timeout_minutes(self) -> float:
        """Minutes that the installation may take."""

    @property
    def on_timeout(self) -> str:
        """`keep` or `remove`."""


def vanished(server_id: str) -> UnexpectedState:
    """Return the error for a server that is gone."""
    return UnexpectedState(
        f"server {server_id} was deleted before its installation ended",
        hint="run `pulumi up --refresh` to build again",
    )


def in_error(cloud: Cloud, server: Server) -> UnexpectedState:
    """Return the error for a server in status ERROR; it is kept."""
    reason = server.fault.message if server.fault else "the service gives no reason"
    return UnexpectedState(
        f"server {server.name} ({server.id}) changed to status ERROR during the installation: {reason}; "
        f"{diagnostics.of_server(cloud, server.id)}",
        hint="change the build's `rebuild` value to begin again, or run `pulumi destroy`",
    )


def timed_out(cloud: Cloud, server: Server, limits: Limits) -> UnexpectedState:
    """Return the error for an installation that takes too long; delete the server first if the limits ask for it."""
    return _failed(
        cloud,
        server,
        limits,
        f"the installation on server {server.name} ({server.id}) has not ended within "
        f"{limits.timeout_minutes:g} minutes",
        hint="raise installation.timeout_minutes and run `pulumi up` to continue the wait; if the system is installed, "
        f"shut the server down with {power_off_command(server)} and run `pulumi up`; or run `pulumi destroy`",
    )


def starts_again(cloud: Cloud, server: Server, limits: Limits, starts: int) -> UnexpectedState:
    """Return the error for an installer that reboots instead of powering off, like that for one that takes too long."""
    return _failed(
        cloud,
        server,
        limits,
        f"server {server.name} ({server.id}) has started its installer {starts} times according to its console: "
        "the installer reboots instead of powering the machine off, so the installation would never end",
        hint=f"{POWER_OFF_HINT}; an installer that has to start so often needs installation.allowed_restarts: {starts} "
        "or more",
    )


POWER_OFF_HINT = (
    "let the installer power off at its end (preseed: `d-i debian-installer/exit/poweroff boolean true`; "
    "Kickstart: `poweroff`; autoinstall: `shutdown: poweroff`), then build from the corrected ISO file with another "
    "`rebuild` value"
)


CLOUD_CONSOLE = "the cloud's console"


def _failed(cloud: Cloud, server: Server, limits: Limits, problem: str, hint: str) -> UnexpectedState:
    if limits.on_timeout != "remove":
        return UnexpectedState(f"{problem}; the server is kept; {diagnostics.of_server(cloud, server.id)}", hint=hint)
    words, saved = diagnostics.last_words(cloud, server.id), diagnostic_files.save(cloud, server, problem)
    deletion.delete_server(cloud, server.id, [volume.id for volume in server.volumes])
    parts = [f"{problem}; the server was deleted because installation.on_timeout is `remove`", str(saved), words]
    return UnexpectedState("; ".join(filter(None, parts)), hint="run `pulumi up --refresh` to build again")


def power_off_command(server: Server) -> str:
    """Return the means to stop a server: in the embedded cloud, in a stack of this project, or in any other stack."""
    if os.environ.get(LAB):
        return f"`python -m lab power-off {server.name}`"
    if serving.way().has_provider:
        return CLOUD_CONSOLE
    stack = process.current_stack()
    build = process.current_urn().rpartition("::")[2]
    return f"`make power-off STACK={stack} BUILD={build}`" if stack and build else CLOUD_CONSOLE
