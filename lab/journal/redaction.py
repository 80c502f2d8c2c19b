"""
Redaction of requests and responses: the journal keeps their structure, and values of fields known to hold no secret.

A value that is kept back is replaced by a digest under a key that only this process knows: equal values can be
recognized, none can be found again.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from lab.journal.visible_fields import (
    CONTAINERS,
    FORMS,
    HEADERS,
    NAMES,
    OPEN_CONTAINERS,
    QUERY,
    RUN,
    is_id,
    is_text,
    looks_random,
)

MAX_BODY = 16_384
SHORTEST_SECRET = 4
SHORTEST_REPEATED = 12
MAX_NAME = 48
KNOWN = FORMS.keys() | CONTAINERS | OPEN_CONTAINERS.keys() | NAMES
_KEY = secrets.token_bytes(32)


def digest(text: str) -> str:
    """Return the replacement of a value that is kept back."""
    return "***" + hmac.new(_KEY, text.encode(errors="replace"), hashlib.sha256).hexdigest()[:8]


@dataclass
class Redaction:
    """
    Redaction of one request and its response. Values kept back of the request are also looked for in the response.

    Attributes:
        kept_back: Values of the request that must not be shown.
    """

    kept_back: set[str] = field(default_factory=set)

    def headers(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Record the headers of the request, none of which is shown; messages may repeat the signed ones."""
        for name, value in headers:
            if name.decode("latin-1").lower() not in HEADERS:
                text = value.decode("latin-1")
                self.kept_back.update((text, *text.replace(",", " ").replace("=", " ").split()))

    def path(self, path: str, literals: frozenset[str]) -> str:
        """
        Return a path without segments that are neither parts of routes nor ids nor plain names.

        Args:
            path: The path of the request.
            literals: Segments that the routes of the service have.
        """
        return "/".join(s if s in literals or is_id(s) or is_text(s) else self._hide(s) for s in path.split("/"))

    def query(self, query: str) -> str:
        """Return a query with the values of known parameters only."""
        pairs = parse_qsl(query, keep_blank_values=True, encoding="latin-1")
        shown = []
        for name, value in pairs:
            is_known = name in QUERY
            text = quote(value, safe=":/,*") if is_known and (is_id(value) or is_text(value)) else self._hide(value)
            shown.append((name if is_known else self._name(name)) + (f"={text}" if value else ""))
        return "&".join(shown)

    def body(self, body: bytes, content_type: str) -> str:
        """Return a body as JSON text with the values of known fields only; other bodies are named with their size."""
        if not body:
            return ""
        if "json" not in content_type or len(body) > 4 * MAX_BODY:
            return f"<{len(body)} bytes>"
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return f"<{len(body)} bytes that are not JSON>"
        return json.dumps(self._value("", value, is_open=True), ensure_ascii=False)[:MAX_BODY]

    def _value(self, name: str, value: Any, is_open: bool) -> Any:
        """Return a value of a field; ``is_open``: all fields around it are known."""
        if isinstance(value, list):
            return [self._value(name, item, is_open) for item in value]
        if isinstance(value, dict):
            is_open = is_open and (not name or name in CONTAINERS or name in OPEN_CONTAINERS)
            known = OPEN_CONTAINERS.get(name, KNOWN)
            is_documented = is_open and name not in OPEN_CONTAINERS
            names = {key: key if key in KNOWN else self._name(key, is_documented) for key in value}
            return {names[key]: self._value(key, item, is_open and key in known) for key, item in value.items()}
        if value is None or isinstance(value, bool):
            return value
        text = str(value)
        if is_open and name in _MESSAGES:
            return self._message(text)
        was_kept_back = len(text) >= SHORTEST_REPEATED and text in self.kept_back
        if is_open and not was_kept_back and any(form(text) for form in FORMS.get(name, ())):
            return value
        return self._hide(text)

    def _message(self, text: str) -> str:
        """Return a text without what was kept back of the request, and without what looks like a key."""
        for secret in sorted(self.kept_back, key=len, reverse=True):
            text = text.replace(secret, digest(secret))
        for run in RUN.findall(text):
            if looks_random(run):
                text = text.replace(run, digest(run))
        return text

    def _hide(self, text: str) -> str:
        if len(text) >= SHORTEST_SECRET:
            self.kept_back.update((text, unquote(text)))
        return digest(text)

    def _name(self, name: str, is_documented: bool = True) -> str:
        """Return the name of a field or parameter; one of the caller's own is kept back."""
        return name if is_id(name) or (is_documented and len(name) <= MAX_NAME and is_text(name)) else self._hide(name)


_MESSAGES = frozenset(["message", "error_msg", "fail_reason", "errorcode_message", "reason"])
"""Fields with explanations of services, shown without the parts that are kept back."""
