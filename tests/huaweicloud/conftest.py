import random
import threading
from collections.abc import Iterator

import pytest

from huaweicloud.auth.credentials import AccessKeyCredentials, Credentials, PasswordCredentials
from huaweicloud.cloud import Cloud
from huaweicloud.endpoints import Endpoints
from huaweicloud.transport.messages import Request
from huaweicloud.transport.sender import Sender
from tests.huaweicloud.scripted_server import ScriptedServer

USER = PasswordCredentials("ci-bot", "a password", "acme")
KEY = AccessKeyCredentials("AKTEST0001", "sk-test-0001")


class NoJitter(random.Random):
    """Source of jitter close to zero, so that retries follow at once."""

    def uniform(self, a: float, b: float) -> float:
        return a + (b - a) * 0.001


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer().running() as running:
        yield running


@pytest.fixture
def cancelled() -> threading.Event:
    return threading.Event()


@pytest.fixture
def sender(cancelled: threading.Event) -> Iterator[Sender]:
    with Sender(cancelled, rng=NoJitter(), total_deadline_s=5, read_timeout_s=5) as opened:
        yield opened


@pytest.fixture
def connect(server: ScriptedServer) -> Iterator["Connect"]:
    """Return a function that creates clients whose services are all at the scripted server."""
    made = Connect(server)
    yield made
    for cloud in made.clouds:
        cloud.close()


class Connect:
    def __init__(self, server: ScriptedServer) -> None:
        self.endpoints = Endpoints(*[server.url] * 6)
        self.clouds: list[Cloud] = []

    def __call__(
        self, credentials: Credentials = KEY, *, project_id: str | None = "p1", cancelled: threading.Event | None = None
    ) -> Cloud:
        cloud = Cloud("cn-north-4", credentials, self.endpoints, project_id=project_id, cancelled=cancelled)
        self.clouds.append(cloud)
        return cloud


def request_to(server: ScriptedServer, method: str = "GET", **changes: object) -> Request:
    """Return a request to the scripted server."""
    known: dict[str, object] = {"service": "ims", "path": "/v2/cloudimages", "operation": "list images", **changes}
    return Request(method=method, base_url=server.url, **known)  # type: ignore[arg-type]
