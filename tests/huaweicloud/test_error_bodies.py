import pytest

from huaweicloud.errors import tree
from huaweicloud.errors.parsing import clean, is_refusal, read_reason, to_error
from huaweicloud.transport.messages import Request, json_body

REQUEST = Request(
    service="ecs",
    method="POST",
    base_url="https://ecs.example.com",
    path="/",
    operation="create server",
    resource="web-1",
)


def error_of(status: int, body: object, headers: dict[str, str] | None = None) -> tree.ApiError:
    return to_error(REQUEST, status, headers or {}, body if isinstance(body, bytes) else json_body(body))


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"error": {"code": "IMG.0024", "message": "bad type"}}, "IMG.0024", "bad type"),
        ({"error_code": "IMG.0001", "error_msg": "bad body"}, "IMG.0001", "bad body"),
        ({"error_code": "APIGW.0301", "error_msg": "no", "request_id": "r1"}, "APIGW.0301", "no"),
        ({"errorCode": "IMG.0001", "errorMsg": "bad body"}, "IMG.0001", "bad body"),
        ({"code": "VPC.0101", "message": "bad id"}, "VPC.0101", "bad id"),
        ({"error": {"code": 401, "message": "wrong password", "title": "Unauthorized"}}, "", "wrong password"),
        (
            {"error": {"code": "request body is illegal.", "message": "Ecs.0005"}},
            "Ecs.0005",
            "request body is illegal.",
        ),
        ({"itemNotFound": {"code": 404, "message": "Instance not found"}}, "", "Instance not found"),
        ({"badRequest": {"message": "EVS.5400 malformed", "code": 400}}, "EVS.5400", "EVS.5400 malformed"),
        (
            b'<?xml version="1.0"?><Error><Code>IMG.0144</Code><Message>no image</Message></Error>',
            "IMG.0144",
            "no image",
        ),
        (b"<html><head><title>404 Not Found</title></head><br></html>", "", "404 Not Found"),
        (
            b"<Error><Code>NoSuchBucket</Code><Message>none</Message><RequestId>r</RequestId></Error>",
            "NoSuchBucket",
            "none",
        ),
        (b"upstream connect error", "", "upstream connect error"),
        (b"Ecs.0614: gone", "Ecs.0614", "Ecs.0614: gone"),
        (b"", "", ""),
        (b"[1, 2]", "", "[1, 2]"),
        (b'{"error": "nothing works"}', "", "nothing works"),
        (b"\xff\xfe", "", "\ufffd\ufffd"),
    ],
)
def test_every_shape_of_error_body_is_read(body: object, code: str, message: str) -> None:
    reason = read_reason(body if isinstance(body, bytes) else json_body(body))

    assert (code, message) == (reason.code, reason.message)


def test_a_message_names_operation_reason_code_status_and_request_id() -> None:
    error = error_of(400, {"error": {"code": "Ecs.0029", "message": "No such flavor."}}, {"x-request-id": "req-7"})

    assert str(error) == "Could not create server web-1: No such flavor (Ecs.0029, HTTP 400, request id req-7)"
    assert "flavor" in error.hint


def test_finer_causes_are_in_the_message_and_choose_the_hint() -> None:
    details = [{"code": "Ecs.0044", "message": "sold out"}]

    error = error_of(400, {"error": {"code": "Ecs.0005", "message": "illegal", "details": details}})

    assert "illegal; Ecs.0044 sold out" in str(error)
    assert "another one" in error.hint


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, {"error": {"code": "Ecs.0114", "message": "none"}}, tree.NotFound),
        (400, {"error": {"code": "Common.0011", "message": "job id"}}, tree.NotFound),
        (400, {"error": {"code": "Ecs.1000", "message": '{"itemNotFound": {"code": 404}}'}}, tree.NotFound),
        (404, {"error": {"code": "Ecs.9999", "message": "a code of the service that is not listed"}}, tree.NotFound),
        (404, {"itemNotFound": {"code": 404, "message": "Instance not found"}}, tree.NotFound),
        (404, b"", tree.ApiError),
        (410, b"", tree.ApiError),
        (404, {"message": "no Route matched with those values"}, tree.ApiError),
        (404, {"timestamp": 1, "status": 404, "error": "Not Found", "path": "/v1"}, tree.ApiError),
        (404, {"error": {"code": 404, "message": "no", "title": "Not Found"}}, tree.ApiError),
        (404, {"error": {"code": "IAM.0004", "message": "no such target"}}, tree.ApiError),
        (404, {"error": {"code": "IMG.9999", "message": "of another service"}}, tree.ApiError),
        (404, b"<html>\n <head>\n  <title>404 Not Found</title>\n </head></html>", tree.ApiError),
        (404, b"404 page not found", tree.ApiError),
        (404, {"error_code": "APIGW.0101", "error_msg": "The API does not exist"}, tree.ApiError),
        (404, b"<html><head><title>404</title></head></html>", tree.ApiError),
        (409, {"error": {"code": "IAM.0005", "message": "there"}}, tree.Conflict),
        (400, {"error": {"code": "EVS.1046", "message": "in use"}}, tree.Conflict),
        (429, {"error_code": "APIGW.0308", "error_msg": "limit"}, tree.RateLimited),
        (429, b"", tree.RateLimited),
        (202, {"error": {"code": "Common.0024", "message": "flow limit"}}, tree.RateLimited),
        (503, {"error": {"code": "Common.1503", "message": "flow control"}}, tree.RateLimited),
        (400, {"error": {"code": "IMG.0060", "message": "too many tasks"}}, tree.RateLimited),
        (401, {"error_code": "APIGW.0301", "error_msg": "decrypt token fail"}, tree.AuthenticationFailed),
        (401, {"error_code": "APIGW.0301", "error_msg": "x: token expires, expires_at:1"}, tree.CredentialsExpired),
        (401, {"error_code": "APIGW.0301", "error_msg": "signature expired"}, tree.AuthenticationFailed),
        (401, {"error": {"code": 401, "message": "The token must be updated"}}, tree.CredentialsExpired),
        (400, {"error": {"code": "IMG.0087", "message": "bad token"}}, tree.AuthenticationFailed),
        (400, {"error_code": "IAM.1108", "error_msg": "security token expired"}, tree.CredentialsExpired),
        (403, b"<Error><Code>ExpiredToken</Code><Message>x</Message></Error>", tree.CredentialsExpired),
        (403, {"error": {"code": "Pdp.0001", "message": "policy"}}, tree.PermissionDenied),
        (403, b"", tree.PermissionDenied),
        (400, {"error": {"code": "IMG.0015", "message": "quota"}}, tree.QuotaExceeded),
        (413, {"overLimit": {"code": 413, "message": "EVS.5413 quota"}}, tree.QuotaExceeded),
        (500, {"error": {"code": "Common.0001", "message": "oops"}}, tree.ServerSideError),
        (504, b"gateway", tree.ServerSideError),
        (400, {"error": {"code": "Ecs.0005", "message": "bad"}}, tree.ApiError),
    ],
)
def test_an_error_has_the_class_that_fits_its_meaning(status: int, body: object, kind: type[tree.ApiError]) -> None:
    assert type(error_of(status, body)) is kind


@pytest.mark.parametrize(
    ("headers", "body", "request_id"),
    [
        ({"x-request-id": "h"}, {"error_code": "APIGW.0301", "error_msg": "m", "request_id": "b"}, "h"),
        ({}, {"error_code": "APIGW.0301", "error_msg": "m", "request_id": "b"}, "b"),
        ({"x-iam-trace-id": "t"}, {"error": {"code": 401, "message": "m"}}, "t"),
        ({}, b"<Error><Code>A</Code><RequestId>x</RequestId></Error>", "x"),
    ],
)
def test_the_request_id_is_found_wherever_it_is(headers: dict[str, str], body: object, request_id: str) -> None:
    assert error_of(401, body, headers).request_id == request_id


def test_a_refused_signature_shows_no_canonical_request() -> None:
    message = "verify aksk signature fail, canonicalRequest:GET|/|x-security-token:secret|"

    error = error_of(401, {"error_code": "APIGW.0301", "error_msg": message})

    assert "secret" not in str(error)
    assert "verify aksk signature fail" in str(error)


def test_an_expired_signature_points_to_the_clock() -> None:
    assert "clock" in error_of(401, {"error_code": "APIGW.0301", "error_msg": "signature expired"}).hint


def test_a_long_or_odd_message_becomes_one_short_line() -> None:
    cleaned = clean("a\n\x1b[31mb\t" + "x" * 5000)

    assert len(cleaned) <= 600
    assert cleaned.isprintable()


def test_entities_in_xml_are_not_expanded() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "cccc">]><Error><Code>X</Code><Message>&b;&b;</Message></Error>'

    assert "cccc" not in read_reason(bomb).message


def test_deeply_nested_json_is_no_trouble() -> None:
    assert read_reason(b"[" * 100_000).code == ""


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        ({"error": {"code": "Common.0024", "message": "m"}}, True),
        ({"error_code": "APIGW.0308", "error_msg": "m"}, True),
        ({"code": "Common.0011", "message": "m"}, True),
        ({"job_id": "j", "status": "FAIL", "error_code": "IMG.0061", "fail_reason": "m"}, False),
        ({"job_id": "j", "error": None}, False),
        ({"images": []}, False),
        ([], False),
        (None, False),
    ],
)
def test_a_body_under_a_success_status_is_judged_by_its_content(data: object, refused: bool) -> None:
    assert is_refusal(REQUEST, data) is refused


@pytest.mark.parametrize(
    ("error", "retryable", "nothing_happened"),
    [
        (tree.Unreachable("m"), True, True),
        (tree.Unreachable("m", permanent=True), False, True),
        (tree.ConnectionLost("m"), True, False),
        (tree.TimedOut("m"), True, False),
        (tree.InvalidResponse("m"), True, False),
        (tree.RateLimited("m", status=429), True, True),
        (tree.ServerSideError("m", status=500), True, False),
        (tree.ServerSideError("m", status=501), False, False),
        (tree.Conflict("m", status=400, code="EVS.1046"), True, True),
        (tree.Conflict("m", status=409), False, True),
        (tree.NotFound("m", status=404), False, True),
        (tree.CredentialsMissing("m"), False, True),
        (tree.Cancelled(), False, False),
    ],
)
def test_what_may_pass_by_itself_and_what_cannot_have_happened(
    error: tree.CloudError, retryable: bool, nothing_happened: bool
) -> None:
    assert (retryable, nothing_happened) == (error.retryable, error.nothing_happened)


def test_an_error_with_its_hint_is_one_printable_text() -> None:
    error = tree.CloudError("The image\x1b[2J is gone", hint="Run it again.\x07")

    assert "The image is gone; run it again" == error.with_hint()
    assert "not to be had; run it again" == error.with_hint("not to be had")
    assert "No advice" == tree.CloudError("No advice").with_hint()
