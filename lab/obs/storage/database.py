"""
The store's tables in one SQLite file: buckets, objects, uploads and parts.

Keys are kept as UTF-8 bytes: that is the order in which the service lists them, and any byte is allowed.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lab.obs.storage.store_records import BucketInfo, Description, ObjectInfo, Part, Upload

_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY, owner_id TEXT NOT NULL, created_at REAL NOT NULL, storage_class TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL, key BLOB NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, last_modified REAL NOT NULL,
    description TEXT NOT NULL, upload_id TEXT, blob TEXT NOT NULL, PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    upload_id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, initiated REAL NOT NULL,
    description TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS parts (
    upload_id TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    last_modified REAL NOT NULL, blob TEXT NOT NULL, PRIMARY KEY (upload_id, number)
) WITHOUT ROWID;
"""


class Database:
    """
    Connection that one thread uses at a time.

    Args:
        path: SQLite file, created if missing; other processes may have it open.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write all or nothing, while nobody else writes."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # on some errors SQLite has rolled back already
                    self._connection.execute("ROLLBACK")
                raise

    def row(self, query: str, *parameters: object) -> sqlite3.Row | None:
        with self._lock:
            row: sqlite3.Row | None = self._connection.execute(query, parameters).fetchone()
            return row

    def rows(self, query: str, *parameters: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(query, parameters).fetchall()


def bucket_of(row: sqlite3.Row) -> BucketInfo:
    return BucketInfo(row["name"], row["owner_id"], _time(row["created_at"]), row["storage_class"])


def object_of(row: sqlite3.Row) -> ObjectInfo:
    return ObjectInfo(
        bucket=row["bucket"],
        key=row["key"].decode(),
        size=row["size"],
        etag=row["etag"],
        last_modified=_time(row["last_modified"]),
        description=description_of(row["description"]),
        upload_id=row["upload_id"],
    )


def upload_of(row: sqlite3.Row) -> Upload:
    description = description_of(row["description"])
    return Upload(row["upload_id"], row["bucket"], row["key"].decode(), _time(row["initiated"]), description)


def part_of(row: sqlite3.Row) -> Part:
    return Part(row["number"], row["size"], row["etag"], _time(row["last_modified"]), row["blob"])


def description_text(description: Description) -> str:
    maps = (dict(description.headers), dict(description.metadata), dict(description.tags))
    return json.dumps([description.storage_class, *maps, description.acl])


def description_of(text: str) -> Description:
    """Return a description; texts of older labs end with the metadata."""
    return Description(*json.loads(text))


def _time(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, UTC)
