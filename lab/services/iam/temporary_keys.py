"""Routes for temporary access keys."""

from fastapi import FastAPI, Request
from starlette.responses import Response

from lab.services.iam.identity_errors import IamRefused
from lab.services.iam.identity_schemas import ERRORS, AuthBody, CredentialResponse, TokenMethod
from lab.services.iam.tokens import delegating_domain
from lab.services.service_app import CallerOf, as_json, microseconds
from lab.world.identity.iam import Caller
from lab.world.state import World


def _check_token(world: World, text: str, caller: Caller) -> None:
    """Refuse a token in a body that a header could not carry either, and one of another account."""
    token = world.iam.valid_token(text)
    if token is None or token.domain_id != caller.domain.id:
        raise IamRefused(401, "The token is invalid.")


def add_credential_routes(app: FastAPI, world: World) -> None:
    @app.post(
        "/v3.0/OS-CREDENTIAL/securitytokens",
        status_code=201,
        responses={201: {"model": CredentialResponse}, **ERRORS},
    )
    async def create_temporary_access_key(request: Request, body: AuthBody, caller: CallerOf) -> Response:
        identity = body.auth.identity
        if identity.methods == ["token"]:
            request.scope["lab.operation"] = "create_temporary_access_key_by_token"
            token_method = identity.token or TokenMethod(duration_seconds=900)
            if token_method.id is not None:
                _check_token(world, token_method.id, caller)
            key = world.iam.issue_temporary_key(caller.domain, token_method.duration_seconds)
        elif identity.methods == ["assume_role"] and identity.assume_role:
            request.scope["lab.operation"] = "create_temporary_access_key_by_agency"
            role = identity.assume_role
            key = world.iam.issue_temporary_key(delegating_domain(role), role.duration_seconds)
        else:
            raise IamRefused(400, "The request body is invalid")
        credential = {
            "access": key.id,
            "secret": key.secret,
            "securitytoken": key.security_token,
            "expires_at": microseconds(key.expires_at, "Z"),
        }
        return as_json({"credential": credential}, 201)
