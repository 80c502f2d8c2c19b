"""The image service's application."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

from lab.services.api_versions import add_image_versions
from lab.services.error_shapes import Shape, generic_error, wrapped_error, xml_error
from lab.services.ims import (
    copy_routes,
    image_actions,
    image_routes,
    image_tag_routes,
    member_routes,
    native_routes,
    native_schema_routes,
    native_upload_routes,
)
from lab.services.ims.image_schemas import ERRORS
from lab.services.service_app import first_problem, service_app
from lab.world.refusal import Refused
from lab.world.state import World


def create_app(world: World) -> FastAPI:
    """Return the IMS application with all its routes."""
    app = service_app("IMS", world, lambda path: _shape_of(world, path), _explain)
    for part in (image_tag_routes, image_actions, copy_routes, member_routes, image_routes, native_routes):
        part.add_routes(app, world)
    native_upload_routes.add_routes(app, world)
    native_schema_routes.add_routes(app)
    add_image_versions(app, ERRORS)
    return app


def _shape_of(world: World, path: str) -> Shape:
    """Return the error shape of a path; errors of the native paths are XML."""
    native = path.startswith("/v2/images/") or path == "/v2/images"
    if native and world.variants.native_errors == "xml":
        return xml_error
    return wrapped_error if world.variants.image_error_shape == "wrapped" else generic_error


_MISSING = {"body.name": "IMG.0013", "body.image_url": "IMG.0057", "body.min_disk": "IMG.0055"}


def _explain(error: RequestValidationError) -> Refused:
    place, problem = first_problem(error)
    if place.startswith("query"):
        return Refused("IMG.0017", f"The query is invalid: {place.removeprefix('query.')}: {problem}")
    kind = str(error.errors()[0].get("type", ""))
    if place in ("body", "body.0") and kind == "missing":
        return Refused("IMG.0007", "The request body is empty.")
    code = _MISSING.get(place, "IMG.0001") if kind == "missing" else "IMG.0001"
    return Refused(code, f"The request body is invalid: {place.removeprefix('body.')}: {problem}")
