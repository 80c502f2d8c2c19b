"""The request journal: what was asked of the lab, in its order, without secrets."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from lab.store import transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT, real_time TEXT, service TEXT, method TEXT, path TEXT, query TEXT,
  status INTEGER, operation TEXT, request_id TEXT, duration_ms REAL, request TEXT, response TEXT, fault TEXT
)
"""
KEPT = 20_000
MAX_BODY = 16_384
SECRETS = frozenset(
    [
        "password",
        "adminpass",
        "admin_pass",
        "secret",
        "securitytoken",
        "security_token",
        "token_id",
        "user_data",
        "secret_key",
    ]
)
HIDDEN = "***"


@dataclass(frozen=True)
class Entry:
    """One request and its answer; ``time`` is lab time, bodies are redacted text."""

    time: str
    real_time: str
    service: str
    method: str
    path: str
    query: str
    status: int
    operation: str
    request_id: str
    duration_ms: float
    request: str
    response: str
    fault: str = ""


class Journal:
    """The last requests, kept in the lab's SQLite file and written in batches."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute(_SCHEMA)
        self._new: list[Entry] = []

    def add(self, entry: Entry) -> None:
        self._new.append(entry)

    def flush(self) -> None:
        """Write the entries that were added since the last flush; forget the oldest."""
        if not self._new:
            return
        columns = ", ".join(asdict(self._new[0]))
        names = ", ".join(f":{name}" for name in asdict(self._new[0]))
        self._new = self._new[-KEPT:]
        with transaction(self._connection) as cursor:
            cursor.executemany(
                f"INSERT INTO journal ({columns}) VALUES ({names})",  # noqa: S608 - the names are the class's own
                [asdict(entry) for entry in self._new],
            )
            cursor.execute("DELETE FROM journal WHERE seq <= (SELECT max(seq) FROM journal) - ?", (KEPT,))
        self._new.clear()

    def read(self, since: int = 0, limit: int = 1000, service: str | None = None) -> list[dict[str, Any]]:
        """Entries with a sequence number above ``since``, oldest first."""
        self.flush()
        cursor = self._connection.execute(
            "SELECT * FROM journal WHERE seq > ? AND (? IS NULL OR service = ?) ORDER BY seq LIMIT ?",
            (since, service, service, limit),
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def clear(self) -> None:
        self._new.clear()
        self._connection.execute("DELETE FROM journal")


def redacted(body: bytes, content_type: str) -> str:
    """A body as text without its secrets; a long one is only named."""
    if not body:
        return ""
    if len(body) > 4 * MAX_BODY or not ("json" in content_type or "xml" in content_type or "text" in content_type):
        return f"<{len(body)} bytes>"
    try:
        return json.dumps(_without_secrets(json.loads(body)), ensure_ascii=False)[:MAX_BODY]
    except (ValueError, RecursionError):
        return (
            f"<{len(body)} bytes that are not JSON>"
            if "json" in content_type
            else body[:MAX_BODY].decode(errors="replace")
        )


def _without_secrets(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "remote_console" in value and isinstance(value["remote_console"], dict) and "url" in value["remote_console"]:
        return {"remote_console": {**value["remote_console"], "url": HIDDEN}}
    return {k: HIDDEN if _is_secret(k, v) else _without_secrets(v) for k, v in value.items()}


def _is_secret(name: str, value: Any) -> bool:
    return name.lower() in SECRETS and not isinstance(value, dict)
