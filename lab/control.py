"""The lab's own HTTP interface: health, journal, settings, faults, OpenAPI documents, consoles."""

import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel
from starlette.staticfiles import StaticFiles

from lab.disk_space import NotWritten, full_disk_sentence, is_full_disk
from lab.faults import Fault, Faults
from lab.journal import Journal
from lab.settings import Settings, SettingsError, changed
from lab.variant_catalogue import catalogue
from lab.variants import Variants
from lab.world.booting import BOOT_NAME, start_server
from lab.world.jobs import JobFault
from lab.world.records import Image, Server
from lab.world.refusal import Refused
from lab.world.server_creation import remove_server
from lab.world.state import World

NOVNC = Path("/usr/share/novnc")  # the browser's side of a machine's screen, from the package novnc


def create_app(world: World, journal: Journal, faults: Faults, services: dict[str, FastAPI]) -> FastAPI:
    """The control application."""
    app = FastAPI(title="Lab control", version="1", docs_url=None, redoc_url=None)
    _add_disk_errors(app)
    _add_state(app, world)
    _add_settings(app, world)
    _add_journal(app, journal)
    _add_faults(app, world, faults)
    _add_work(app, world)

    if NOVNC.is_dir():
        app.mount("/novnc", StaticFiles(directory=NOVNC))

    @app.get("/openapi/{service}.json")
    async def show_openapi(service: str) -> Response:
        if service not in services:
            return JSONResponse({"error": f"no such service: {service}"}, 404)
        return JSONResponse(services[service].openapi())

    return app


def _add_disk_errors(app: FastAPI) -> None:
    async def on_error(_: Request, error: Exception) -> Response:
        if not isinstance(error, NotWritten) and not is_full_disk(error):
            raise error
        return JSONResponse({"error": "the disk of the lab is full, or fails; nothing was written"}, 503)

    for kind in (NotWritten, sqlite3.Error, OSError):
        app.add_exception_handler(kind, on_error)


def _add_state(app: FastAPI, world: World) -> None:
    @app.get("/health")
    async def show_health() -> dict[str, Any]:
        return {
            "status": "failing" if world.supervisor.problems else "ok",
            "problems": list(world.supervisor.problems.values()),
            "driver": world.driver.name,
            "time": world.now().isoformat(timespec="milliseconds"),
            "time_scale": world.clock.scale,
            "images": len(world.images),
            "servers": len([s for s in world.servers if s.vm_state != "deleted"]),
            "volumes": len(world.volumes),
            "unfinished_jobs": len([j for j in world.jobs.records if not j.finished]),
        }

    @app.get("/images/{image_id}")
    async def show_image_file(image_id: str) -> Response:
        image = world.images.get(image_id)
        return JSONResponse(_image_file(image), 200) if image else JSONResponse({"error": "no such image"}, 404)

    @app.get("/servers/{server_id}")
    async def show_machine(server_id: str) -> Response:
        server = world.servers.get(server_id)
        if server is None:
            return JSONResponse({"error": "there is no such server, or it could not be made"}, 404)
        return JSONResponse(await _machine(world, server))

    @app.get("/console/{server_id}")
    async def show_console(server_id: str, lines: int | None = None) -> Response:
        if world.servers.get(server_id) is None:
            return PlainTextResponse("no such server", 404)
        return PlainTextResponse(await world.drive(world.driver.console_log, server_id, lines))

    @app.get("/screenshot/{server_id}")
    async def show_screen(server_id: str) -> Response:
        if world.servers.get(server_id) is None:
            return PlainTextResponse("no such server", 404)
        png = await world.drive(world.driver.screenshot, server_id)
        return Response(png, media_type="image/png") if png else HTMLResponse("no screen", 404)


class ObjectBody(BaseModel):
    """A file of this machine that is to be put into the object store."""

    path: Path
    bucket: str
    key: str
    md5: str | None = None


def _add_work(app: FastAPI, world: World) -> None:
    @app.post("/objects", status_code=201)
    async def put_object(body: ObjectBody) -> Response:
        if not body.path.is_file():
            return JSONResponse({"error": f"{body.path} is no regular file"}, 400)
        try:
            stored = await world.drive(world.objects.put_file, body.bucket, body.key, body.path, body.md5)
        except Exception as error:
            if is_full_disk(error):
                return JSONResponse({"error": f"{full_disk_sentence(world.root)}; {body.key} was not stored"}, 503)
            return JSONResponse({"error": f"the object store refused {body.key}: {error}"}, 400)
        return JSONResponse({"bucket": body.bucket, "key": body.key, "size_bytes": stored.size}, 201)

    @app.get("/objects/{bucket}/{key:path}")
    async def show_object(bucket: str, key: str) -> dict[str, Any] | None:
        found = await world.drive(world.objects.head, bucket, key)
        return {"size_bytes": found.size, "etag": found.etag} if found else None

    @app.post("/boot/{image_id}", status_code=201)
    async def boot_image(image_id: str) -> Response:
        try:
            return JSONResponse({"server_id": start_server(world, image_id)}, 201)
        except Refused as refused:
            return JSONResponse({"error": f"{refused.code}: {refused.message}"}, 400)

    @app.delete("/boot/{server_id}", status_code=204)
    async def remove_booted(server_id: str) -> None:
        server = world.servers.get(server_id)
        if server is not None and server.name.startswith(BOOT_NAME):
            await remove_server(world, server)
            world.store.flush()


def _image_file(image: Image) -> dict[str, Any]:
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


def _add_settings(app: FastAPI, world: World) -> None:
    @app.get("/settings")
    async def show_settings() -> Settings:
        return world.settings

    @app.put("/settings")
    async def change_settings(changes: dict[str, Any]) -> Response:
        try:
            settings = changed(world.settings, changes)
        except SettingsError as error:
            return JSONResponse({"error": str(error)}, 400)
        world.change_settings(settings)
        world.store.flush()
        return JSONResponse(settings.model_dump())

    @app.delete("/settings")
    async def restore_settings() -> Settings:
        world.change_settings(world.default_settings)
        world.store.flush()
        return world.settings

    @app.get("/variants")
    async def list_variants() -> list[dict[str, Any]]:
        chosen = world.settings.variants
        return [{**asdict(v), "value": getattr(chosen, v.name)} for v in catalogue()]

    @app.put("/variants")
    async def choose_variants(chosen: Variants) -> Variants:
        world.change_settings(world.settings.model_copy(update={"variants": chosen}))
        world.store.flush()
        return chosen


def _add_journal(app: FastAPI, journal: Journal) -> None:
    @app.get("/journal")
    async def read_journal(
        since: int = 0, limit: Annotated[int, Query(ge=1, le=20_000)] = 20_000, service: str | None = None
    ) -> list[dict[str, Any]]:
        return journal.read(since, limit, service)

    @app.delete("/journal", status_code=204)
    async def clear_journal() -> None:
        journal.clear()


def _add_faults(app: FastAPI, world: World, faults: Faults) -> None:
    @app.get("/faults")
    async def list_faults() -> list[Fault]:
        return faults.rules

    @app.post("/faults", status_code=201)
    async def add_fault(fault: Fault) -> Fault:
        return faults.add(fault)

    @app.delete("/faults", status_code=204)
    async def remove_faults() -> None:
        faults.remove()

    @app.delete("/faults/{fault_id}", status_code=204)
    async def remove_fault(fault_id: str) -> None:
        faults.remove(fault_id)

    @app.get("/holds")
    async def list_held_requests() -> list[dict[str, Any]]:
        return faults.holds.listed()

    @app.delete("/holds", status_code=204)
    async def let_held_requests_go() -> None:
        faults.holds.let_go()

    @app.get("/job-faults")
    async def list_job_faults() -> dict[str, Any]:
        return {"faults": [f.model_dump() for f in world.jobs.faults], "steps": world.jobs.steps()}

    @app.post("/job-faults", status_code=201)
    async def add_job_fault(fault: JobFault) -> Response:
        if fault.step not in world.jobs.steps().get(fault.kind, []):
            return JSONResponse({"error": f"no such step; the steps are {world.jobs.steps()}"}, 400)
        world.jobs.faults.append(fault)
        return JSONResponse(fault.model_dump(), 201)

    @app.delete("/job-faults", status_code=204)
    async def remove_job_faults() -> None:
        world.jobs.faults.clear()
