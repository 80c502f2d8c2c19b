"""Plain HTTP, for requests that the SDK cannot send."""

from typing import Any, Self

import requests

from tests.labs import RunningLab

DEBIAN = "Debian GNU/Linux 10.0.0 64bit"


class Raw:
    """Plain HTTP with a token in every request, unless another is given."""

    def __init__(self, lab: RunningLab) -> None:
        self.env, self._session = lab.env, requests.Session()
        self._session.trust_env = False
        self._session.headers["X-Auth-Token"] = self.sign_in().headers["X-Subject-Token"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    @property
    def token(self) -> str:
        return str(self._session.headers["X-Auth-Token"])

    def auth_body(self, scope: dict[str, Any] | None = None, **user: Any) -> dict[str, Any]:
        """Return a request for a token with a password."""
        env = self.env
        known = {
            "name": env["HW_USER_NAME"],
            "password": env["HW_USER_PASSWORD"],
            "domain": {"name": env["HW_DOMAIN_NAME"]},
        }
        auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": {**known, **user}}}}
        auth["scope"] = scope if scope is not None else {"project": {"name": env["HW_PROJECT_NAME"]}}
        return {"auth": auth}

    def sign_in(self, scope: dict[str, Any] | None = None, **user: Any) -> requests.Response:
        url = f"{self.env['HW_AUTH_URL']}/auth/tokens"
        return self._session.post(url, json=self.auth_body(scope, **user), headers={"X-Auth-Token": None})

    def send(self, service: str, method: str, path: str, **more: Any) -> requests.Response:
        """Send one request; ``{project}`` in the path is replaced by the lab's project."""
        url = self.env[f"HW_{service.upper()}_ENDPOINT"] + path.replace("{project}", self.env["HW_PROJECT_ID"])
        return self._session.request(method, url, **{"timeout": 30, **more})
