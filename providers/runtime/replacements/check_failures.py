"""Messages of the protocol, with failures of check() that are fit for a terminal."""

from typing import Any

from huaweicloud.printable import printable, printable_line

MAX_CHECK_FAILURE = 200_000
"""Characters of a failure of check(), which may list the problems of hundreds of builds."""


def check_failure(messages: Any, property_: str, reason: str) -> Any:
    """
    Return the message for a failure of check(), without control characters.

    Args:
        messages: Module of protocol messages.
        property_: Name of the property; "" for the resource.
        reason: Text for the user, which may have several lines.
    """
    return messages.CheckFailure(property=printable_line(property_), reason=printable(reason, MAX_CHECK_FAILURE))


class Messages:
    """Replacement of the module of protocol messages, which takes failures of check() unchanged."""

    def __init__(self, messages: Any) -> None:
        self._messages = messages

    def __getattr__(self, name: str) -> Any:
        return getattr(self._messages, name)

    def CheckFailure(self, *, property: str, reason: str) -> Any:
        """Return the failure of a property."""
        return check_failure(self._messages, property, reason)
