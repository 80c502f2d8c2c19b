"""Idempotency by X-Client-Token: the same request twice is one request."""

import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field

from lab.record_store import Record
from lab.world.refusal import Refused
from lab.world.state import World

VALID_FOR = timedelta(hours=8)
_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class ClientToken(Record):
    """Used token, with its request and its outcome: a result, or a refusal's code and message."""

    body_hash: str
    answer: dict[str, Any] = Field(default_factory=dict)
    refusal: tuple[str, str] | None = None
    used_at: datetime


class ClientTokens:
    """
    Store of the tokens of creations.

    Not documented: the start of the 8 hours; here they count from the first use.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._records = world.store.collection("client_token", ClientToken)

    def response_to(self, token: str, project_id: str, request: Any) -> dict[str, Any] | None:
        """
        Return the result of the same request before.

        Raises:
            Refused: Ecs.0123 for a malformed token, Ecs.0124 for an expired one, Ecs.0122 for other parameters; or the
                refusal of the same request before.
        """
        status = int(self._world.variants.client_token_status)
        if not _FORM.fullmatch(token):
            raise Refused("Ecs.0123", "X-Client-Token is malformed.", status=status)
        record = self._records.get(f"{project_id}/{token}")
        if record is None:
            return None
        if self._world.now() - record.used_at > VALID_FOR:
            raise Refused("Ecs.0124", "X-Client-Token has expired.", status=status)
        if record.body_hash != _hash(request):
            raise Refused("Ecs.0122", "X-Client-Token was used with other parameters.", status=status)
        if record.refusal is not None:
            raise Refused(*record.refusal)
        return record.answer

    def remember(self, token: str, project_id: str, request: Any, answer: dict[str, Any]) -> None:
        self._keep(token, project_id, request, answer=answer)

    def remember_refusal(self, token: str, project_id: str, request: Any, refused: Refused) -> None:
        """Record that a refused request uses its token up, if that variant is on."""
        if self._world.variants.refused_client_token != "free":  # noqa: S105 - a variant's value
            self._keep(token, project_id, request, refusal=(refused.code, refused.message))

    def _keep(self, token: str, project_id: str, request: Any, **outcome: Any) -> None:
        now = self._world.now()
        self._records.save(ClientToken(id=f"{project_id}/{token}", body_hash=_hash(request), used_at=now, **outcome))


def _hash(request: Any) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
