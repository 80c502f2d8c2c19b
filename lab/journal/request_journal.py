"""The request journal: the requests to the lab, in their order, without secrets."""

import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from lab.record_store import transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS journal (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT, real_time TEXT, service TEXT, method TEXT, path TEXT, query TEXT,
  status INTEGER, operation TEXT, request_id TEXT, duration_ms REAL, request TEXT, response TEXT, fault TEXT
)
"""
KEPT = 20_000


@dataclass(frozen=True)
class Entry:
    """One request and its response, redacted by :mod:`lab.journal.redaction`; ``time`` is lab time."""

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
        self.clearings = 0
        """Number of times that the journal was emptied."""

    def add(self, entry: Entry) -> None:
        self._new.append(entry)

    def flush(self) -> None:
        """Write the entries that were added since the last flush, and delete the oldest."""
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
        """Return the entries with a sequence number above ``since``, oldest first."""
        self.flush()
        cursor = self._connection.execute(
            "SELECT * FROM journal WHERE seq > ? AND (? IS NULL OR service = ?) ORDER BY seq LIMIT ?",
            (since, service, service, limit),
        )
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def headlines(self, since: int, limit: int) -> list[dict[str, Any]]:
        """Return the newest entries with a sequence number above ``since``, oldest first, without their bodies."""
        self.flush()
        names = ("seq", *(name for name in Entry.__dataclass_fields__ if name not in ("request", "response")))
        query = f"SELECT {', '.join(names)} FROM journal WHERE seq > ? ORDER BY seq DESC LIMIT ?"  # noqa: S608 - own names
        rows = self._connection.execute(query, (since, limit)).fetchall()
        return [dict(zip(names, row, strict=True)) for row in reversed(rows)]

    def entry(self, number: int) -> dict[str, Any] | None:
        """Return the entry with a sequence number, None if there is none (any more)."""
        found = self.read(number - 1, 1)
        return found[0] if found and found[0]["seq"] == number else None

    def clear(self) -> None:
        self._new.clear()
        self.clearings += 1
        self._connection.execute("DELETE FROM journal")
