"""Refusals of the rules."""


class Refused(Exception):
    """
    Refusal of a request that the rules do not allow, with the service's documented error code.

    ``details`` are finer causes (code, message), as ECS reports them beside a general code. ``status`` is the HTTP
    status if it is not the code's usual one.
    """

    def __init__(
        self, code: str, message: str, details: tuple[tuple[str, str], ...] = (), status: int | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.details, self.status = code, message, details, status


class JobFailed(Exception):
    """Failure of a job's step, with the code that the job then has."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code, self.reason = code, reason
