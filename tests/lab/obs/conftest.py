"""A running object store, and its clients."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
import uvicorn
from botocore.config import Config
from botocore.exceptions import ClientError
from starlette.types import ASGIApp, Receive, Scope, Send

from lab.obs import ObjectStore, SecretKey, create_app

ACCESS_KEY, SECRET = "AKLAB", "lab-secret"
REGION = "lab-1"
STOPS_WITHIN_S = 5


_session = boto3.Session()


class Listener:
    """Server that all tests share, because a start takes longer than most of them; `app` is the current application."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self._server = uvicorn.Server(uvicorn.Config(self, port=0, log_level="error", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app
        await self.app(scope, receive, send)

    def start(self) -> None:
        self._thread.start()
        deadline = time.monotonic() + 10
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.005)

    def stop(self) -> None:
        # a client that was cut off may have left a request that never ends: it is not waited for
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(STOPS_WITHIN_S)

    @property
    def port(self) -> int:
        port: int = self._server.servers[0].sockets[0].getsockname()[1]
        return port


@pytest.fixture(scope="session")
def listener() -> Iterator[Listener]:
    listener = Listener()
    listener.start()
    yield listener
    listener.stop()


@dataclass
class RunningStore:
    """
    Store that listens on the loopback interface.

    `keys` and `clock_offset` may be changed at any time.
    """

    root: Path
    listener: Listener
    keys: dict[str, SecretKey] = field(default_factory=lambda: {ACCESS_KEY: SecretKey(SECRET)})
    clock_offset: timedelta = timedelta()
    _clients: list[Any] = field(default_factory=list)

    def __enter__(self) -> "RunningStore":
        self._objects = ObjectStore(self.root, self.now)
        self.listener.app = create_app(self._objects, lambda key: self.keys.get(key), self.now, region=REGION)
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients:
            client.close()
        self._objects.close()

    @property
    def port(self) -> int:
        return self.listener.port

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_offset

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def s3(self, access_key: str = ACCESS_KEY, secret: str = SECRET, token: str | None = None, **config: Any):
        """Return a boto3 client, closed with the store; it sends every request once."""
        client = _session.client(
            "s3",
            endpoint_url=config.pop("endpoint_url", self.endpoint),
            region_name=REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=30, **config),
        )
        self._clients.append(client)
        return client


@pytest.fixture
def store(tmp_path: Path, listener: Listener) -> Iterator[RunningStore]:
    with RunningStore(tmp_path / "objects", listener) as running:
        yield running


@pytest.fixture
def s3(store: RunningStore):
    """Return a boto3 client of a store that has one bucket, `images`."""
    client = store.s3()
    client.create_bucket(Bucket="images", CreateBucketConfiguration={"LocationConstraint": REGION})
    return client


def error_code(call: Callable[..., Any], **arguments: Any) -> str:
    """Return the error code of a call that boto3 reports as failed."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    code: str = refused.value.response["Error"]["Code"]
    return code


def md5(content: bytes) -> "hashlib._Hash":
    return hashlib.md5(content, usedforsecurity=False)
