"""Elastic Cloud Server: client."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from huaweicloud.coalescing import CoalescedReader
from huaweicloud.errors import NotFound
from huaweicloud.models.ecs import (
    AttachedVolume,
    BlockDevice,
    CreatedServer,
    CreateServer,
    Flavor,
    Limits,
    RemoteConsole,
    Server,
    ServerFault,
    Volume,
    Zone,
)
from huaweicloud.models.jobs import ServerJob
from huaweicloud.server_offers import ServerOffers
from huaweicloud.service import ProjectAccess, Query, all_pages, parse
from huaweicloud.transport.messages import CLIENT_TOKEN, path

__all__ = [
    "AttachedVolume",
    "BlockDevice",
    "CreateServer",
    "CreatedServer",
    "Ecs",
    "Flavor",
    "Limits",
    "RemoteConsole",
    "Server",
    "ServerFault",
    "ServerJob",
    "Volume",
    "Zone",
]

PAGE = 100


class Ecs(ServerOffers):
    """Client of ECS."""

    def __init__(self, base_url: str, access: ProjectAccess) -> None:
        super().__init__(base_url, access)
        self._reader = CoalescedReader(self._read_server, self.list_servers, PAGE)

    def create_server(self, request: CreateServer, client_token: str | None) -> CreatedServer:
        """
        Create a server (POST /v1/{project_id}/cloudservers).

        Args:
            request: Server to create.
            client_token: UUID that makes the request repeatable for 8 hours, or None.

        Returns:
            The job, and the ids of the future servers.

        Raises:
            ApiError: Ecs.0122 for a token of another request, Ecs.0124 for a token that is too old. Not documented:
                the HTTP status of both.
        """
        operation = f"create server {request.name}"
        headers = {CLIENT_TOKEN: client_token} if client_token else None
        response = self._send("POST", self._path(), operation=operation, body=request.body(), headers=headers)
        return parse(CreatedServer, response, operation=operation)

    def get_job(self, job_id: str) -> ServerJob:
        """
        Get a job (GET /v1/{project_id}/jobs/{job_id}).

        Args:
            job_id: Id of the job.

        Returns:
            The job.

        Raises:
            NotFound: The service does not know the job; it forgets finished jobs after a day.
        """
        operation = f"get server job {job_id}"
        response = self._send("GET", path("v1", self._project_id(), "jobs", job_id), operation=operation)
        return parse(ServerJob, response, operation=operation)

    def get_server(self, server_id: str, *, confirm: bool = True) -> Server | None:
        """
        Get a server (GET /v1/{project_id}/cloudservers/{server_id}).

        Args:
            server_id: Id of the server.
            confirm: Whether to read it by its id if a shared list lacks it.

        Returns:
            The server, or None if it does not exist: it is deleted, not yet created, or its creation failed.
            Concurrent reads may share a list request.
        """
        return self._reader.get(server_id, confirm=confirm)

    def _read_server(self, server_id: str) -> Server | None:
        operation = f"get server {server_id}"
        try:
            response = self._send("GET", self._path(server_id), operation=operation)
        except NotFound:
            return None
        server = parse(Server, response, "server", operation=operation)
        return None if server.is_gone else server

    def list_servers(
        self, *, name: str | None = None, name_contains: str | None = None, tags: str | None = None
    ) -> list[Server]:
        """
        List servers (GET /v1/{project_id}/cloudservers/detail), all pages.

        Args:
            name: Exact name; the cloud itself matches parts of names.
            name_contains: Part of the name, if there is no `name`.
            tags: Tag as `key=value`.

        Returns:
            The servers that are not deleted.
        """
        operation = "list servers"

        def fetch(read: list[Server]) -> list[Server]:
            # In this list an offset is the number of a page.
            page = len(read) // PAGE + 1
            query: Query = {"limit": PAGE, "offset": page, "name": name or name_contains, "tags": tags}
            response = self._scope.read(
                lambda scope: self._send("GET", self._path("detail"), operation=operation, query={**query, **scope})
            )
            return parse(list[Server], response, "servers", operation=operation)

        found = all_pages(fetch, PAGE)
        return [server for server in found if not server.is_gone and (name is None or server.name == name)]

    def delete_servers(
        self, server_ids: Iterable[str], *, delete_volumes: bool = True, delete_public_ip: bool = True
    ) -> str:
        """
        Delete servers (POST /v1/{project_id}/cloudservers/delete).

        Args:
            server_ids: Ids of the servers.
            delete_volumes: Whether to delete the data disks too; otherwise they stay and cost money.
            delete_public_ip: Whether to release the public addresses.

        Returns:
            Id of the job.

        Raises:
            NotFound: No such server exists.
        """
        ids = list(server_ids)
        body = {"servers": _ids(ids), "delete_publicip": delete_public_ip, "delete_volume": delete_volumes}
        return self._job(self._path("delete"), body, f"delete server {', '.join(ids)}")

    def start_servers(self, server_ids: Iterable[str]) -> str:
        """
        Start servers (POST /v1/{project_id}/cloudservers/action, os-start).

        Args:
            server_ids: Ids of the servers.

        Returns:
            Id of the job.
        """
        ids = list(server_ids)
        return self._job(self._path("action"), {"os-start": {"servers": _ids(ids)}}, f"start server {', '.join(ids)}")

    def stop_servers(self, server_ids: Iterable[str], hard: bool = False) -> str:
        """
        Stop servers (POST /v1/{project_id}/cloudservers/action, os-stop).

        Args:
            server_ids: Ids of the servers.
            hard: Whether to cut the power instead of requesting a shutdown by the guest.

        Returns:
            Id of the job.
        """
        ids = list(server_ids)
        body = {"os-stop": {"type": _force(hard), "servers": _ids(ids)}}
        return self._job(self._path("action"), body, f"stop server {', '.join(ids)}")

    def reboot_servers(self, server_ids: Iterable[str], hard: bool = False) -> str:
        """
        Restart servers (POST /v1/{project_id}/cloudservers/action, reboot).

        Args:
            server_ids: Ids of the servers.
            hard: Whether to reset instead of requesting a restart by the guest.

        Returns:
            Id of the job.
        """
        ids = list(server_ids)
        body = {"reboot": {"type": _force(hard), "servers": _ids(ids)}}
        return self._job(self._path("action"), body, f"restart server {', '.join(ids)}")

    def get_remote_console(self, server_id: str) -> RemoteConsole:
        """
        Get the address of a server's screen (POST /v1/{project_id}/cloudservers/{server_id}/remote_console).

        Args:
            server_id: Id of the server.

        Returns:
            The address, valid for one login.
        """
        operation = f"get the console address of server {server_id}"
        body = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
        response = self._send(
            "POST", self._path(server_id, "remote_console"), operation=operation, body=body, idempotent=True
        )
        return parse(RemoteConsole, response, "remote_console", operation=operation)

    def get_console_output(self, server_id: str, lines: int = 50) -> str:
        """
        Read the last lines of a server's serial console (GET /v1/{project_id}/cloudservers/{server_id}/console-output).

        Args:
            server_id: Id of the server.
            lines: Number of lines; -1 is all.

        Returns:
            The text; empty if nothing was written.
        """
        operation = f"read the console output of server {server_id}"
        response = self._send(
            "GET", self._path(server_id, "console-output"), operation=operation, query={"length": lines}
        )
        return parse(str, response, "output", operation=operation)

    def set_auto_terminate_time(self, server_id: str, moment: datetime | None) -> None:
        """
        Set the time at which the cloud deletes a pay-per-use server.

        Source: POST /v1/{project_id}/cloudservers/{server_id}/actions/update-auto-terminate-time.

        Args:
            server_id: Id of the server.
            moment: Time from 30 minutes to 3 years ahead (UTC), to the minute; None for never.
        """
        self._send(
            "POST",
            self._path(server_id, "actions", "update-auto-terminate-time"),
            operation=f"set the time of deletion of server {server_id}",
            body={"auto_terminate_time": moment.strftime("%Y-%m-%dT%H:%M:00Z") if moment else ""},
            idempotent=True,
            parse_json=False,
        )

    def list_block_devices(self, server_id: str) -> list[BlockDevice]:
        """
        List a server's disks (GET /v1/{project_id}/cloudservers/{server_id}/block_device).

        Args:
            server_id: Id of the server.

        Returns:
            The disks.
        """
        operation = f"list the disks of server {server_id}"
        response = self._send("GET", self._path(server_id, "block_device"), operation=operation)
        return parse(list[BlockDevice], response, "volumeAttachments", operation=operation)

    def _job(self, url_path: str, body: Mapping[str, object], operation: str) -> str:
        response = self._send("POST", url_path, operation=operation, body=body)
        return parse(str, response, "job_id", operation=operation)

    def _tags_path(self, resource_id: str) -> str:
        """Return the path of POST /v1/{project_id}/cloudservers/{server_id}/tags/action."""
        return self._path(resource_id, "tags", "action")


def _ids(server_ids: Iterable[str]) -> list[dict[str, str]]:
    return [{"id": server_id} for server_id in server_ids]


def _force(hard: bool) -> str:
    return "HARD" if hard else "SOFT"
