"""Lists of the object store: buckets, objects, uploads in parts, and the texts of its XML documents."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from huaweicloud.obs import Obs
from huaweicloud.transport.messages import encode

ONLY_BUCKETS = {"x-obs-bucket-type": "OBJECT"}
"""Header that leaves out parallel file systems ("Listing Buckets")."""


LIMIT = 16 << 20
"""Size limit of a list (bytes): 1,000 entries whose names may have 1,024 bytes each."""


class StoredObject(NamedTuple):
    """
    Object in a list.

    Attributes:
        key: Name of the object.
        size_bytes: Size of the object.
        last_modified: Time of the last change; None if the service does not report it.
    """

    key: str
    size_bytes: int
    last_modified: datetime | None


class StoredUpload(NamedTuple):
    """
    Upload in parts that is neither completed nor aborted.

    Attributes:
        key: Name of the object.
        id: Id of the upload.
        initiated: Time when the upload was started; None if the service does not report it.
    """

    key: str
    id: str
    initiated: datetime | None


class ObsListing:
    """
    Operations that list.

    Args:
        store: Client of the object store.
    """

    def __init__(self, store: Obs) -> None:
        self._store = store

    def buckets(self, region: str) -> list[str]:
        """
        Return the names of the account's buckets in a region.

        Source: GET /, "Listing Buckets", which lists the buckets of all regions, with `Location`.

        Args:
            region: Id of the region.
        """
        response = self._store.send("GET", None, "", "list the buckets", headers=ONLY_BUCKETS, limit_bytes=LIMIT)
        found = elements(response.body, "Bucket")
        return [text_of(block, "Name") for block in found if text_of(block, "Location") in ("", region)]

    def objects(self, bucket: str, prefix: str) -> list[StoredObject]:
        """
        Return the objects whose names begin with a text (GET ?prefix, "Listing Objects in a Bucket").

        Args:
            bucket: Name of the bucket.
            prefix: Beginning of the names.
        """
        found: list[StoredObject] = []
        operation = f"list the objects of bucket {bucket}"
        while True:
            query = (("prefix", prefix), *([("marker", found[-1].key)] if found else []))
            body = self._store.send("GET", bucket, "", operation, query=query, limit_bytes=LIMIT).body
            page = list(_objects(body))
            found += page
            if text_of(body, "IsTruncated") != "true" or not page:
                return found

    def uploads(self, bucket: str, prefix: str) -> list[StoredUpload]:
        """
        Return the uploads in parts whose objects have names that begin with a text.

        Source: GET ?uploads, "Listing Initiated Multipart Uploads in a Bucket".

        Args:
            bucket: Name of the bucket.
            prefix: Beginning of the names.
        """
        found: list[StoredUpload] = []
        operation = f"list the uploads of bucket {bucket}"
        while True:
            after = (("key-marker", found[-1].key), ("upload-id-marker", found[-1].id)) if found else ()
            query = (("prefix", prefix), *after)
            body = self._store.send(
                "GET", bucket, "", operation, subresource="uploads", query=query, limit_bytes=LIMIT
            ).body
            page = list(_uploads(body))
            found += page
            if text_of(body, "IsTruncated") != "true" or not page:
                return found

    def last_part_at(self, bucket: str, upload: StoredUpload) -> datetime | None:
        """
        Return the time of the latest part of an upload, or of its start (GET ?uploadId, "Listing Uploaded Parts").

        Args:
            bucket: Name of the bucket.
            upload: Upload in parts.
        """
        times, last = [upload.initiated], 0
        operation, subresource = f"list the parts of {bucket}:{upload.key}", f"uploadId={encode(upload.id)}"
        while True:
            query = (("part-number-marker", str(last)),) if last else ()
            body = self._store.send("GET", bucket, upload.key, operation, subresource=subresource, query=query).body
            parts = elements(body, "Part")
            times += [_moment(text_of(part, "LastModified")) for part in parts]
            numbers = [int(text_of(part, "PartNumber") or 0) for part in parts]
            if text_of(body, "IsTruncated") != "true" or max(numbers, default=0) <= last:
                return max((time for time in times if time), default=None)
            last = max(numbers)


def elements(document: bytes, name: str) -> list[bytes]:
    """Return the contents of the elements of a name, which never contain one of the same name."""
    tag = name.encode()
    return re.findall(rb"<" + tag + rb">(.*?)</" + tag + rb">", document, re.DOTALL)


def text_of(document: bytes, name: str) -> str:
    """Return the text of the first element of a name; "" if there is none."""
    tag = re.escape(name.encode())
    found = re.search(rb"<" + tag + rb"\b[^>]*>([^<]*)</", document)
    return html.unescape(found.group(1).decode("utf-8", "replace")).strip() if found else ""


def _objects(document: bytes) -> Iterator[StoredObject]:
    for block in elements(document, "Contents"):
        size_bytes = int(text_of(block, "Size") or 0)
        yield StoredObject(text_of(block, "Key"), size_bytes, _moment(text_of(block, "LastModified")))


def _uploads(document: bytes) -> Iterator[StoredUpload]:
    for block in elements(document, "Upload"):
        yield StoredUpload(text_of(block, "Key"), text_of(block, "UploadId"), _moment(text_of(block, "Initiated")))


def _moment(text: str) -> datetime | None:
    """Return a time such as 2024-01-01T00:00:00.000Z; None for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
