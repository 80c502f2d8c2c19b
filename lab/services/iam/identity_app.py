"""The identity service's application."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from lab.services.api_versions import add_keystone_versions
from lab.services.error_shapes import iam_error
from lab.services.iam.identity_errors import IamRefused
from lab.services.iam.identity_schemas import ERRORS
from lab.services.iam.projects import add_project_routes
from lab.services.iam.temporary_keys import add_credential_routes
from lab.services.iam.tokens import add_token_routes
from lab.services.iam.users import add_user_routes
from lab.services.service_app import service_app
from lab.world.refusal import Refused
from lab.world.state import World


def needs_sign_in(method: str, path: str) -> bool:
    """Return False for versions, and for the request for a token, whose handler distinguishes the forms."""
    return not (method == "POST" and path == "/v3/auth/tokens") and path not in ("/", "/v3", "/v3/")


def create_app(world: World) -> FastAPI:
    """Return the IAM application."""
    app = service_app("IAM", world, lambda path: iam_error, _explain)

    async def on_refusal(request: Request, error: Exception) -> Response:
        status = (error.status if isinstance(error, Refused) else None) or 400
        return iam_error(status, "", error.message if isinstance(error, Refused) else "")

    app.add_exception_handler(IamRefused, on_refusal)
    add_token_routes(app, world)
    add_credential_routes(app, world)
    add_project_routes(app)
    add_user_routes(app)
    add_keystone_versions(app, ERRORS)
    return app


def _explain(_: RequestValidationError) -> Refused:
    return IamRefused(400, "The request body is invalid")
