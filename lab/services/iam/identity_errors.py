"""Refusals of IAM."""

from lab.world.refusal import Refused


class IamRefused(Refused):
    """Refusal of IAM, whose error code is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(str(status), message, status=status)
