"""
Uploads in parts to the object store, which the store itself keeps until they are completed or aborted.

An upload is found again by the name of its object. So a process on any machine can continue it, and no file on this
machine has to survive. The store's own SDK, esdk-obs-python 3.26.6, is not used, for three reasons:

- It never compares the host name with the certificate, `obs/client.py`: `context.check_hostname = False`.
- Its `uploadFile` aborts the upload at every response from 301 to 499, such as that to an expired temporary key.
- Its parts are sent outside of `Sender`: without renewed keys, proxies, retries, request rates and cancellation.
"""

import base64
import hashlib
import html
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from huaweicloud.errors import ApiError, InvalidResponse, NotFound
from huaweicloud.obs import CONTENT_MD5, METADATA, Obs
from huaweicloud.obs_listing import elements, text_of
from huaweicloud.transport.messages import encode

MAX_PARTS = 10_000
"""Number of parts of one upload (OBS "Uploading a Part")."""
PAGE = 1000
"""Number of parts that are listed with one request."""
STANDARD = {"x-obs-storage-class": "STANDARD"}
"""Storage class of uploads, whatever that of the bucket is: the image service reads no other."""
_BUCKET_EXISTS = "BucketAlreadyOwnedByYou"


class Part(NamedTuple):
    """
    Part of an upload.

    Attributes:
        number: Number of the part, from 1.
        size_bytes: Size of the part.
        etag: Entity tag of the part, without quotes.
    """

    number: int
    size_bytes: int
    etag: str


class ObsUploads:
    """
    Operations on uploads in parts, and on the buckets that they need.

    Args:
        store: Client of the object store.
    """

    def __init__(self, store: Obs) -> None:
        self._store = store

    def create_bucket(self, bucket: str, region: str) -> None:
        """
        Create a bucket with the storage class Standard, unless the account has it (PUT, "Creating a Bucket").

        Args:
            bucket: Name of the bucket.
            region: Id of the region.

        Raises:
            Conflict: The bucket belongs to another account.
        """
        body = f"<CreateBucketConfiguration><Location>{html.escape(region)}</Location></CreateBucketConfiguration>"
        try:
            self._store.send("PUT", bucket, "", f"create bucket {bucket}", headers=STANDARD, body=body.encode())
        except ApiError as error:
            if error.code != _BUCKET_EXISTS:
                raise

    def start(self, bucket: str, key: str, metadata: Mapping[str, str]) -> str:
        """
        Start an upload (POST ?uploads, "Initiating a Multipart Upload").

        Args:
            bucket: Name of the bucket.
            key: Name of the object.
            metadata: Metadata of the object, by name.

        Returns:
            Id of the upload.
        """
        operation = f"start the upload of {bucket}:{key}"
        headers = {**STANDARD, **{f"{METADATA}{name}": text for name, text in metadata.items()}}
        response = self._store.send("POST", bucket, key, operation, subresource="uploads", headers=headers)
        found = text_of(response.body, "UploadId")
        if not found:
            raise InvalidResponse(f"Could not {operation}: the response names no upload")
        return found

    def find(self, bucket: str, key: str) -> list[str]:
        """
        Return the ids of the uploads of an object that are not completed, the latest one first.

        Source: GET ?uploads, "Listing Initiated Multipart Uploads in a Bucket".

        Args:
            bucket: Name of the bucket.
            key: Name of the object.
        """
        operation, query = f"list the uploads of {bucket}:{key}", (("prefix", key),)
        response = self._store.send("GET", bucket, "", operation, subresource="uploads", query=query)
        listed = [block for block in elements(response.body, "Upload") if text_of(block, "Key") == key]
        listed.sort(key=lambda block: text_of(block, "Initiated"), reverse=True)
        return [text_of(block, "UploadId") for block in listed]

    def parts(self, bucket: str, key: str, upload_id: str) -> dict[int, Part]:
        """
        Return the parts that an upload has, by number (GET ?uploadId, "Listing Uploaded Parts").

        Args:
            bucket: Name of the bucket.
            key: Name of the object.
            upload_id: Id of the upload.
        """
        found: dict[int, Part] = {}
        while True:
            last = max(found, default=0)
            query = (("max-parts", str(PAGE)), *([("part-number-marker", str(last))] if last else []))
            operation, subresource = f"list the parts of {bucket}:{key}", f"uploadId={encode(upload_id)}"
            body = self._store.send("GET", bucket, key, operation, subresource=subresource, query=query).body
            for block in elements(body, "Part"):
                number, size = (int(text_of(block, name) or 0) for name in ("PartNumber", "Size"))
                found[number] = Part(number, size, text_of(block, "ETag").strip('"'))
            if text_of(body, "IsTruncated") != "true" or max(found, default=0) == last:
                return found

    def put_part(self, bucket: str, key: str, upload_id: str, number: int, content: bytes, md5: bytes) -> Part:
        """
        Upload a part, whose digest the store verifies (PUT ?partNumber&uploadId, "Uploading a Part").

        Args:
            bucket: Name of the bucket.
            key: Name of the object.
            upload_id: Id of the upload.
            number: Number of the part, from 1.
            content: Content of the part.
            md5: MD5 digest of the content.
        """
        response = self._store.send(
            "PUT",
            bucket,
            key,
            f"upload part {number} of {bucket}:{key}",
            subresource=f"partNumber={number}&uploadId={encode(upload_id)}",
            headers={CONTENT_MD5: base64.b64encode(md5).decode()},
            body=content,
        )
        return Part(number, len(content), response.headers.get("etag", "").strip('"'))

    def put_object(self, bucket: str, key: str, content: bytes) -> str:
        """
        Write a small object in one request, and return its entity tag (PUT, "Uploading an Object - PUT").

        The store verifies the digest. The same request again leads to the same object.

        Args:
            bucket: Name of the bucket.
            key: Name of the object.
            content: Content of the object.
        """
        md5 = base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()
        headers = {CONTENT_MD5: md5}
        response = self._store.send("PUT", bucket, key, f"write {bucket}:{key}", headers=headers, body=content)
        return response.headers.get("etag", "").strip('"')

    def complete(self, bucket: str, key: str, upload_id: str, parts: Sequence[Part]) -> None:
        """
        Make an object of the parts (POST ?uploadId, "Completing a Multipart Upload").

        Args:
            bucket: Name of the bucket.
            key: Name of the object.
            upload_id: Id of the upload.
            parts: Parts of the object, in order.
        """
        listed = "".join(
            f'<Part><PartNumber>{part.number}</PartNumber><ETag>"{html.escape(part.etag)}"</ETag></Part>'
            for part in parts
        )
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        operation, subresource = f"complete the upload of {bucket}:{key}", f"uploadId={encode(upload_id)}"
        self._store.send("POST", bucket, key, operation, subresource=subresource, body=body)

    def abort(self, bucket: str, key: str, upload_id: str) -> None:
        """
        Delete an upload and its parts, if it exists (DELETE ?uploadId, "Canceling a Multipart Upload").

        Args:
            bucket: Name of the bucket.
            key: Name of the object.
            upload_id: Id of the upload.
        """
        operation, subresource = f"abort the upload of {bucket}:{key}", f"uploadId={encode(upload_id)}"
        try:
            self._store.send("DELETE", bucket, key, operation, subresource=subresource)
        except NotFound:
            return

    def delete_object(self, bucket: str, key: str) -> None:
        """
        Delete an object, if it exists (DELETE, "Deleting an Object").

        Args:
            bucket: Name of the bucket.
            key: Name of the object.
        """
        try:
            self._store.send("DELETE", bucket, key, f"delete {bucket}:{key}")
        except NotFound:
            return
