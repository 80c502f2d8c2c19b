"""HTTP application of the store: authenticates requests, finds operations, reports errors as the service does."""

import errno
import logging
import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from lab.obs.http.bucket_routes import BucketOperations, own_bucket
from lab.obs.http.object_properties import ObjectProperties
from lab.obs.http.object_routes import ObjectOperations, check_version
from lab.obs.http.obs_errors import ObsError
from lab.obs.http.responses import error_document, host_id
from lab.obs.http.store_request import BASE_HOSTS, ObsRequest
from lab.obs.http.upload_routes import UploadOperations
from lab.obs.signatures import signature_v2, signature_v4
from lab.obs.signatures.signature_check import Caller, FindSecretKey
from lab.obs.storage.bucket_store import ObjectStore

Operation: TypeAlias = Callable[[ObsRequest, Caller], Awaitable[Response]]

# Subresources that a request's query (or copy-source header) can name.
_SUBRESOURCES = ("location", "uploads", "uploadId", "delete", "copy", "acl", "tagging")
_OF_OBJECTS = frozenset(["acl", "tagging"])
"""Subresources that only objects have in the lab."""
_UNIMPLEMENTED = signature_v2.SUBRESOURCES - {
    *("location", "uploads", "uploadid", "delete", "partnumber", "versionid", "attname"),
    *(name for name in signature_v2.SUBRESOURCES if name.startswith("response-")),
}

_log = logging.getLogger(__name__)


def create_app(
    objects: Path | ObjectStore,
    find_secret_key: FindSecretKey,
    clock_now: Callable[[], datetime],
    *,
    region: str = "lab-1",
    hosts: Sequence[str] = (),
) -> ASGIApp:
    """
    Return the object store as an ASGI application.

    Args:
        objects: Store, or its directory (created if missing), in which case the application closes the store at its
            shutdown.
        find_secret_key: Function that returns the secret of an access key, None if there is no such key (any more).
        clock_now: Time that signatures are checked against; with a directory, also the store's.
        region: Region of the buckets.
        hosts: Names of the store beside the usual ones.
    """
    store = ObjectStore(objects, clock_now) if isinstance(objects, Path) else objects

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        if isinstance(objects, Path):
            store.close()

    service = _Service(store, find_secret_key, clock_now, region, (*BASE_HOSTS, *hosts))
    return Router(default=service, lifespan=lifespan, redirect_slashes=False)


class _Service:
    def __init__(
        self,
        store: ObjectStore,
        find_secret_key: FindSecretKey,
        clock_now: Callable[[], datetime],
        region: str,
        hosts: Sequence[str],
    ) -> None:
        self._store = store
        self._find_secret_key = find_secret_key
        self._clock_now, self._hosts = clock_now, hosts
        self._operations = _operations(store, region)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = ObsRequest(scope, receive, self._hosts)
        request_id = uuid.uuid4().hex.upper()
        try:
            response = await self._answer(request)
        except ClientDisconnect:
            return
        except Exception as error:
            response = error_document(request, _as_obs_error(error, request_id), request_id)
        for prefix in ("x-obs-", "x-amz-"):
            response.headers[f"{prefix}request-id"] = request_id
            response.headers[f"{prefix}id-2"] = host_id(request_id)
        if "expect" in request.headers and response.status_code >= 400:
            # The client may have kept its body back, so the next bytes of the connection could be either.
            response.headers["connection"] = "close"
        await response(scope, receive, send)

    async def _answer(self, request: ObsRequest) -> Response:
        if request.method == "HEAD" and "apiversion" in request.parameters and not request.is_signed:
            return self._api_version(request)
        caller = self._verify(request)
        operation = self._find_operation(request)
        if request.bucket and (request.key or request.method != "PUT"):
            own_bucket(self._store, request.bucket, caller)
        return await operation(request, caller)

    def _api_version(self, request: ObsRequest) -> Response:
        # Not documented: the unsigned request by which the official SDKs detect that a bucket knows OBS signatures.
        if request.bucket:
            self._store.check_bucket(request.bucket)
        return Response(headers={"x-obs-api": "3.0"})

    def _verify(self, request: ObsRequest) -> Caller:
        now = self._clock_now()
        scheme = request.headers.get("authorization", "").partition(" ")[0]
        if scheme in ("OBS", "AWS"):
            return signature_v2.verify_header(request, self._find_secret_key, now)
        if scheme == signature_v4.ALGORITHM:
            return signature_v4.verify_header(request, self._find_secret_key, now)
        if scheme:
            raise ObsError("InvalidArgument", "Unsupported Authorization Type")
        if "X-Amz-Algorithm" in request.parameters:
            return signature_v4.verify_query(request, self._find_secret_key, now)
        if request.is_signed:
            return signature_v2.verify_query(request, self._find_secret_key, now)
        raise ObsError("AccessDenied", "Anonymous access is forbidden for this operation.")

    def _find_operation(self, request: ObsRequest) -> Operation:
        check_version(request.parameters.get("versionId", ""))
        unimplemented = _UNIMPLEMENTED - _OF_OBJECTS if request.key else _UNIMPLEMENTED
        if not unimplemented.isdisjoint(name.lower() for name in request.parameters):
            raise ObsError("ServiceNotImplemented")
        asked = {*request.parameters, *(["copy"] if request.service_header("copy-source") else [])}
        subresource = " ".join(name for name in _SUBRESOURCES if name in asked)
        level = "object" if request.key else "bucket" if request.bucket else "service"
        operation = self._operations.get((level, request.method, subresource))
        if operation is None:
            raise ObsError("MethodNotAllowed", Method=request.method, ResourceType=level)
        return operation


def _operations(store: ObjectStore, region: str) -> Mapping[tuple[str, str, str], Operation]:
    """Return the operations by resource, method and subresource."""
    buckets, objects, uploads = BucketOperations(store, region), ObjectOperations(store), UploadOperations(store)
    properties = ObjectProperties(store)
    return {
        ("service", "GET", ""): buckets.list_buckets,
        ("bucket", "PUT", ""): buckets.create,
        ("bucket", "HEAD", ""): buckets.head,
        ("bucket", "DELETE", ""): buckets.delete,
        ("bucket", "GET", ""): buckets.list_objects,
        ("bucket", "GET", "location"): buckets.location,
        ("bucket", "GET", "uploads"): uploads.list_uploads,
        ("bucket", "POST", "delete"): buckets.delete_objects,
        ("object", "PUT", ""): objects.put,
        ("object", "PUT", "copy"): objects.copy,
        ("object", "GET", ""): objects.get,
        ("object", "HEAD", ""): objects.head,
        ("object", "DELETE", ""): objects.delete,
        ("object", "GET", "acl"): properties.get_acl,
        ("object", "PUT", "acl"): properties.put_acl,
        ("object", "GET", "tagging"): properties.get_tags,
        ("object", "PUT", "tagging"): properties.put_tags,
        ("object", "DELETE", "tagging"): properties.delete_tags,
        ("object", "POST", "uploads"): uploads.create,
        ("object", "PUT", "uploadId"): uploads.put_part,
        ("object", "PUT", "uploadId copy"): uploads.copy_part,
        ("object", "GET", "uploadId"): uploads.list_parts,
        ("object", "POST", "uploadId"): uploads.complete,
        ("object", "DELETE", "uploadId"): uploads.abort,
    }


def _as_obs_error(error: Exception, request_id: str) -> ObsError:
    if isinstance(error, ObsError):
        return error
    is_full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if is_full or (isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL):
        return ObsError("InsufficientStorageSpace")
    _log.exception("request %s failed", request_id)
    return ObsError("InternalError")
