"""Persistent records: kept in memory, written through to one SQLite file."""

import logging
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from lab.files.disk_space import NotWritten, full_disk_sentence, is_full_disk

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (kind TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class Record(BaseModel):
    """Persistent record with an id, which changes only through its collection's :meth:`Collection.save`."""

    model_config = ConfigDict(extra="forbid")
    id: str


R = TypeVar("R", bound=Record)


class Collection(Generic[R]):
    """All records of one kind, in order of creation, with look-ups by the fields that were named as indexes."""

    def __init__(self, store: "Store", kind: str, model: type[R], indexes: tuple[str, ...]) -> None:
        self._store, self._kind = store, kind
        self._records: dict[str, R] = {}
        self._indexes: dict[str, dict[Any, dict[str, R]]] = {name: defaultdict(dict) for name in indexes}
        self._indexed_as: dict[str, dict[str, Any]] = {}
        for body in store.load(kind):
            record = model.model_validate_json(body)
            self._records[record.id] = record
            self._index(record)

    def get(self, record_id: str) -> R | None:
        return self._records.get(record_id)

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._records.values()))

    def __len__(self) -> int:
        return len(self._records)

    def where(self, field: str, value: object) -> list[R]:
        """Return the records whose indexed ``field`` is ``value``, in order of creation."""
        return list(self._indexes[field].get(value, {}).values())

    def save(self, record: R) -> R:
        """Store a new record or a changed one; it is on disk after the next :meth:`Store.flush`."""
        self._unindex(record.id)
        self._records[record.id] = record
        self._index(record)
        self._store.mark(self._kind, record.id, record)
        return record

    def delete(self, record_id: str) -> None:
        """Delete a record; a missing one is fine."""
        self._unindex(record_id)
        if self._records.pop(record_id, None) is not None:
            self._store.mark(self._kind, record_id, None)

    def _index(self, record: R) -> None:
        keys = {name: getattr(record, name) for name in self._indexes}
        for name, key in keys.items():
            self._indexes[name][key][record.id] = record
        self._indexed_as[record.id] = keys

    def _unindex(self, record_id: str) -> None:
        for name, key in self._indexed_as.pop(record_id, {}).items():
            entries = self._indexes[name][key]
            entries.pop(record_id, None)
            if not entries:
                del self._indexes[name][key]


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Cursor]:
    """Write all or nothing. After a failure the connection is ready for the next transaction."""
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    try:
        yield cursor
        cursor.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # on some errors SQLite has rolled back already
            cursor.execute("ROLLBACK")
        raise


class Store:
    """
    One SQLite file; changes are collected and written by :meth:`flush` in one transaction.

    The rules change records only between two awaits of one event loop, so a flush always writes a consistent state.
    """

    def __init__(self, path: Path) -> None:
        self.folder = path.parent
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.executescript(_SCHEMA)
        self._changed: dict[tuple[str, str], Record | None] = {}
        self._facts: dict[str, str] = {}
        self.time: Callable[[], datetime] | None = None
        """Lab's time, which is written with every change, so that time never runs back behind a record."""

    def last_time(self) -> datetime | None:
        """Return the lab's time of the last write."""
        kept = self.fact("time")
        return datetime.fromisoformat(kept) if kept else None

    def collection(self, kind: str, model: type[R], *indexes: str) -> Collection[R]:
        """Open the collection of one kind of record."""
        return Collection(self, kind, model, indexes)

    def load(self, kind: str) -> list[str]:
        rows = self.connection.execute("SELECT body FROM records WHERE kind = ? ORDER BY id", (kind,)).fetchall()
        return [row[0] for row in rows]

    def mark(self, kind: str, record_id: str, record: Record | None) -> None:
        self._changed[kind, record_id] = record

    def fact(self, name: str) -> str | None:
        """Return a single value that was kept under a name."""
        if name in self._facts:
            return self._facts[name]
        row = self.connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def keep_fact(self, name: str, value: str) -> None:
        self._facts[name] = value

    def flush(self) -> None:
        """
        Write the changes since the last flush; changes that cannot be written are kept for the next flush.

        Raises:
            NotWritten: The disk is full or fails; nothing was written.
        """
        if not self._changed and not self._facts:
            return
        if self.time is not None:
            self._facts["time"] = self.time().isoformat()
        saved = [(kind, key, r.model_dump_json()) for (kind, key), r in self._changed.items() if r is not None]
        deleted = [key for key, record in self._changed.items() if record is None]
        try:
            with transaction(self.connection) as cursor:
                cursor.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", saved)
                cursor.executemany("DELETE FROM records WHERE kind = ? AND id = ?", deleted)
                cursor.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(self._facts.items()))
        except sqlite3.Error as error:
            raise NotWritten(_not_written(error, self.folder)) from error
        self._changed.clear()
        self._facts.clear()

    def flush_later(self) -> None:
        """Write the changes; if that fails, leave them to the next flush of the supervised work."""
        try:
            self.flush()
        except NotWritten as error:
            log.warning("%s; the write will be repeated", error)

    def close(self) -> None:
        try:
            self.flush()
        except NotWritten as error:
            log.critical("%s; the last changes are lost", error)
        finally:
            self.connection.close()


def _not_written(error: sqlite3.Error, folder: Path) -> str:
    return full_disk_sentence(folder) if is_full_disk(error) else f"the state of the lab cannot be written: {error}"
