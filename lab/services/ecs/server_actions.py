"""Routes for deletion at once or at a time, power, and console."""

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from starlette.responses import JSONResponse, Response

from lab.machines.screens import page
from lab.services.ecs.server_project import ProjectCaller
from lab.services.ecs.server_responses import ACCEPTED, ERRORS, ConsoleOutput, ConsoleResponse
from lab.services.ecs.server_schemas import ActionBody, AutoTerminateBody, DeleteServersBody, RemoteConsoleBody
from lab.services.service_app import as_json, name_operation
from lab.services.shared_schemas import JobId
from lab.world.refusal import Refused
from lab.world.servers.server_changes import set_auto_terminate
from lab.world.servers.server_deletion import delete_servers as delete
from lab.world.servers.server_power import act
from lab.world.servers.server_status import find_server
from lab.world.state import World

RESPONSES: dict[int | str, dict[str, Any]] = {200: {"model": JobId}, **ERRORS, **ACCEPTED}


def add_routes(app: FastAPI, world: World) -> None:
    @app.post("/v1/{project_id}/cloudservers/delete", responses=RESPONSES)
    async def delete_servers(body: DeleteServersBody, caller: ProjectCaller) -> JSONResponse:
        ids = [server.id for server in body.servers]
        job = delete(world, caller.project_id, ids, body.delete_volume, body.delete_publicip)
        return as_json({"job_id": job.id})

    @app.post("/v1/{project_id}/cloudservers/action", responses=RESPONSES)
    async def act_on_servers(request: Request, body: ActionBody, caller: ProjectCaller) -> JSONResponse:
        given = [key for key in ("start", "stop", "reboot") if getattr(body, key) is not None]
        if len(given) != 1:
            raise Refused("Ecs.0005", "Exactly one of os-start, os-stop and reboot is needed.")
        name_operation(request, f"batch_{given[0]}_servers")
        if body.start is not None:
            job = act(world, caller.project_id, "start", [s.id for s in body.start.servers], hard=False)
        elif body.stop is not None:
            hard = body.stop.type == "HARD"
            job = act(world, caller.project_id, "stop", [s.id for s in body.stop.servers], hard)
        else:
            assert body.reboot is not None
            hard = body.reboot.type == "HARD"
            job = act(world, caller.project_id, "reboot", [s.id for s in body.reboot.servers], hard)
        return as_json({"job_id": job.id})

    @app.post(
        "/v1/{project_id}/cloudservers/{server_id}/actions/update-auto-terminate-time",
        response_class=Response,
        responses={204: {"description": "done"}, **ERRORS},
    )
    async def update_server_auto_terminate_time(
        server_id: str, body: AutoTerminateBody, caller: ProjectCaller
    ) -> Response:
        set_auto_terminate(world, caller.project_id, server_id, body.auto_terminate_time)
        return Response(status_code=int(world.variants.auto_terminate_status))

    _add_consoles(app, world)


def _add_consoles(app: FastAPI, world: World) -> None:
    @app.get(
        "/v1/{project_id}/cloudservers/{server_id}/console-output",
        responses={200: {"model": ConsoleOutput}, **ERRORS},
    )
    async def show_server_console_output(
        server_id: str, caller: ProjectCaller, length: Annotated[int, Query(ge=-1)] = 50
    ) -> JSONResponse:
        server = find_server(world, caller.project_id, server_id)
        if server is None or server.vm_state == "deleted":
            raise Refused("Ecs.0114", "The server does not exist.")
        text = await world.drive(world.driver.console_log, server.id, None if length == -1 else length)
        return as_json({"output": text})

    @app.post(
        "/v1/{project_id}/cloudservers/{server_id}/remote_console",
        responses={200: {"model": ConsoleResponse}, **ERRORS},
    )
    async def show_server_remote_console(
        server_id: str, body: RemoteConsoleBody, caller: ProjectCaller
    ) -> JSONResponse:
        server = find_server(world, caller.project_id, server_id)
        if server is None or server.vm_state == "deleted":
            raise Refused("Ecs.0114", "The server does not exist.")
        if server.vm_state != "active" and world.variants.console_of_stopped_server == "refused":
            raise Refused("Ecs.0100", "The server's state does not allow this.")
        token = world.console_links.issue(server.id)
        has_screen = await world.drive(world.driver.screen, server.id) is not None
        path = page(server.id, token) if has_screen else f"/console/{server.id}?token={token}&lang=EN"
        url = f"{world.control_url}{path}"
        return as_json({"remote_console": {"type": "novnc", "protocol": "vnc", "url": url}})
