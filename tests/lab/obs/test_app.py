"""The application alone, as a server runs it."""

import asyncio
from datetime import UTC, datetime

import pytest

from lab.obs import ObjectStore, create_app


@pytest.mark.parametrize("shared", [True, False])
def test_a_store_is_closed_by_the_one_who_opened_it(tmp_path, shared):
    store = ObjectStore(tmp_path)
    app = create_app(store if shared else tmp_path, lambda _: None, lambda: datetime.now(UTC))
    asyncio.run(_live_and_end(app))

    assert [] == store.buckets()
    store.close()
    leftover = tmp_path / "incoming" / "half-written"
    leftover.touch()
    ObjectStore(tmp_path).close()
    assert not leftover.exists(), "nobody else has the directory open"


async def _live_and_end(app) -> None:
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    responses: list[str] = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        responses.append(message["type"])

    await app({"type": "lifespan", "app": app}, receive, send)

    assert ["lifespan.startup.complete", "lifespan.shutdown.complete"] == responses
