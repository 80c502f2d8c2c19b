"""Route of the control interface that inspects an image."""

import asyncio
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import Response

from lab.files.plain_json import PlainJson
from lab.inspection.isolated_inspection import inspect_image
from lab.machines import references
from lab.machines.machine_routes import image_file
from lab.world.records import Image
from lab.world.state import World

SIMULATED_DISK = b'{"simulated_disk"'


def add_inspection_routes(app: FastAPI, world: World) -> None:
    """Add the route; inspections wait for each other, so that many requests need no more memory than one."""
    one_at_a_time = asyncio.Lock()

    @app.get("/inspections/{image:path}")
    async def inspect(image: str) -> Response:
        found = references.image(world, image)
        obstacle = _obstacle(found)
        if obstacle is not None or found.path is None:
            return PlainJson({"error": f"image {found.name} ({found.id}) {obstacle}"}, 400)
        firmware = "uefi" if found.hw_firmware_type == "uefi" else "bios"
        async with one_at_a_time:
            result: dict[str, Any] = await world.drive(inspect_image, Path(found.path), firmware)
        return PlainJson({"image": image_file(found), **result})


def _obstacle(image: Image) -> str | None:
    """Return the end of a sentence on why an image cannot be inspected, None if it can be."""
    if image.path is None:
        why = "it is a record without a disk" if image.status == "active" else "it is not finished"
        return f"cannot be inspected: {why}"
    if image.is_iso:
        return "is an ISO image; inspect the image of a disk that it was installed on"
    if image.virtual_env_type == "DataImage":
        return "is the image of a data disk; only images of systems are inspected"
    with Path(image.path).open("rb") as file:
        if file.read(len(SIMULATED_DISK)) == SIMULATED_DISK:
            return "cannot be inspected: simulated servers write no disks; start the lab with QEMU"
    return None
