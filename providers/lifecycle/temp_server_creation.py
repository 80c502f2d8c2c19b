"""
Creation of a server of a build exactly once, whatever interrupted an earlier run.

The request for a server repeats under a client token that follows from the build id and the role of the server. So a
request whose response was lost is answered with its own server.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from huaweicloud.errors import (
    ApiError,
    AuthenticationFailed,
    Cancelled,
    CloudError,
    CredentialsExpired,
    JobFailed,
    NotFound,
    RateLimited,
    UnexpectedState,
)
from huaweicloud.polling import Effect, wait_for_effect, wait_until
from providers.installation import diagnostic_files
from providers.lifecycle import deletion, ownership, spent_tokens
from providers.lifecycle.ownership_tag import ServerRole
from providers.runtime import process, progress, step_metrics

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.ecs import CreatedServer, CreateServer, Server
    from huaweicloud.models.ecs import AttachedVolume
    from huaweicloud.models.jobs import ServerJob

MAX_REPLAYS = 50
TOKEN_IS_SPENT = ("Ecs.0122", "Ecs.0124")  # the same token with other parameters; an expired token
NEVER_REACHED_THE_SERVICE = (AuthenticationFailed, CredentialsExpired, RateLimited)
LISTED_WITHIN_S = 30.0
BUILT_WITHIN_S = 600.0
_TOKENS = uuid.UUID("6a1b2f0e-9b7e-4b52-8d0c-3a3e6f1f8f55")


def find_server(cloud: Cloud, role: ServerRole) -> Server | None:
    """
    Return the server of a build that has a role, in whatever state; None if there is none.

    It is found by its name as well, because tags may show later than the server.
    """
    servers = cloud.ecs.list_servers(name_contains=role.build_id)
    return next((s for s in servers if role.is_played_by(s.name, s.tags)), None)


def ensure_server(
    cloud: Cloud,
    role: ServerRole,
    request: CreateServer,
    timeout_s: float,
    found: Server | None,
    accepted: Callable[[], None],
) -> tuple[Server, str]:
    """
    Adopt the server of a role if an earlier run created it, else create it, and wait until it is built.

    Args:
        cloud: Client of the region.
        role: Role of the server in its build.
        request: Request for a new server.
        timeout_s: Seconds that the job of a new server may take.
        found: Server of an earlier run, from find_server().
        accepted: Function that is called when the service has accepted the request for a new one.

    Returns:
        The server and its owner.
    """
    while found is not None:
        adopted = _adopt(cloud, found, role)
        if adopted is not None:
            return adopted
        found = find_server(cloud, role)
    return _create(cloud, role, request, timeout_s, accepted)


def _adopt(cloud: Cloud, server: Server, role: ServerRole) -> tuple[Server, str] | None:
    """Return the server with a new owner; None if its creation failed, in which case what is left is deleted."""
    process.log(f"adopts server {server.name}, which an earlier run created for this build")
    step_metrics.exclude_from_estimates()
    built = _built_or_dead(cloud, server, role)
    if built is None or built.status == "ERROR":
        reason = f" ({_fault(built)})" if built else ""
        process.log(f"server {server.name} failed during an earlier run{reason} and will be created again", "warning")
        diagnostic_files.save(cloud, built or server, f"it failed during an earlier run{reason}")
        deletion.delete_listed_server(cloud, built or server)
        return None
    tag = role.fresh_tag
    ownership.claim(server.id, tag.owner)
    cloud.ecs.set_tags(server.id, tag.as_tags)
    return built, tag.owner


def _built_or_dead(cloud: Cloud, server: Server, role: ServerRole) -> Server | None:
    """
    Return the server when it is built or in ERROR; None if its creation has failed, or it has no data disk.

    Not documented: if a server that is being created can be read by its id, or shows as 404. So the list decides if
    there is one.
    """

    def poll() -> Server | None:
        current = cloud.ecs.get_server(server.id)
        if current is not None or find_server(cloud, role) is not None:
            return current or server
        return None

    current = wait_until(
        poll,
        done=lambda seen: (
            seen is None or seen.status == "ERROR" or _is_built(seen, role) or _has_lost_disk(cloud, seen, role)
        ),
        subject=f"server {server.name}",
        timeout_s=2 * BUILT_WITHIN_S,
        cancelled=process.cancelled,
        poll_at_once=True,
        describe=lambda seen: "gone" if seen is None else str(seen.status),
        progress=progress.reporter(),
    )
    return None if current is None or _has_lost_disk(cloud, current, role) else current


def _is_built(server: Server, role: ServerRole) -> bool:
    return server.status != "BUILD" and bool(_needed_disks(server, role))


def _needed_disks(server: Server, role: ServerRole) -> list[AttachedVolume]:
    """Return the disks without which a server is of no use: the data disk that becomes the image, or the only one."""
    return server.data_volumes if role.step == "server" else server.volumes


def _has_lost_disk(cloud: Cloud, server: Server, role: ServerRole) -> bool:
    """Return True if a server has not the disk of its role any more: it is off, or old enough to show one."""
    if server.status in ("BUILD", "ERROR") or _needed_disks(server, role):
        return False
    now = cloud.service_time("ecs")
    age_s = (now - server.created).total_seconds() if now and server.created else 0.0
    return server.status == "SHUTOFF" or age_s > BUILT_WITHIN_S


def _wait_until_built(cloud: Cloud, role: ServerRole, server_id: str, name: str) -> Server:
    def failed(server: Server | None) -> CloudError | None:
        if server is not None and server.status == "ERROR":
            hint = "run `pulumi up` again, which deletes it and creates another one"
            return UnexpectedState(f"server {name} ({server_id}) is in status ERROR: {_fault(server)}", hint=hint)
        return None

    server = wait_until(
        lambda: cloud.ecs.get_server(server_id),
        done=lambda server: server is not None and _is_built(server, role),
        failed=failed,
        subject=f"server {name}",
        timeout_s=BUILT_WITHIN_S,
        cancelled=process.cancelled,
        poll_at_once=True,
        describe=lambda server: "not listed yet" if server is None else str(server.status),
        progress=progress.reporter(),
    )
    assert server is not None  # narrowed by `done`
    return server


def _fault(server: Server) -> str:
    return server.fault.message if server.fault else "the service gives no reason"


def _create(
    cloud: Cloud, role: ServerRole, request: CreateServer, timeout_s: float, accepted: Callable[[], None]
) -> tuple[Server, str]:
    """
    Create the server with a client token that follows from the build id.

    A repeated request whose response was lost is answered with the first one's server. A token that was spent on a
    server that has failed or is gone since then is replaced by the next.

    Returns:
        The server, built, and its owner.
    """
    first = role.first_tag.owner
    for number in range(MAX_REPLAYS):
        before = cloud.service_time("ecs")
        try:
            created = cloud.ecs.create_server(request, str(uuid.uuid5(_TOKENS, f"{role.key}/{number}")))
        except ApiError as error:
            if error.code not in TOKEN_IS_SPENT:
                created = _repeat_with_new_token(cloud, request, error)
                accepted()
                return _wait_for_job(cloud, role, created, request.name, timeout_s), first
            found = _find_within_delay(cloud, role)
            if found is not None:
                return _adopt(cloud, found, role) or _create(cloud, role, request, timeout_s, accepted)
            continue
        if not spent_tokens.is_spent(cloud, created, before):
            accepted()
            return _wait_for_job(cloud, role, created, request.name, timeout_s), first
    raise UnexpectedState(
        f"{MAX_REPLAYS} earlier attempts to create server {request.name} have used all of its client tokens",
        hint="change the build's `rebuild` value to begin a new build",
    )


def _repeat_with_new_token(cloud: Cloud, request: CreateServer, refused: ApiError) -> CreatedServer:
    """
    Send a refused request once more with a token that was never used.

    Not documented: if the token of a refused request still returns that refusal when its cause has gone.
    """
    if not refused.nothing_happened or isinstance(refused, NEVER_REACHED_THE_SERVICE):
        raise refused
    return cloud.ecs.create_server(request, str(uuid.uuid4()))


def _find_within_delay(cloud: Cloud, role: ServerRole) -> Server | None:
    """
    Return a server that an earlier request with other settings has created, which lists may show late.

    The quota proves that there is none: if it counts no more servers than the list shows, the list is complete. It is
    read before and after the list, so that a change of other servers in between proves nothing.

    Not documented: when a new server shows in the list; the quota is what its creation is checked against.
    """
    ends = time.monotonic() + LISTED_WITHIN_S
    while True:
        used = _used_instances(cloud)
        listed = cloud.ecs.list_servers()
        found = next((s for s in listed if role.is_played_by(s.name, s.tags)), None)
        shows_all = max(used, _used_instances(cloud)) <= len(listed)
        if found is not None or shows_all or time.monotonic() > ends:
            return found
        process.pause(2.0, "the server of an earlier request")


def _used_instances(cloud: Cloud) -> float:
    """
    Return the number of servers that the quota counts; infinite if the service does not report it.

    Source: ECS GET /v1/{project_id}/cloudservers/limits, `totalInstancesUsed`.
    """
    try:
        limits = cloud.ecs.get_limits()
    except Cancelled:
        raise
    except CloudError:
        return float("inf")
    return limits.used_instances if "used_instances" in limits.model_fields_set else float("inf")


def _effect(cloud: Cloud, role: ServerRole, created: CreatedServer) -> Effect:
    """Return the state of the creation as the list of servers shows it."""
    server = cloud.ecs.get_server(created.server_ids[0], confirm=False) if created.server_ids else None
    if server is None:
        return "unknown"
    if server.status == "ERROR":
        return "failed"
    return "ended" if _is_built(server, role) else "under way"


def _wait_for_job(cloud: Cloud, role: ServerRole, created: CreatedServer, name: str, timeout_s: float) -> Server:
    try:
        job: ServerJob | None = wait_for_effect(
            cloud.ecs.get_job,
            created.job_id,
            lambda: _effect(cloud, role, created),
            subject=f"server {name}",
            timeout_s=timeout_s,
            expected_s=step_metrics.expected_s(),
            cancelled=process.cancelled,
            progress=progress.reporter(),
        )
    except JobFailed:
        left = find_server(cloud, role)
        if left is not None:
            deletion.delete_listed_server(cloud, left)
        raise
    except NotFound:  # no longer known; the response to the request has named the server
        job = None
    server_id = (job and job.server_id) or next(iter(created.server_ids), None)
    if server_id is None:
        raise UnexpectedState(f"job {created.job_id} ended without naming its server", hint="run `pulumi up` again")
    return _wait_until_built(cloud, role, server_id, name)
