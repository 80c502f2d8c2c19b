"""Requests of other clients, as their sources send them: method, path and keys of the body, and accepted statuses."""

from collections.abc import Callable
from typing import Any

import requests

from tests.lab.plain import Raw
from tests.labs import wait_for

Json = dict[str, Any]


class Peer:
    """Client that another project wrote, reduced to its requests."""

    def __init__(self, raw: Raw) -> None:
        self.raw, self.sent = raw, list[tuple[str, str, str]]()

    def call(
        self, service: str, method: str, path: str, body: Json | None = None, ok: tuple[int, ...] = (200,)
    ) -> requests.Response:
        """Send a request, and require one of the statuses that the client accepts."""
        self.sent.append((service, method, path.split("?")[0]))
        response = self.raw.send(service, method, path, json=body)
        assert response.status_code in ok, (method, path, response.status_code, response.text)
        return response

    def read(self, service: str, path: str) -> Json:
        loaded: Json = self.call(service, "GET", path).json()
        return loaded

    def job(self, service: str, job_id: str, ended: Callable[[Json], bool] | None = None) -> Json:
        """Poll a job until it has succeeded."""

        def find() -> Json | None:
            job = self.read(service, f"/v1/{{project}}/jobs/{job_id}")
            assert job["status"] in ("INIT", "RUNNING", "SUCCESS"), job
            return job if job["status"] == "SUCCESS" else None

        return wait_for(find, f"the end of job {job_id}")
