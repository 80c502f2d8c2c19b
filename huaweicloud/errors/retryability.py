"""Decision if a failed request may succeed later with nothing changed."""

from huaweicloud.errors import tree

RETRYABLE_SERVER_STATUSES = frozenset({408, 500, 502, 503, 504})
RETRYABLE_CONFLICTS = frozenset(
    {"IMG.0010", "IMG.0022", "IMG.0090", "IMG.0148", "Ecs.0073", "Ecs.0100", "Ecs.0501", "EVS.1046", "EVS.2130"}
)


def is_retryable(error: tree.CloudError) -> bool:
    """
    Return True if the same request may succeed later with nothing changed.

    This is the only place that decides it. It is True for throttling, failing servers, lost connections and resources
    that are busy for the moment.

    Args:
        error: Error of the request.
    """
    if isinstance(error, tree.Unreachable):
        return not error.permanent
    if isinstance(error, tree.TransportError | tree.RateLimited):
        return True
    if isinstance(error, tree.ServerSideError):
        return error.status in RETRYABLE_SERVER_STATUSES
    return isinstance(error, tree.Conflict) and error.code in RETRYABLE_CONFLICTS
