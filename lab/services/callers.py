"""Authentication of requests by token or by signature."""

from datetime import UTC, datetime

from lab.services.request_signatures import (
    SignatureError,
    SignedRequest,
    check_date,
    check_signature,
    parse_authorization,
)
from lab.world.identity.iam import Caller, Iam, key_problem


class NotAuthenticated(Exception):
    """Refusal of a request by the gateway; ``status`` is 401 or 403."""

    def __init__(self, message: str, status: int = 401, code: str = "APIGW.0301") -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code


def authenticate(iam: Iam, request: SignedRequest) -> Caller:
    """
    Return the caller that sent a request.

    Raises:
        NotAuthenticated: The sign-in is refused, with the gateway's documented message.
    """
    token = request.headers.get("x-auth-token")
    if token:
        return _by_token(iam, token)
    if request.headers.get("authorization"):
        try:
            return _by_signature(iam, request)
        except SignatureError as error:
            raise _incorrect(str(error)) from error
    raise _incorrect("x-auth-token not found")


def _incorrect(detail: str) -> NotAuthenticated:
    return NotAuthenticated(f"Incorrect IAM authentication information: {detail}")


def _by_token(iam: Iam, text: str) -> Caller:
    token = iam.token(text)
    if token is None:
        raise _incorrect("decrypt token fail")
    if token.expires_at <= datetime.now(UTC):
        raise _incorrect(f"token expires, expires_at:{token.expires_at:%Y-%m-%dT%H:%M:%S.%fZ}")
    return iam.caller_of(token)


def _by_signature(iam: Iam, request: SignedRequest) -> Caller:
    authorization = parse_authorization(request.headers["authorization"])
    key = iam.access_key(authorization.access_key)
    if key is None:
        # Not documented: the detail text for an unknown access key.
        raise _incorrect("verify aksk signature fail, access key not found")
    check_date(request.headers)
    problem = key_problem(key, request.headers.get("x-security-token"))
    if problem == "expired":
        raise _incorrect("security token expired")
    if problem is not None:
        raise _incorrect("security token missing or wrong")
    check_signature(request, authorization, key.secret)
    caller = iam.caller_of_key(key, request.headers.get("x-project-id"))
    if caller is None:
        # Not documented: the gateway's message for a project that is not the key's account's.
        raise NotAuthenticated("The IAM user is not allowed to use this project.", 403, "APIGW.0302")
    return caller
