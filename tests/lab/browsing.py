"""A browser without a window: HTTP with the cookie of a session, and the events of the lab's page."""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any, Self

import requests

from tests.labs import RunningLab

HOSTILE = "</script><img src=x onerror=alert(1)>\n\ndata: {}\n\n\u2028'\"&"


class Browser:
    """Browser that was signed in by the address that ``lab open`` prints."""

    def __init__(self, lab: RunningLab) -> None:
        self.lab, self.session = lab, requests.Session()
        self.session.trust_env = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def sign_in(self) -> Self:
        assert self.session.get(sign_in_address(self.lab), timeout=30).status_code == 200
        return self

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send a request as the page does, unless other headers are given."""
        own = {"Origin": self.lab.control, "Sec-Fetch-Site": "same-origin"}
        headers = {**own, **more.pop("headers", {})}
        return self.session.request(method, self.lab.control + path, headers=headers, timeout=30, **more)

    def events(self) -> Iterator[tuple[str, Any]]:
        """Yield names and contents of events until the connection ends."""
        with self.session.get(f"{self.lab.control}/browser/events", stream=True, timeout=30) as response:
            assert response.status_code == 200, response.text
            assert response.headers["Content-Type"].startswith("text/event-stream")
            name = ""
            try:
                for line in response.iter_lines(chunk_size=1, delimiter=b"\n"):
                    field, _, value = line.decode().partition(": ")
                    if field == "event":
                        name = value
                    elif field == "data":
                        yield name, json.loads(value)
            except (requests.exceptions.ChunkedEncodingError, http.client.HTTPException):
                return

    def wait_for_event(self, fits: Callable[[str, Any], bool]) -> Any:
        """Return the content of the first event that fits."""
        return next(content for name, content in self.events() if fits(name, content))


def sign_in_address(lab: RunningLab) -> str:
    return str(lab.control + lab.call("POST", "/browser/tokens")["path"])
