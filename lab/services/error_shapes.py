"""The documented error shapes, and the HTTP statuses of codes."""

from collections.abc import Callable
from http import HTTPStatus
from xml.sax.saxutils import escape

from starlette.responses import JSONResponse, Response

from lab.world.refusal import Refused

_STATUS_OF: dict[str, int] = {
    **dict.fromkeys(
        [
            "Ecs.0003",
            "Ecs.0004",
            "Ecs.0066",
            "Ecs.0067",
            "Ecs.0068",
            "Ecs.0069",
            "Ecs.0070",
            "Ecs.0071",
            "Ecs.0083",
            "Ecs.0110",
            "Pdp.0001",
        ],
        403,
    ),
    **dict.fromkeys(
        ["Ecs.0114", "Ecs.0614", "EVS.5404", "EVS.2044", "VPC.0105", "VPC.0202", "VPC.0504", "VPC.0602", "IAM.0004"],
        404,
    ),
    **dict.fromkeys(["EVS.0003", "EVS.1027", "EVS.2056", "EVS.2144", "EVS.2145", "EVS.5403"], 403),
    **dict.fromkeys(["EVS.5401", "EVS.2143", "Common.0013"], 401),
    "EVS.5413": 413,
    "EVS.5500": 500,
    "Ecs.0615": 500,
    "Common.0001": 500,
    "Ecs.0603": 501,
    "Common.1503": 503,
    "EVS.5503": 503,
    "Common.0024": 202,
}

Shape = Callable[[int, str, str, tuple[tuple[str, str], ...]], Response]


def status_of(code: str) -> int:
    """Return the HTTP status of a service's error code; nearly all are 400."""
    return _STATUS_OF.get(code, 400)


def wrapped_error(status: int, code: str, message: str, details: tuple[tuple[str, str], ...] = ()) -> Response:
    """Return an error of IMS, ECS or EVS: ``{"error": {"code", "message"}}``."""
    error: dict[str, object] = {"code": code, "message": message}
    if details:
        error["details"] = [{"code": c, "message": m} for c, m in details]
    return JSONResponse({"error": error}, status)


def swapped_error(status: int, code: str, message: str, details: tuple[tuple[str, str], ...] = ()) -> Response:
    """Return an error of ECS in the form of one documented example, with code and message swapped."""
    return JSONResponse({"error": {"code": message, "message": code}}, status)


def generic_error(status: int, code: str, message: str, details: tuple[tuple[str, str], ...] = ()) -> Response:
    """Return an error in the shape of the chapters on returned values: ``{"error_code", "error_msg"}``."""
    return JSONResponse({"error_code": code, "error_msg": message}, status)


def flat_error(status: int, code: str, message: str, details: tuple[tuple[str, str], ...] = ()) -> Response:
    """Return an error of VPC: ``{"code", "message"}``."""
    return JSONResponse({"code": code, "message": message}, status)


def neutron_error(status: int, code: str, message: str, details: tuple[tuple[str, str], ...] = ()) -> Response:
    """
    Return an error of the native interface of VPC: ``{"NeutronError": {"type", "message", "detail"}}``.

    Not documented: the shape; the chapter on error codes excludes this interface, which is OpenStack's.
    """
    kind = "PortNotFound" if status == 404 else "HTTPBadRequest"
    return JSONResponse({"NeutronError": {"type": kind, "message": message, "detail": ""}}, status)


def nova_error(status: int, code: str, message: str, details: tuple[tuple[str, str], ...] = ()) -> Response:
    """Return an error of the native interface of ECS: ``{"itemNotFound": {"code", "message"}}`` and the like."""
    kind = {404: "itemNotFound", 409: "conflictingRequest", 403: "forbidden"}.get(status, "badRequest")
    return JSONResponse({kind: {"code": status, "message": message}}, status)


def iam_error(status: int, code: str, message: str, details: tuple[tuple[str, str], ...] = ()) -> Response:
    """Return an error of IAM, whose code is the HTTP status, as a number."""
    title = HTTPStatus(status).phrase
    return JSONResponse({"error": {"code": status, "message": message, "title": title}}, status)


def xml_error(status: int, code: str, message: str, details: tuple[tuple[str, str], ...] = ()) -> Response:
    """
    Return an error of the native image paths as XML.

    Not documented: the form of a code inside it.
    """
    title = f"{status} {HTTPStatus(status).phrase}"
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<error><code>{escape(code)}</code><title>{title}</title><message>{escape(message)}</message></error>"
    )
    return Response(body, status, media_type="application/xml")


def gateway_error(status: int, code: str, message: str, request_id: str) -> Response:
    """Return an error of the API gateway: ``{"error_code", "error_msg", "request_id"}``."""
    body = {"error_code": code, "error_msg": message, "request_id": request_id}
    return JSONResponse(body, status)


def refusal(shape: Shape, refused: Refused, status: int | None = None) -> Response:
    """Return a rule's refusal in a service's shape."""
    return shape(status or refused.status or status_of(refused.code), refused.code, refused.message, refused.details)
