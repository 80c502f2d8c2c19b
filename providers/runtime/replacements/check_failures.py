"""Messages of the protocol, with failures of check() that are fit for a terminal."""

from typing import Any

from huaweicloud.printable import printable, printable_line

MAX_CHECK_FAILURE = 200_000
"""Characters of a failure of check(), which may list the problems of hundreds of builds."""


class Messages:
    """Replacement of the module of protocol messages, which takes failures of check() unchanged."""

    def __init__(self, messages: Any) -> None:
        self._messages = messages

    def __getattr__(self, name: str) -> Any:
        return getattr(self._messages, name)

    def CheckFailure(self, *, property: str, reason: str) -> Any:
        """Return the failure of a property."""
        return self._messages.CheckFailure(
            property=printable_line(property), reason=printable(reason, MAX_CHECK_FAILURE)
        )
