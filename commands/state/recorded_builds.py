"""Builds of a stack from its recorded resources, in the form of the output `builds` of this project's own stacks."""

from collections.abc import Iterable, Mapping
from typing import Any

from commands.state.exported_stack import Recorded
from config.resource_types import (
    CAPTURED_IMAGE,
    IMAGE_VERIFICATION,
    ISO_IMAGE,
    ISO_OBJECT,
    OS_INSTALLATION,
    TEMP_SERVER,
    TEMP_SERVER_TEARDOWN,
)

Outputs = Mapping[str, Any]
METRICS = ("duration_s", "requests")


def outputs_of(resources: Iterable[Recorded]) -> dict[str, Any]:
    """Return the output `builds`: image, ISO image and metrics of each build that has begun, by its name."""
    present = [resource for resource in resources if not resource.is_replaced]
    images: dict[Any, Outputs] = {image.outputs.get("image_id"): image.outputs for image in _of(present, ISO_IMAGE)}
    installations = {found.outputs.get("server_id"): found.outputs for found in _of(present, OS_INSTALLATION)}
    captured = {image.outputs.get("build_id"): image.outputs for image in _of(present, CAPTURED_IMAGE)}
    teardowns = {teardown.outputs.get("server_id"): teardown.outputs for teardown in _of(present, TEMP_SERVER_TEARDOWN)}
    tests = {test.outputs.get("build_id"): test.outputs for test in _of(present, IMAGE_VERIFICATION)}
    uploads = {upload.id: upload.outputs for upload in _of(present, ISO_OBJECT)}
    found = {}
    for server in _of(present, TEMP_SERVER):
        iso = images.get(server.outputs.get("iso_image_id"), {})
        steps = {
            "upload": uploads.get(str(iso.get("image_url")), {}),
            "iso_image": iso,
            "temporary_server": server.outputs,
            "installation": installations.get(server.id, {}),
            "captured_image": captured.get(server.outputs.get("build_id"), {}),
            "teardown": teardowns.get(server.id, {}),
            "verification": tests.get(server.outputs.get("build_id"), {}),
        }
        found[server.name] = _build(server.outputs, steps)
    return {"builds": found}


def _build(server: Outputs, steps: Mapping[str, Outputs]) -> dict[str, Any]:
    image = steps["captured_image"]
    queued_s = (step["queued_s"] for step in steps.values() if isinstance(step.get("queued_s"), int | float))
    return {
        "image_name": image.get("name"),
        "image_id": image.get("image_id"),
        "iso_image_id": server.get("iso_image_id"),
        "queued_s": round(sum(queued_s), 1),
        **{key: {name: step[key] for name, step in steps.items() if key in step} for key in METRICS},
    }


def _of(resources: Iterable[Recorded], kind: str) -> list[Recorded]:
    return [resource for resource in resources if resource.kind == kind]
