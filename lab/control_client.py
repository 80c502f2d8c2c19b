"""Client of the control interface, used by the command line."""

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lab.daemon import LabError
from lab.files.private_files import control_token

NOT_FOUND = 404
TIMEOUT_S = 600.0  # enough for storing a big ISO file
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy


class NotFound(LabError):
    """Report of the lab that a requested object does not exist."""


@dataclass(frozen=True)
class Control:
    """
    The control interface of a running lab.

    Attributes:
        endpoint: Base URL.
        token: Bearer token.
    """

    endpoint: str
    token: str

    @classmethod
    def of(cls, state: Path, about: dict[str, Any]) -> "Control":
        """Return the control interface of the lab that wrote ``about`` into its state folder."""
        return cls(about["endpoints"]["control"], control_token(state))

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """
        Send a request and return the JSON of its response, None if that is empty.

        Raises:
            LabError: The lab refused the request, or does not respond.
        """
        response = self.read(method, path, body)
        try:
            return json.loads(response) if response else None
        except ValueError:
            raise LabError(f"{self.endpoint} responded, but is not a lab") from None

    def text(self, path: str) -> str:
        """
        Return the text of a GET request's response.

        Raises:
            LabError: The lab refused the request, or does not respond.
        """
        return self.read("GET", path).decode(errors="replace")

    def read(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        """
        Send a request and return the bytes of its response.

        Raises:
            LabError: The lab refused the request, or does not respond.
        """
        request = urllib.request.Request(  # noqa: S310 - the lab's own loopback address
            self.endpoint + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"},
        )
        try:
            with _OPENER.open(request, timeout=TIMEOUT_S) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            kind = NotFound if error.code == NOT_FOUND else LabError
            raise kind(_message(error.read().decode(errors="replace"))) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error) or type(error).__name__
            raise LabError(f"the lab at {self.endpoint} does not respond: {reason}; see its lab.log") from error


def segment(reference: str) -> str:
    """Return a user's reference as a segment of a path."""
    return quote(reference, safe="", errors="replace")


def _message(text: str) -> str:
    """Return the sentence in a response of the control interface."""
    try:
        said = json.loads(text)
    except ValueError:
        return text
    return str(said["error"]) if isinstance(said, dict) and "error" in said else text
