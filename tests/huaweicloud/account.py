"""IAM of a scripted server: an account with tokens, keys and projects."""

import threading
from datetime import UTC, datetime, timedelta

from tests.huaweicloud.scripted_server import Received, Reply, ScriptedServer

DAY_S = 86400.0
EXPIRED = Reply(401, {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication: token expires"})


class Account:
    """IAM with tokens, keys and projects; the response to any other request is an empty image list."""

    def __init__(self, server: ScriptedServer, lifetime_s: float = DAY_S) -> None:
        self.lifetime_s = lifetime_s
        self.given = 0
        self.good: set[str] = set()
        self._lock = threading.Lock()
        server.respond(self.response)

    def response(self, received: Received) -> Reply:
        if received.path == "/v3/auth/tokens":
            return self.token(received)
        if received.path == "/v3.0/OS-CREDENTIAL/securitytokens":
            return self.key()
        if received.path == "/v3/projects":
            return Reply(body={"projects": [{"id": "p-found", "name": received.query["name"]}]})
        shown = received.headers.get("x-auth-token") or received.headers.get("x-security-token")
        if shown is not None and shown not in self.good:
            return EXPIRED
        return Reply(body={"images": []})

    def _name(self, kind: str) -> str:
        with self._lock:
            self.given += 1
            self.good.add(f"{kind}-{self.given}")
            return f"{kind}-{self.given}"

    def token(self, received: Received) -> Reply:
        now = datetime(2020, 1, 1, tzinfo=UTC)  # a clock of its own
        expires = now + timedelta(seconds=self.lifetime_s)
        method = received.json["auth"]["identity"]["methods"][0]
        body = {"issued_at": f"{now:%FT%T}.000000Z", "expires_at": f"{expires:%FT%T}.000000Z", "methods": [method]}
        if "project" in received.json["auth"]["scope"]:
            body["project"] = {"id": "p-token", "name": "cn-north-4"}  # type: ignore[assignment]
        return Reply(201, {"token": body}, {"X-Subject-Token": self._name(method)})

    def key(self) -> Reply:
        name = self._name("key")
        ends = datetime.now(UTC) + timedelta(seconds=self.lifetime_s)
        key = {"access": "tmp-ak", "secret": "tmp-sk", "securitytoken": name, "expires_at": f"{ends:%FT%T}.000000Z"}
        return Reply(201, {"credential": key})


def paths(server: ScriptedServer) -> list[str]:
    return [f"{received.method} {received.path}" for received in server.received]
