"""The lab's control interface over HTTP: health, journal, settings, faults, OpenAPI documents, consoles."""

import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.staticfiles import StaticFiles

from lab.files.disk_space import NotWritten, full_disk_sentence, is_full_disk
from lab.files.plain_json import PlainJson
from lab.inspection.inspection_routes import add_inspection_routes
from lab.journal.request_journal import Journal
from lab.machines.machine_routes import add_machine_routes
from lab.settings import Settings, SettingsError, changed
from lab.start_options import MAX_TIME_SCALE
from lab.variants.faults import Fault, Faults
from lab.variants.variant_catalog import Variants, list_variants
from lab.world.procedures import JobFault
from lab.world.state import World

NOVNC = Path("/usr/share/novnc")  # the browser's side of a machine's screen, from the package novnc


@dataclass(frozen=True)
class Process:
    """
    Actions on the lab as a whole.

    Attributes:
        change_time_scale: Function that lets the lab's clock run at another speed.
        reset: Function that has everything in the lab deleted, soon after the response.
    """

    change_time_scale: Callable[[float], None]
    reset: Callable[[], None]


def create_app(
    world: World, journal: Journal, faults: Faults, services: dict[str, FastAPI], process: Process
) -> FastAPI:
    """Return the control interface's application."""
    app = FastAPI(title="Lab control", version="1", docs_url=None, redoc_url=None, default_response_class=PlainJson)
    _add_disk_errors(app)
    _add_state(app, world)
    _add_settings(app, world)
    _add_journal(app, journal)
    _add_faults(app, world, faults)
    _add_work(app, world)
    _add_process(app, process)
    add_machine_routes(app, world)
    add_inspection_routes(app, world)

    if NOVNC.is_dir():
        app.mount("/novnc", StaticFiles(directory=NOVNC))

    @app.get("/openapi/{service}.json")
    async def show_openapi(service: str) -> Response:
        if service not in services:
            return PlainJson({"error": f"no such service: {service}"}, 404)
        return PlainJson(services[service].openapi())

    return app


def _add_disk_errors(app: FastAPI) -> None:
    async def on_error(_: Request, error: Exception) -> Response:
        if not isinstance(error, NotWritten) and not is_full_disk(error):
            raise error
        return PlainJson({"error": "the disk of the lab is full, or fails; nothing was written"}, 503)

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


class ObjectBody(BaseModel):
    """File of this machine to store in the object store."""

    path: Path
    bucket: str
    key: str
    md5: str | None = None


def _add_work(app: FastAPI, world: World) -> None:
    @app.post("/objects", status_code=201)
    async def put_object(body: ObjectBody) -> Response:
        if not body.path.is_file():
            return PlainJson({"error": f"{body.path} is no regular file"}, 400)
        try:
            stored = await world.drive(world.objects.put_file, body.bucket, body.key, body.path, body.md5)
        except Exception as error:
            if is_full_disk(error):
                return PlainJson({"error": f"{full_disk_sentence(world.root)}; {body.key} was not stored"}, 503)
            return PlainJson({"error": f"the object store refused {body.key}: {error}"}, 400)
        return PlainJson({"bucket": body.bucket, "key": body.key, "size_bytes": stored.size}, 201)

    @app.get("/objects/{bucket}/{key:path}")
    async def show_object(bucket: str, key: str) -> dict[str, Any] | None:
        found = await world.drive(world.objects.head, bucket, key)
        return {"size_bytes": found.size, "etag": found.etag} if found else None


class TimeScaleBody(BaseModel):
    """Speed of the lab's clock: lab seconds in a real second."""

    model_config = ConfigDict(extra="forbid")
    scale: float = Field(gt=0, le=MAX_TIME_SCALE)


class ResetBody(BaseModel):
    """Confirmation of a reset, so that no mistyped request deletes everything."""

    model_config = ConfigDict(extra="forbid")
    confirm: Literal["delete everything"]


def _add_process(app: FastAPI, process: Process) -> None:
    @app.put("/time-scale")
    async def change_time_scale(body: TimeScaleBody) -> dict[str, float]:
        process.change_time_scale(body.scale)
        return {"scale": body.scale}

    @app.post("/reset", status_code=202)
    async def reset(_: ResetBody) -> dict[str, str]:
        process.reset()
        return {"status": "the lab deletes everything but its keys and starts again"}


def _add_settings(app: FastAPI, world: World) -> None:
    @app.get("/settings")
    async def show_settings() -> Settings:
        return world.settings

    @app.put("/settings")
    async def change_settings(changes: dict[str, Any]) -> Response:
        try:
            settings = changed(world.settings, changes)
        except SettingsError as error:
            return PlainJson({"error": str(error)}, 400)
        world.change_settings(settings)
        world.store.flush()
        return PlainJson(settings.model_dump())

    @app.delete("/settings")
    async def restore_settings() -> Settings:
        world.change_settings(world.default_settings)
        world.store.flush()
        return world.settings

    @app.get("/variants")
    async def show_variants() -> list[dict[str, Any]]:
        chosen = world.settings.variants
        return [{**asdict(v), "value": getattr(chosen, v.name)} for v in list_variants()]

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
            return PlainJson({"error": f"no such step; the steps are {world.jobs.steps()}"}, 400)
        world.jobs.faults.append(fault)
        return PlainJson(fault.model_dump(), 201)

    @app.delete("/job-faults", status_code=204)
    async def remove_job_faults() -> None:
        world.jobs.faults.clear()
