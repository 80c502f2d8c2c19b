"""
Tree of the client's exceptions.

::

    CloudError
      ConfigurationError          settings that cannot work; nothing was sent
        CredentialsMissing
        UnknownRegion
        InvalidSetting            one setting, which is named
      TransportError              no usable response arrived
        Unreachable               DNS, refused, TLS, proxy: nothing was sent; some are permanent
        ConnectionLost            the connection broke; the cloud may have acted
        TimedOut                  no response in time; the cloud may have acted
        InvalidResponse           not JSON, truncated or of another shape
      ApiError                    the service responded with an error
        NotFound
        Conflict                  the resource is in another state or used by another operation
        RateLimited               refused for now; nothing happened
        AuthenticationFailed
          SignInFailed            IAM refused the sign-in, so no request reached the service
        CredentialsExpired
        PermissionDenied
        QuotaExceeded
        ServerSideError           5xx
      JobFailed                   an accepted job ended in FAIL
      UnexpectedState             a resource is in a state from which the procedure cannot continue
      WaitTimeout
      Cancelled

`str(error)` is one sentence for a user; `error.hint` is the advice, if there is a single right one. Neither holds
control characters, whatever the cloud has sent.
"""

import re

from huaweicloud.printable import printable, printable_line

MAX_CODE = 100
"""Largest number of characters shown of an error code or a request id; documented ones are far shorter."""


class CloudError(Exception):
    """
    Root of the tree.

    Attributes:
        message: Sentence for a user, without secrets.
        hint: Advice as an imperative sentence, or "".
        attempts: Number of requests that failed with this error.
        service: Short name of the service, or "".
        is_foreign: Whether the response is not the service's: from another service, a gateway or a web server.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        self.message = printable(message)
        super().__init__(self.message)
        self.hint = hint
        self.attempts = 1
        self.service = ""
        self.is_foreign = False

    def __str__(self) -> str:
        return f"{self.message} (tried {self.attempts} times)" if self.attempts > 1 else self.message

    def with_hint(self, sentence: str = "") -> str:
        """
        Return the error as one printable text for a user: the sentence, then the hint.

        Args:
            sentence: Sentence in place of the error's own.
        """
        return printable("; ".join(filter(None, [sentence or str(self), self.hint_clause])))

    @property
    def hint_clause(self) -> str:
        """Return the hint as a clause behind a semicolon; "" without one."""
        hint = printable(self.hint).removesuffix(".")
        return hint[0].lower() + hint[1:] if re.match("[A-Z][a-z' ]", hint) else hint

    @property
    def retryable(self) -> bool:
        """Return True if the same request may succeed a little later with nothing changed."""
        from huaweicloud.errors.retryability import is_retryable

        return is_retryable(self)

    @property
    def nothing_happened(self) -> bool:
        """Return True if the cloud certainly did not act on the request."""
        is_refused = isinstance(self, ApiError) and not isinstance(self, ServerSideError)
        return is_refused or isinstance(self, ConfigurationError | Unreachable)


class ConfigurationError(CloudError):
    """Settings that cannot work."""


class InvalidSetting(ConfigurationError):
    """
    A setting that can never work.

    Args:
        setting: Environment variable or configuration key that holds the value.
        reason: Problem of the value, as a phrase that follows the name; without the value if that may be secret.
        hint: Advice, or "".
    """

    def __init__(self, setting: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"{setting} {reason}", hint=hint)
        self.setting = setting
        self.reason = reason


class CredentialsMissing(ConfigurationError):
    """Absence of a complete set of credentials."""


class UnknownRegion(ConfigurationError):
    """A region that the client does not know, without endpoints of its own."""


class TransportError(CloudError):
    """A request without a usable response."""


class Unreachable(TransportError):
    """
    A connection that could not be made, so nothing was sent.

    Args:
        message: Sentence for a user.
        hint: Advice, or "".
        permanent: Whether another attempt is pointless until a setting changes: an untrusted certificate, a name that
            does not exist, an absent proxy.
        setting: Environment variable to correct or to set, or "" if it is the endpoint.
        cause: Cause without the host: the same for all services that one mistake makes unreachable.
    """

    def __init__(
        self, message: str, *, hint: str = "", permanent: bool = False, setting: str = "", cause: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.permanent = permanent
        self.setting = setting
        self.cause = cause or message


class ConnectionLost(TransportError):
    """A connection that broke after the request may have been sent."""


class TimedOut(TransportError):
    """A request that was sent and received no response in time."""


class InvalidResponse(TransportError):
    """A response that differs from the API's documentation: not JSON, truncated, too long or of another shape."""


class ApiError(CloudError):
    """
    An error response of a service.

    Args:
        message: Message of the service, without secrets.
        status: HTTP status.
        code: Error code of the service such as `IMG.0015`, or "" if the response has none.
        request_id: Id of the request in the cloud, or "".
        operation: Operation as a verb phrase such as "create server".
        resource: Resource of the operation, or "".
        retry_after: Seconds to wait by the service's request, or None.
        hint: Advice, or "".
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str = "",
        request_id: str = "",
        operation: str = "",
        resource: str = "",
        retry_after: float | None = None,
        hint: str = "",
    ) -> None:
        self.status = status
        self.code = code
        self.request_id = request_id
        self.operation = operation
        self.resource = resource
        self.retry_after = retry_after
        self.service_message = message
        super().__init__(self._sentence(), hint=hint)

    def _sentence(self) -> str:
        action = " ".join(filter(None, [self.operation or "call the service", self.resource]))
        return f"Could not {action}: {self.reason}"

    @property
    def reason(self) -> str:
        """Return the error without the operation: the service's message, code, status and request id."""
        code, request_id = printable_line(self.code, MAX_CODE), printable_line(self.request_id, MAX_CODE)
        facts = [code, f"HTTP {self.status}", request_id and f"request id {request_id}"]
        said = self.service_message.strip() or "the service gave no reason"
        return f"{said.rstrip('.')} ({', '.join(filter(None, facts))})"


class NotFound(ApiError):
    """A resource that does not exist, or no longer exists."""


class Conflict(ApiError):
    """A resource in a state that does not allow the operation."""


class RateLimited(ApiError):
    """A refusal because of too many requests or tasks; the service did nothing."""


class AuthenticationFailed(ApiError):
    """Credentials, a token or a signature that the service does not accept."""


class SignInFailed(AuthenticationFailed):
    """
    A refusal of the sign-in by IAM, or by an intermediary on the way to it.

    The request that needed the sign-in was not sent, so this error proves nothing about the resource of that request.
    It is never a `NotFound`, even if IAM responded with 404.
    """


class CredentialsExpired(ApiError):
    """An expired token or temporary key."""


class PermissionDenied(ApiError):
    """An operation that the user may not carry out, or a restricted account."""


class QuotaExceeded(ApiError):
    """A quota of the account that is used up."""


class ServerSideError(ApiError):
    """A failure of the service, which may or may not have acted."""


class JobFailed(CloudError):
    """
    An accepted job that ended in FAIL.

    Args:
        job_id: Id of the job.
        code: Error code of the job, or "".
        reason: Reasons that the job reports.
        operation: Product or effect of the job, as a noun phrase.
        hint: Advice, or "".
    """

    def __init__(self, *, job_id: str, code: str, reason: str, operation: str, hint: str = "") -> None:
        self.job_id = job_id
        self.code = code
        self.reason = reason
        self.operation = operation
        facts = ", ".join(filter(None, [printable_line(code, MAX_CODE), f"job {printable_line(job_id, MAX_CODE)}"]))
        why = reason.strip().rstrip(".") or "the cloud gave no reason"
        super().__init__(f"The job for {operation} failed: {why} ({facts})", hint=hint)


class UnexpectedState(CloudError):
    """A resource in a state from which the procedure cannot continue: gone, in ERROR, or of another shape."""


class WaitTimeout(CloudError):
    """
    A wait that reached its time limit.

    Args:
        subject: Object of the wait, as a noun phrase.
        last_state: Last state seen, or "" if there was none.
        waited_s: Seconds waited.
        hint: Advice, or "".
    """

    def __init__(self, *, subject: str, last_state: str, waited_s: float, hint: str = "") -> None:
        self.subject = subject
        self.last_state = last_state
        self.waited_s = waited_s
        seen = f"last state: {last_state}" if last_state else "no state was seen"
        super().__init__(f"Timed out after {waited_s:.0f} s waiting for {subject} ({seen})", hint=hint)


class Cancelled(CloudError):
    """A cancellation by the user."""

    def __init__(self, subject: str = "the operation") -> None:
        super().__init__(f"Cancelled during {subject}")
