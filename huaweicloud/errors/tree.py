"""
Everything that can go wrong, as one tree.

::

    CloudError
      ConfigurationError          settings that cannot work; nothing was sent
        CredentialsMissing
        UnknownRegion
        InvalidSetting            one setting, which is named
      TransportError              no usable response came
        Unreachable               DNS, refused, TLS, proxy: nothing was sent; some are permanent
        ConnectionLost            the connection broke; the cloud may have acted
        TimedOut                  no response in time; the cloud may have acted
        InvalidResponse           not JSON, truncated or of another shape
      ApiError                    the service answered with an error
        NotFound
        Conflict                  the thing is in another state, or something else is working on it
        RateLimited               refused for now; nothing happened
        AuthenticationFailed
          SignInFailed            IAM refused the sign-in, so no request reached the service
        CredentialsExpired
        PermissionDenied
        QuotaExceeded
        ServerSideError           5xx
      JobFailed                   an accepted job ended in FAIL
      UnexpectedState             a thing is in a state that the procedure cannot go on from
      UnexpectedState             a thing in the cloud is not as it must be to go on
      WaitTimeout
      Cancelled

`str(error)` is one sentence for a user; `error.hint` says what to do where there is one right advice. Neither holds
control characters, whatever the cloud has sent.
"""

from huaweicloud.printable import printable, printable_line

MAX_CODE = 100
"""Characters of an error code or a request id that are shown; documented ones are far shorter."""


class CloudError(Exception):
    """
    The root of the tree.

    Args:
        message: One sentence for a user, without secrets.
        hint: What to do about it, or "".

    Attributes:
        attempts: Number of requests that ended like this.
        service: Short name of the service that was called, or "".
        is_foreign: Whether something else than the service has answered: another service, a gateway, a web page.
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
        return printable("; ".join(filter(None, [sentence or str(self), self.hint])))

    @property
    def retryable(self) -> bool:
        """Return True if the same request may succeed a little later with nothing changed."""
        from huaweicloud.errors.retryability import is_retryable

        return is_retryable(self)

    @property
    def nothing_happened(self) -> bool:
        """Whether it is certain that the cloud did not act on the request."""
        return isinstance(self, ConfigurationError | Unreachable) or (
            isinstance(self, ApiError) and not isinstance(self, ServerSideError)
        )


class ConfigurationError(CloudError):
    """The settings cannot work."""


class InvalidSetting(ConfigurationError):
    """
    A setting that can never work.

    Args:
        setting: Environment variable or configuration key that holds the value.
        reason: What is wrong with it, as a phrase that goes on after the name; without the value if that may be secret.
        hint: What to do.
    """

    def __init__(self, setting: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"{setting} {reason}", hint=hint)
        self.setting = setting
        self.reason = reason


class CredentialsMissing(ConfigurationError):
    """No complete set of credentials was found."""


class UnknownRegion(ConfigurationError):
    """The region is not one of the cloud's, and no endpoints were given for it."""


class TransportError(CloudError):
    """No usable response came back."""


class Unreachable(TransportError):
    """
    No connection could be made, so nothing was sent.

    Args:
        message: One sentence for a user.
        hint: What to do.
        permanent: True where trying again is pointless until a setting is another: a certificate that is not trusted,
            a name that does not exist, a proxy that is not there.
        setting: Environment variable that is to blame or to be set, or "" where it is the endpoint.
        cause: What went wrong, without the host: the same for all services that one mistake keeps from being reached.
    """

    def __init__(
        self, message: str, *, hint: str = "", permanent: bool = False, setting: str = "", cause: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.permanent = permanent
        self.setting = setting
        self.cause = cause or message


class ConnectionLost(TransportError):
    """The connection broke after the request may have been sent."""


class TimedOut(TransportError):
    """The request was sent and no response came in time."""


class InvalidResponse(TransportError):
    """A response came that is not what the API documents: not JSON, truncated, too long or of another shape."""


class ApiError(CloudError):
    """
    A service answered with an error.

    Args:
        message: The service's own words, cleaned of secrets.
        status: HTTP status.
        code: The service's error code such as `IMG.0015`, or "" where the response has none.
        request_id: The cloud's id for this request, or "".
        operation: What was being done, as a verb phrase such as "create server".
        resource: What it was done to, or "".
        retry_after: Seconds that the service asked to wait, if it did.
        hint: What to do, or "".
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
        """The sentence without what was being done: the service's words, code, status and request id."""
        code, request_id = printable_line(self.code, MAX_CODE), printable_line(self.request_id, MAX_CODE)
        facts = [code, f"HTTP {self.status}", request_id and f"request id {request_id}"]
        said = self.service_message.strip() or "the service gave no reason"
        return f"{said.rstrip('.')} ({', '.join(filter(None, facts))})"


class NotFound(ApiError):
    """The thing does not exist, or not any more."""


class Conflict(ApiError):
    """The thing is in a state that does not allow the operation."""


class RateLimited(ApiError):
    """Too many requests or tasks; the service did nothing."""


class AuthenticationFailed(ApiError):
    """The service does not accept the credentials, token or signature."""


class SignInFailed(AuthenticationFailed):
    """
    A refusal of the sign-in by IAM, or by something on the way to it.

    The request that needed the sign-in was not sent, so this error says nothing about the resource of that request.
    It is never a `NotFound`, even if IAM answered 404.
    """


class CredentialsExpired(ApiError):
    """The token or the temporary key is past its time."""


class PermissionDenied(ApiError):
    """The user may not do this, or the account is restricted."""


class QuotaExceeded(ApiError):
    """The account's quota is used up."""


class ServerSideError(ApiError):
    """The service failed; it may or may not have acted."""


class JobFailed(CloudError):
    """
    An accepted job ended in FAIL.

    Args:
        job_id: Id of the job.
        code: The job's error code, or "".
        reason: The job's reasons.
        operation: What the job was to make or do, as a noun phrase.
        hint: What to do, or "".
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
    """A thing in the cloud is not as it must be to go on: gone, in ERROR, or of another shape."""


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
