"""Faults that a user injects into chosen requests: wrong statuses, lost responses, delays."""

import asyncio
import re
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.types import Receive

from lab.world.ids import new_job_id

Kind = Literal["status", "reset", "delay", "truncate", "content_type", "throttle", "hold"]


class Fault(BaseModel):
    """
    Rule that injects a fault into requests that match ``service``, ``method``, ``path`` and ``operation``.

    ``nth`` chooses the n-th match alone, ``every`` each n-th one; ``times`` ends it after so many uses. ``phase`` is
    ``before`` if the fault strikes before the request's work is done, ``after`` if it strikes afterwards. A held
    request continues when it is released. If its client disconnects before its work is done, the work is never done.
    """

    model_config = ConfigDict(extra="forbid")
    id: str = Field(default_factory=new_job_id)
    service: Literal["iam", "ims", "ecs", "evs", "vpc", "obs"] | None = None
    method: str | None = None
    path: str | None = Field(None, description="a regular expression that the path must contain")
    operation: str | None = Field(None, description="the operation's name as the journal has it")
    nth: int | None = Field(None, ge=1)
    every: int = Field(1, ge=1)
    times: int | None = Field(None, ge=1)
    phase: Literal["before", "after"] = "before"
    kind: Kind
    status: int = Field(500, ge=200, le=599)
    code: str = ""
    message: str = "A fault of the lab."
    delay_s: float = Field(1.0, ge=0, le=600, description="real seconds")
    content_type: str = "text/html"
    retry_after: int | None = Field(None, ge=0)
    seen: int = 0
    used: int = 0

    @field_validator("path")
    @classmethod
    def _is_pattern(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
        return value

    def strikes(self, service: str, method: str, path: str, operation: str) -> bool:
        """Count a request that matches, and return True if the fault strikes it."""
        conditions = (self.service, self.method and self.method.upper(), self.operation)
        if any(w is not None and w != got for w, got in zip(conditions, (service, method, operation), strict=True)):
            return False
        if self.path is not None and not re.search(self.path, path):
            return False
        self.seen += 1
        if self.times is not None and self.used >= self.times:
            return False
        if self.nth is not None and self.seen != self.nth:
            return False
        if self.nth is None and self.seen % self.every:
            return False
        self.used += 1
        return True


@dataclass(frozen=True)
class Held:
    """Request that is being held."""

    service: str
    operation: str
    method: str
    path: str
    phase: str


class Holds:
    """Requests that are being held."""

    def __init__(self) -> None:
        self._held: dict[asyncio.Event, Held] = {}

    def listed(self) -> list[dict[str, Any]]:
        return [asdict(held) for held in self._held.values()]

    def let_go(self) -> None:
        """Release all requests that are held now."""
        for released in self._held:
            released.set()

    async def hold(self, held: Held, receive: Receive) -> bool:
        """
        Hold a request, whose body was read to its end, until it is released.

        Returns:
            False if its client disconnected first.
        """
        released = asyncio.Event()
        self._held[released] = held
        let_go = asyncio.create_task(released.wait())
        client_gone = asyncio.ensure_future(receive())
        try:
            await asyncio.wait([let_go, client_gone], return_when=asyncio.FIRST_COMPLETED)
            return released.is_set()
        finally:
            let_go.cancel()
            client_gone.cancel()
            self._held.pop(released)


class Faults:
    """All rules, of which the first that strikes wins."""

    def __init__(self) -> None:
        self.rules: list[Fault] = []
        self.holds = Holds()

    def add(self, fault: Fault) -> Fault:
        self.rules.append(fault)
        return fault

    def remove(self, fault_id: str | None = None) -> None:
        """Remove one rule or, without an id, all."""
        self.rules = [] if fault_id is None else [f for f in self.rules if f.id != fault_id]

    def find(self, service: str, method: str, path: str, operation: str) -> Fault | None:
        return next((f for f in self.rules if f.strikes(service, method, path, operation)), None)
