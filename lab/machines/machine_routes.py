"""Routes of the control interface for servers: their machines, consoles, screens and power, by id or name."""

from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict

from lab.files.plain_json import PlainJson
from lab.machines import references
from lab.machines.references import Unresolved
from lab.machines.terminal_text import printable
from lab.world.records import Image, Server
from lab.world.refusal import Refused
from lab.world.servers.booting import BOOT_NAME, start_server
from lab.world.servers.server_building import remove_server
from lab.world.servers.server_power import act
from lab.world.servers.server_status import status_of
from lab.world.state import World


class PowerBody(BaseModel):
    """
    Change of a server's power.

    Attributes:
        action: Action start, stop or reboot.
        hard: True to act without the guest.
    """

    model_config = ConfigDict(extra="forbid")
    action: Literal["start", "stop", "reboot"]
    hard: bool = False


def add_machine_routes(app: FastAPI, world: World) -> None:
    """Add the routes for images and machines, and the responses to references that match nothing."""

    @app.exception_handler(Unresolved)
    async def on_unresolved(_: Request, error: Unresolved) -> Response:
        return PlainJson({"error": str(error)}, 409 if error.is_ambiguous else 404)

    @app.exception_handler(Refused)
    async def on_refused(_: Request, error: Refused) -> Response:
        return PlainJson({"error": f"{error.message.rstrip('.')} ({error.code})"}, 400)

    _add_views(app, world)
    _add_actions(app, world)


def _add_views(app: FastAPI, world: World) -> None:
    @app.get("/images/{image:path}")
    async def show_image_file(image: str) -> dict[str, Any]:
        return image_file(references.image(world, image))

    @app.get("/servers/{server:path}")
    async def show_machine(server: str) -> dict[str, Any]:
        return await _machine(world, references.server(world, server))

    @app.get("/console/{server:path}")
    async def show_console(server: str, lines: int | None = None) -> Response:
        found = references.server(world, server)
        return PlainTextResponse(printable(await world.drive(world.driver.console_log, found.id, lines)))

    @app.get("/screenshot/{server:path}")
    async def show_screen(server: str) -> Response:
        found = references.server(world, server)
        png = await world.drive(world.driver.screenshot, found.id)
        if png is not None:
            return Response(png, media_type="image/png")
        why = "it is off" if found.vm_state != "active" else f"the driver {world.driver.name} has none"
        return PlainJson({"error": f"server {found.name} ({found.id}) shows no screen: {why}"}, 404)


def _add_actions(app: FastAPI, world: World) -> None:
    @app.post("/servers/{server:path}/power")
    async def change_power(server: str, body: PowerBody) -> dict[str, Any]:
        found = references.server(world, server)
        try:
            act(world, found.project_id, body.action, [found.id], body.hard)
        except Refused as refused:
            what = f"{body.action} of server {found.name} ({found.id}, {status_of(world, found)}) is refused"
            raise Refused(refused.code, f"{what}: {refused.message}") from refused
        world.store.flush()
        return await _machine(world, found)

    @app.post("/boot/{image:path}", status_code=201)
    async def boot_image(image: str) -> dict[str, str]:
        found = references.image(world, image)
        if found.is_iso:
            what = f"image {found.name} ({found.id}) is an ISO image"
            raise Refused("Ecs.0031", f"{what}; boot the image of a disk that it was installed on")
        return {"server_id": start_server(world, found.id), "image_id": found.id, "image_name": found.name}

    @app.delete("/boot/{server_id}", status_code=204)
    async def remove_booted(server_id: str) -> None:
        server = world.servers.get(server_id)
        if server is not None and server.name.startswith(BOOT_NAME):
            await remove_server(world, server)
            world.store.flush()


def image_file(image: Image) -> dict[str, Any]:
    """Return the description of an image with its file."""
    return {
        "id": image.id,
        "name": image.name,
        "status": image.status,
        "path": image.path,
        "sha256": image.sha256,
        "size_bytes": image.size_bytes,
        "virtual_size_gib": image.virtual_size_gib,
        "disk_format": image.disk_format,
        "firmware": image.hw_firmware_type or "bios",
    }


async def _machine(world: World, server: Server) -> dict[str, Any]:
    disks = world.volumes.where("server_id", server.id)
    written = {v.id: await world.drive(world.driver.written_bytes, v.id) for v in disks if v.status != "creating"}
    return {
        "id": server.id,
        "name": server.name,
        "vm_state": server.vm_state,
        "task_state": server.task_state,
        "powered_on": await world.drive(world.driver.is_powered_on, server.id),
        "written_bytes": written,
        "shortage": await world.drive(world.driver.shortage, server.id),
    }
