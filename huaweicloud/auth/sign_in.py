"""Refusals of a sign-in by IAM, kept apart from refusals of the requests that need the sign-in."""

from collections.abc import Iterator
from contextlib import contextmanager

from huaweicloud.errors import ApiError, NotFound, RateLimited, ServerSideError, SignInFailed

CREDENTIALS_HINT = (
    "Check the user name, password and account name, or the access key, the project, and the endpoint of IAM."
)


@contextmanager
def signing_in(missing: str = "", hint: str = "") -> Iterator[None]:
    """
    Convert IAM's refusals inside the block into `SignInFailed`.

    Throttling and failures of IAM itself keep their classes: they are temporary, and never mistaken for a missing
    resource.

    Args:
        missing: Meaning of a 404 of IAM, as a sentence such as "agency x does not exist"; "" if it is not known.
        hint: Advice for that case.

    Raises:
        SignInFailed: IAM, or an intermediary on the way to it, refused.
    """
    try:
        yield
    except (RateLimited, ServerSideError, SignInFailed):
        raise
    except ApiError as error:
        known = bool(missing) and isinstance(error, NotFound)
        said = error.service_message.strip().rstrip(".")
        failure = SignInFailed(
            f"{missing} (IAM: {said})" if known and said else missing if known else error.service_message,
            status=error.status,
            code=error.code,
            request_id=error.request_id,
            operation=error.operation,
            resource=error.resource,
            hint=(hint if known else error.hint) or CREDENTIALS_HINT,
        )
        failure.attempts, failure.service, failure.is_foreign = error.attempts, error.service, error.is_foreign
        raise failure from error
