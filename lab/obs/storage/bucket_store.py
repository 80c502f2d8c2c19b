"""Buckets and objects, without HTTP."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from lab.obs.http.obs_errors import ObsError
from lab.obs.storage.blobs import BlobDirectory, BlobWriter, file_md5, read_chunks
from lab.obs.storage.database import Database, bucket_of, description_text, object_of
from lab.obs.storage.listing import Page, make_page
from lab.obs.storage.obs_names import check_bucket_name, check_key
from lab.obs.storage.store_records import DEFAULT_OWNER, BucketInfo, Description, ObjectInfo

MAX_BUCKETS = 100  # of an account, by default

_PLAIN = Description()
_log = logging.getLogger(__name__)


class ObjectStore:
    """
    Objects in a directory; several stores, in several processes, may use the same one.

    A crash of the process loses nothing that was acknowledged. After a power cut, an object whose file did not reach
    the disk whole is deleted at the next start.

    Args:
        root: Directory, created if missing.
        clock_now: Function that returns the time to record creations and changes with.
    """

    def __init__(self, root: Path, clock_now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.clock_now = clock_now
        self.blobs = BlobDirectory(root)
        alone = self.blobs.acquire()
        self.database = Database(root / "objects.sqlite")
        if alone:
            self._clean_up()
            self.blobs.share()

    def close(self) -> None:
        self.database.close()
        self.blobs.close()

    # Buckets

    def create_bucket(self, name: str, owner_id: str = DEFAULT_OWNER, storage_class: str = "STANDARD") -> BucketInfo:
        """
        Create a bucket; the same bucket again is no error ("Creating a Bucket": 200).

        Raises:
            ObsError: InvalidBucketName, BucketAlreadyExists (another account's), TooManyBuckets.
        """
        check_bucket_name(name)
        with self.database.transaction() as connection:
            if existing := self.bucket(name):
                if existing.owner_id != owner_id:
                    raise ObsError("BucketAlreadyExists", BucketName=name)
                return existing
            if len(self.buckets(owner_id)) >= MAX_BUCKETS:
                raise ObsError("TooManyBuckets")
            bucket = BucketInfo(name, owner_id, self.clock_now(), storage_class)
            values = (name, owner_id, bucket.created_at.timestamp(), storage_class)
            connection.execute("INSERT INTO buckets VALUES (?, ?, ?, ?)", values)
        return bucket

    def bucket(self, name: str) -> BucketInfo | None:
        row = self.database.row("SELECT * FROM buckets WHERE name = ?", name)
        return bucket_of(row) if row else None

    def buckets(self, owner_id: str = DEFAULT_OWNER) -> list[BucketInfo]:
        rows = self.database.rows("SELECT * FROM buckets WHERE owner_id = ? ORDER BY name", owner_id)
        return [bucket_of(row) for row in rows]

    def delete_bucket(self, name: str) -> None:
        """
        Delete an empty bucket.

        Raises:
            ObsError: NoSuchBucket, or BucketNotEmpty (objects, or uploads in progress).
        """
        with self.database.transaction() as connection:
            self.check_bucket(name)
            for query in ("SELECT 1 FROM objects WHERE bucket = ?", "SELECT 1 FROM uploads WHERE bucket = ?"):
                if self.database.row(f"{query} LIMIT 1", name):
                    raise ObsError("BucketNotEmpty", BucketName=name)
            connection.execute("DELETE FROM buckets WHERE name = ?", (name,))

    def check_bucket(self, name: str) -> None:
        if self.bucket(name) is None:
            raise ObsError("NoSuchBucket", BucketName=name)

    # Objects

    def head(self, bucket: str, key: str) -> ObjectInfo | None:
        row = self._object_row(bucket, key)
        return object_of(row) if row else None

    def path(self, bucket: str, key: str) -> Path | None:
        """Return the file with the object's bytes; it must not be changed, and is gone once the object is replaced."""
        row = self._object_row(bucket, key)
        return self.blobs.path(row["blob"]) if row else None

    def open(self, bucket: str, key: str) -> tuple[ObjectInfo, BinaryIO] | None:
        """Return the object and its bytes, which match even while it is being replaced."""
        while row := self._object_row(bucket, key):
            try:
                return object_of(row), self.blobs.path(row["blob"]).open("rb")
            except FileNotFoundError:
                if (now := self._object_row(bucket, key)) and now["blob"] == row["blob"]:
                    raise
        return None

    def new_file(self) -> BlobWriter:
        """Return a new file for an object's or a part's bytes."""
        return self.blobs.new_file()

    def put(
        self,
        bucket: str,
        key: str,
        writer: BlobWriter,
        description: Description = _PLAIN,
        etag: str | None = None,
        upload_id: str | None = None,
    ) -> ObjectInfo:
        """
        Make the written file the object's content.

        Args:
            bucket: Bucket name.
            key: Object key.
            writer: File from `new_file`.
            description: Storage class, headers and metadata.
            etag: ETag, if it is not the MD5 of the bytes.
            upload_id: Id of the multipart upload that this object completes.

        Raises:
            ObsError: NoSuchBucket, KeyTooLongError.
        """
        with self.database.transaction() as connection:
            self._check_target(bucket, key)
            info = ObjectInfo(bucket, key, writer.size, etag or writer.etag(), self.clock_now(), description, upload_id)
            replaced = self._save(connection, info, writer.commit())
        self._remove_blob(replaced)
        return info

    def put_file(self, bucket: str, key: str, source: Path, md5: str | None = None) -> ObjectInfo:
        """
        Store a copy of a file; the same content again is not written again.

        It is a copy, not a link, because the file's owner may change it later.

        Args:
            bucket: Bucket name.
            key: Object name.
            source: File to copy.
            md5: MD5 digest of the file, if it is known; else the file is read for it.

        Raises:
            ObsError: NoSuchBucket, KeyTooLongError.
        """
        size = source.stat().st_size
        existing = self.head(bucket, key)
        if existing and existing.size == size and existing.etag == (md5 or file_md5(source)):
            return existing
        with source.open("rb") as content, self.new_file() as writer:
            for chunk in read_chunks(content, size):
                writer.write(chunk)
            return self.put(bucket, key, writer, _PLAIN)

    def copy(self, source: ObjectInfo, bucket: str, key: str, description: Description) -> ObjectInfo:
        """
        Copy an object.

        Raises:
            ObsError: NoSuchKey (the source), NoSuchBucket or KeyTooLongError (the target).
        """
        with self.database.transaction() as connection:
            self._check_target(bucket, key)
            row = self._object_row(source.bucket, source.key)
            if row is None:
                raise ObsError("NoSuchKey", Key=source.key)
            original = object_of(row)
            info = ObjectInfo(bucket, key, original.size, original.etag, self.clock_now(), description)
            replaced = self._save(connection, info, self.blobs.link(row["blob"]))
        self._remove_blob(replaced)
        return info

    def describe(self, bucket: str, key: str, description: Description) -> None:
        """Replace an object's description; its content and its time stay."""
        with self.database.transaction() as connection:
            query = "UPDATE objects SET description = ? WHERE bucket = ? AND key = ?"
            connection.execute(query, (description_text(description), bucket, key.encode()))

    def delete(self, bucket: str, key: str) -> bool:
        """Delete an object; return False if there was none."""
        with self.database.transaction() as connection:
            row = self._object_row(bucket, key)
            connection.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key.encode()))
        self._remove_blob(row)
        return row is not None

    def list_objects(
        self, bucket: str, prefix: str = "", delimiter: str = "", after: str = "", limit: int = 1000
    ) -> Page[ObjectInfo]:
        """
        Return a page of objects by key, in the order of their UTF-8 bytes.

        Args:
            bucket: Bucket name.
            prefix: Beginning of all listed keys.
            delimiter: Separator of common prefixes: keys that have it after the prefix are shown as one.
            after: Key (or common prefix) after which the page starts.
            limit: Most keys and common prefixes.

        Raises:
            ObsError: NoSuchBucket.
        """
        self.check_bucket(bucket)
        rows = self._object_rows(bucket, prefix.encode(), after.encode())
        return make_page(rows, lambda row: row["key"].decode(), object_of, prefix, delimiter, after, limit)

    def _object_rows(self, bucket: str, prefix: bytes, after: bytes) -> Iterator[sqlite3.Row]:
        query = "SELECT * FROM objects WHERE bucket = ? AND key > ? AND key >= ? AND key < ? ORDER BY key LIMIT 1000"
        end = prefix + b"\xff"  # above every UTF-8 string that starts so
        while rows := self.database.rows(query, bucket, after, prefix, end):
            yield from rows
            after = rows[-1]["key"]

    def _object_row(self, bucket: str, key: str) -> sqlite3.Row | None:
        return self.database.row("SELECT * FROM objects WHERE bucket = ? AND key = ?", bucket, key.encode())

    def _check_target(self, bucket: str, key: str) -> None:
        self.check_bucket(bucket)
        check_key(key)

    def _save(self, connection: sqlite3.Connection, info: ObjectInfo, blob: str) -> sqlite3.Row | None:
        """Write the object's row, and return the one that it replaced."""
        replaced = self._object_row(info.bucket, info.key)
        modified, description = info.last_modified.timestamp(), description_text(info.description)
        values = (info.bucket, info.key.encode(), info.size, info.etag, modified, description, info.upload_id, blob)
        connection.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
        return replaced

    def _remove_blob(self, row: sqlite3.Row | None) -> None:
        """Delete the bytes that a row referred to, only once the row is gone for good."""
        if row:
            self.blobs.remove(row["blob"])

    def _clean_up(self) -> None:
        """Delete objects whose bytes are missing, and bytes that nothing refers to."""
        for row in self.database.rows("SELECT * FROM objects"):
            path = self.blobs.path(row["blob"])
            if not path.exists() or path.stat().st_size != row["size"]:
                _log.warning("object %s/%s lost its content and was deleted", row["bucket"], row["key"].decode())
                self.delete(row["bucket"], row["key"].decode())
        known = self.database.rows("SELECT blob FROM objects UNION SELECT blob FROM parts")
        self.blobs.remove_all_but({row["blob"] for row in known})
