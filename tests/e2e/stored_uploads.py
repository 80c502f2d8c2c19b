"""Objects and unfinished uploads in the lab's object store, as the official SDK sees them."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its strings have escapes that Python deprecates
    import obs  # type: ignore[import-untyped]

PREFIX = "iso/"
"""Beginning of the keys of uploaded ISO files."""


@contextmanager
def _client(environment: Mapping[str, str]) -> Iterator[Any]:
    """Return a client that has the bucket in the path."""
    client = obs.ObsClient(
        access_key_id=environment["HW_ACCESS_KEY"],
        secret_access_key=environment["HW_SECRET_KEY"],
        server=environment["HW_OBS_ENDPOINT"],
        signature="v2",
        path_style=True,
        region=environment["HW_REGION_NAME"],
    )
    try:
        yield client
    finally:
        client.close()


def _listed(client: Any, bucket: str, prefix: str) -> tuple[list[Any], list[Any]]:
    stored = client.listObjects(bucket, prefix=prefix).body
    begun = client.listMultipartUploads(bucket, obs.ListMultipartUploadsRequest(prefix=prefix)).body
    return list(stored.contents), list(begun.upload)


def find(environment: Mapping[str, str], bucket: str) -> list[str]:
    """Return what is under the prefix of uploads, sorted: `object` and `upload` for each."""
    with _client(environment) as client:
        stored, begun = _listed(client, bucket, PREFIX)
    return sorted(["object"] * len(stored) + ["upload"] * len(begun))


def keys(environment: Mapping[str, str], bucket: str, prefix: str) -> list[str]:
    """Return the keys of the objects under a prefix, sorted."""
    with _client(environment) as client:
        stored, _ = _listed(client, bucket, prefix)
    return sorted(found.key for found in stored)


def clear(environment: Mapping[str, str], bucket: str, prefix: str = PREFIX) -> None:
    """Delete all objects and uploads under a prefix behind the program's back."""
    with _client(environment) as client:
        stored, begun = _listed(client, bucket, prefix)
        for found in begun:
            client.abortMultipartUpload(bucket, found.key, found.uploadId)
        for found in stored:
            client.deleteObject(bucket, found.key)
