"""The server service's application."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

from lab.services.api_versions import add_server_versions
from lab.services.ecs import (
    block_devices,
    creation_routes,
    server_actions,
    server_catalog,
    server_interfaces,
    server_metadata,
    server_routes,
    server_tag_routes,
)
from lab.services.ecs.native import key_pair_routes, native_server_routes
from lab.services.ecs.native.native_responses import NATIVE_ERRORS
from lab.services.error_shapes import Shape, nova_error, swapped_error, wrapped_error
from lab.services.service_app import first_problem, service_app
from lab.world.refusal import Refused
from lab.world.state import World


def create_app(world: World) -> FastAPI:
    """Return the ECS application with all its routes."""
    app = service_app("ECS", world, lambda path: _shape_of(world, path), _explain)
    for part in (
        creation_routes,
        server_catalog,
        server_tag_routes,
        server_metadata,
        server_routes,
        server_actions,
        block_devices,
        server_interfaces,
        key_pair_routes,
        native_server_routes,
    ):
        part.add_routes(app, world)
    add_server_versions(app, NATIVE_ERRORS)
    return app


def _shape_of(world: World, path: str) -> Shape:
    """Return the error shape of a path; the native interface has one of its own."""
    if path.startswith("/v2.1/") and not path.endswith("/os-availability-zone"):
        return nova_error
    return wrapped_error if world.variants.server_error_shape == "usual" else swapped_error


def _explain(error: RequestValidationError) -> Refused:
    place, problem = first_problem(error)
    if place == "body" and error.errors()[0].get("type") == "missing":
        return Refused("Common.0002", "The request body is empty.")
    return Refused("Ecs.0005", f"request body is illegal: {place.removeprefix('body.')}: {problem}")
