"""Multipart uploads, without HTTP."""

import hashlib
import sqlite3
import uuid
from collections.abc import Sequence
from itertools import pairwise

from lab.obs.http.obs_errors import ObsError
from lab.obs.storage.blobs import BlobWriter
from lab.obs.storage.bucket_store import ObjectStore
from lab.obs.storage.database import description_text, part_of, upload_of
from lab.obs.storage.listing import Page, make_page
from lab.obs.storage.obs_names import check_key
from lab.obs.storage.store_records import Description, ObjectInfo, Part, Upload

MAX_PART_NUMBER = 10_000
MIN_PART_BYTES = 100 << 10  # the limit of OBS; the last part may be smaller


class MultipartUploads:
    """
    Uploads in progress in a store.

    Args:
        store: Store that gets the completed objects.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._database = store.database

    def create(self, bucket: str, key: str, description: Description) -> Upload:
        """
        Begin an upload.

        Raises:
            ObsError: NoSuchBucket or KeyTooLongError.
        """
        check_key(key)
        upload = Upload(uuid.uuid4().hex, bucket, key, self._store.clock_now(), description)
        initiated, text = upload.initiated.timestamp(), description_text(description)
        with self._database.transaction() as connection:
            self._store.check_bucket(bucket)
            values = (upload.upload_id, bucket, key.encode(), initiated, text)
            connection.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", values)
        return upload

    def upload(self, bucket: str, key: str, upload_id: str) -> Upload:
        """
        Return an upload in progress.

        Raises:
            ObsError: NoSuchUpload.
        """
        query = "SELECT * FROM uploads WHERE upload_id = ? AND bucket = ? AND key = ?"
        if (row := self._database.row(query, upload_id, bucket, key.encode())) is None:
            raise ObsError("NoSuchUpload", UploadId=upload_id)
        return upload_of(row)

    def put_part(self, upload: Upload, number: int, writer: BlobWriter) -> Part:
        """
        Store a part; the last one of a number wins.

        Raises:
            ObsError: NoSuchUpload.
        """
        with self._database.transaction() as connection:
            self.upload(upload.bucket, upload.key, upload.upload_id)
            replaced = self._database.row(
                "SELECT * FROM parts WHERE upload_id = ? AND number = ?", upload.upload_id, number
            )
            part = Part(number, writer.size, writer.etag(), self._store.clock_now(), writer.commit())
            values = (upload.upload_id, number, part.size, part.etag, part.last_modified.timestamp(), part.blob)
            connection.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)", values)
        if replaced:
            self._store.blobs.remove(replaced["blob"])
        return part

    def parts(self, upload: Upload) -> list[Part]:
        rows = self._database.rows("SELECT * FROM parts WHERE upload_id = ? ORDER BY number", upload.upload_id)
        return [part_of(row) for row in rows]

    def complete(self, upload: Upload, chosen: Sequence[tuple[int, str]]) -> ObjectInfo:
        """
        Join the chosen parts to the object, and delete the upload.

        Args:
            upload: Upload to complete.
            chosen: Numbers and ETags (without quotes) of the parts, in order.

        Raises:
            ObsError: InvalidPart, InvalidPartOrder, EntityTooSmall, NoSuchUpload.
        """
        parts = _choose(self.parts(upload), chosen)
        digests = b"".join(bytes.fromhex(part.etag) for part in parts)
        etag = f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-{len(parts)}"
        with self._store.new_file() as writer:
            self._assemble(writer, parts, upload)
            info = self._store.put(upload.bucket, upload.key, writer, upload.description, etag, upload.upload_id)
        self.abort(upload)
        return info

    def _assemble(self, writer: BlobWriter, parts: Sequence[Part], upload: Upload) -> None:
        try:
            for part in parts:
                writer.append_file(self._store.blobs.path(part.blob))
        except FileNotFoundError:  # aborted meanwhile
            raise ObsError("NoSuchUpload", UploadId=upload.upload_id) from None

    def abort(self, upload: Upload) -> None:
        """
        Delete the upload and its parts.

        Raises:
            ObsError: NoSuchUpload.
        """
        with self._database.transaction() as connection:
            self.upload(upload.bucket, upload.key, upload.upload_id)
            parts = self.parts(upload)
            connection.execute("DELETE FROM parts WHERE upload_id = ?", (upload.upload_id,))
            connection.execute("DELETE FROM uploads WHERE upload_id = ?", (upload.upload_id,))
        for part in parts:
            self._store.blobs.remove(part.blob)

    def list_uploads(
        self, bucket: str, prefix: str, delimiter: str, after: tuple[str, str], limit: int
    ) -> Page[Upload]:
        """
        Return a page of uploads by key, those of one key by id.

        Args:
            bucket: Bucket name.
            prefix: Beginning of all listed keys.
            delimiter: Separator of common prefixes: keys that have it after the prefix are shown as one.
            after: Key and upload id after which the page starts; without an id, after all uploads of the key.
            limit: Most entries.

        Raises:
            ObsError: NoSuchBucket.
        """
        self._store.check_bucket(bucket)
        rows = self._upload_rows(bucket, prefix.encode(), after)
        return make_page(rows, lambda row: row["key"].decode(), upload_of, prefix, delimiter, after[0], limit)

    def _upload_rows(self, bucket: str, prefix: bytes, after: tuple[str, str]) -> list[sqlite3.Row]:
        key, upload_id = after[0].encode(), after[1]
        query = """SELECT * FROM uploads WHERE bucket = ? AND key >= ? AND key < ?
            AND (key > ? OR (key = ? AND ? <> '' AND upload_id > ?)) ORDER BY key, upload_id"""
        return self._database.rows(query, bucket, prefix, prefix + b"\xff", key, key, upload_id, upload_id)


def _choose(uploaded: Sequence[Part], chosen: Sequence[tuple[int, str]]) -> list[Part]:
    numbers = [number for number, _ in chosen]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise ObsError("InvalidPartOrder")
    by_number = {part.number: part for part in uploaded}
    parts = [by_number[number] for number in numbers if number in by_number]
    if not parts or [(part.number, part.etag) for part in parts] != list(chosen):
        raise ObsError("InvalidPart")
    if any(part.size < MIN_PART_BYTES for part in parts[:-1]):
        raise ObsError("EntityTooSmall")
    return parts
