"""Common parts of all services: creation of their applications, and the caller of a request."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, ClassVar

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from lab.services.error_shapes import Shape, gateway_error, refusal
from lab.world.identity.iam import Caller
from lab.world.refusal import Refused
from lab.world.state import World

_GATEWAY_SCHEMA = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("error_code", "error_msg", "request_id")},
    "required": ["error_code", "error_msg", "request_id"],
}
GATEWAY_ANSWERS = {
    status: {"description": text, "content": {"application/json": {"schema": _GATEWAY_SCHEMA}}}
    for status, text in (("413", "the body is larger than 12 MB"), ("429", "throttled by the gateway"))
}
Explain = Callable[[RequestValidationError], Refused]

_TEXT_FIELDS = ("name", "description", "value")
"""Fields of all bodies for which an empty text is a value of its own."""


class Body(BaseModel):
    """
    Request body: JSON types must be the documented ones; fields that are not documented are ignored.

    Attributes:
        keeps_empty: Optional fields for which "" and [] are values of their own.
    """

    model_config = ConfigDict(strict=True, populate_by_name=True, extra="ignore")
    keeps_empty: ClassVar[tuple[str, ...]] = _TEXT_FIELDS

    @model_validator(mode="before")
    @classmethod
    def without_empty_fields(cls, value: Any) -> Any:
        """Drop optional fields that are null, "" or []: the official Go and Java SDKs send such for fields not set."""
        if not isinstance(value, dict):
            return value
        needed = {alias for name, f in cls.model_fields.items() if f.is_required() for alias in (name, f.alias)}
        return {k: v for k, v in value.items() if k in needed or not cls._is_empty(k, v)}

    @classmethod
    def _is_empty(cls, name: str, value: object) -> bool:
        return value is None or (value in ("", []) and name not in cls.keeps_empty)


class Part(BaseModel):
    """Part of a response, as the OpenAPI document describes it."""

    model_config = ConfigDict(populate_by_name=True, extra="allow")


def _digits(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else value


TolerantInt = Annotated[int, BeforeValidator(_digits)]
"""Whole number that some documented examples send as text."""


class ServiceApp(FastAPI):
    """FastAPI application whose OpenAPI document contains the gateway's responses and the ways to sign in."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            for methods in document["paths"].values():
                for operation in methods.values():
                    operation["responses"].pop("422", None)
                    operation["responses"].update(GATEWAY_ANSWERS)
            for name in ("HTTPValidationError", "ValidationError"):
                document.get("components", {}).get("schemas", {}).pop(name, None)
            schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
            schemes["token"] = {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}
            document["security"] = [{"token": []}]
        return super().openapi()


def service_app(title: str, world: World, shape_of: Callable[[str], Shape], explain: Explain) -> FastAPI:
    """
    Return an application for one service, with its error shape.

    Args:
        title: Name of the service.
        world: The lab's state.
        shape_of: Function that returns the error shape of a path.
        explain: Function that returns the service's error for a malformed request.
    """
    app = ServiceApp(
        title=title,
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.router.routes.clear()
    app.state.world = world

    async def on_refusal(request: Request, error: Exception) -> Response:
        return refusal(shape_of(request.url.path), error) if isinstance(error, Refused) else Response(status_code=500)

    async def on_malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return refusal(shape_of(request.url.path), explain(error))

    async def on_http_error(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException) and error.status_code == 400:  # a body that cannot be parsed at all
            malformed = RequestValidationError([{"loc": ("body",), "msg": "not JSON", "type": "json_invalid"}])
            return refusal(shape_of(request.url.path), explain(malformed))
        message = "The API does not exist or has not been published."
        return gateway_error(404, "APIGW.0101", message, request_id(request))

    app.add_exception_handler(Refused, on_refusal)
    app.add_exception_handler(RequestValidationError, on_malformed)
    app.add_exception_handler(HTTPException, on_http_error)
    return app


def request_id(request: Request) -> str:
    """Return the id of a request that is also in its response's header X-Request-Id."""
    return str(request.scope.get("lab.request_id", ""))


def the_caller(request: Request) -> Caller:
    """Return the sender of a request that the gateway has authenticated."""
    caller: Caller = request.scope["caller"]
    return caller


CallerOf = Annotated[Caller, Depends(the_caller)]


def name_operation(request: Request, operation: str) -> None:
    """Record in the journal which of several operations on one path this is."""
    request.scope["lab.operation"] = operation


def first_problem(error: RequestValidationError) -> tuple[str, str]:
    """Return field and message of the first problem of a request."""
    problem = error.errors()[0]
    return ".".join(str(part) for part in problem["loc"]), str(problem["msg"])


def seconds(moment: datetime | None) -> str:
    """Return `YYYY-MM-DDTHH:MM:SSZ`; empty for None."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def milliseconds(moment: datetime | None) -> str:
    """Return `YYYY-MM-DDTHH:MM:SS.mmmZ`; empty for None."""
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}.{moment.microsecond // 1000:03d}Z" if moment else ""


def microseconds(moment: datetime | None, suffix: str = "") -> str:
    """Return `YYYY-MM-DDTHH:MM:SS.ffffff`, with ``suffix``; empty for None."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + suffix if moment else ""


def as_json(content: Any, status: int = 200) -> JSONResponse:
    return JSONResponse(content, status)


def json_or_none(body: bytes) -> Any:
    """Return a JSON body, None if it is empty or malformed."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def own_project(code: str, message: str) -> Callable[[Request, str], Caller]:
    """
    Return a dependency that yields the caller, if the project in the path is the one of the sign-in.

    Args:
        code: Error code of the service for another project.
        message: Message of that error.
    """

    def check(request: Request, project_id: str) -> Caller:
        caller = the_caller(request)
        if project_id != caller.project_id:
            raise Refused(code, message)
        return caller

    return check
