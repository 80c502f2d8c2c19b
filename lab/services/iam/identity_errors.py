"""How IAM says no."""

from lab.world.refusal import Refused


class IamRefused(Refused):
    """IAM's errors carry their HTTP status as code."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(str(status), message, status=status)
