"""Request to the store, with its dialect, bucket, key and parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote_plus, unquote_to_bytes

from starlette.requests import Request
from starlette.types import Receive, Scope

from lab.obs.http.obs_errors import ObsError

BASE_HOSTS = ("127.0.0.1", "localhost")
"""Usual names of the store itself; `<bucket>.<one of these>` is a bucket's address."""


@dataclass(frozen=True)
class Dialect:
    """Words of OBS or those of S3, as a request's signature decides."""

    prefix: str  # of the service's headers
    namespace: str  # of XML documents
    storage_classes: Mapping[str, str]  # the dialect's word for a class, by the word of OBS


# The namespace is written as "http://obs.region.example.com/..." in the documents; clients ignore it.
OBS = Dialect(
    "x-obs-", "http://obs.lab-1.example.com/doc/2015-06-30/", {"STANDARD": "STANDARD", "WARM": "WARM", "COLD": "COLD"}
)
S3 = Dialect(
    "x-amz-",
    "http://s3.amazonaws.com/doc/2006-03-01/",
    {"STANDARD": "STANDARD", "WARM": "STANDARD_IA", "COLD": "GLACIER"},
)


class ObsRequest(Request):
    """Request whose path is taken as it was sent: nothing in it is resolved or normalized."""

    def __init__(self, scope: Scope, receive: Receive, base_hosts: Sequence[str] = BASE_HOSTS) -> None:
        super().__init__(scope, receive)
        self._base_hosts = base_hosts
        self.raw_path: bytes = scope["raw_path"]
        self.raw_query: bytes = scope["query_string"]

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """Return the query parameters; of a repeated one the first counts."""
        parameters: dict[str, str] = {}
        for pair in self.raw_query.decode("latin-1").split("&"):
            name, _, value = pair.partition("=")
            if name:
                parameters.setdefault(unquote_plus(name), unquote_plus(value))
        return parameters

    @cached_property
    def dialect(self) -> Dialect:
        if "AccessKeyId" in self.parameters:
            return OBS
        authorization = self.headers.get("authorization", "")
        return OBS if authorization.startswith("OBS ") or not self.is_signed else S3

    @cached_property
    def is_signed(self) -> bool:
        query = {"X-Amz-Algorithm", "AWSAccessKeyId", "AccessKeyId"}
        return "authorization" in self.headers or not query.isdisjoint(self.parameters)

    @cached_property
    def virtual_bucket(self) -> str | None:
        """Return the bucket that the host name begins with."""
        host = self.headers.get("host", "").rsplit(":", 1)[0].lower()
        for base in self._base_hosts:
            if host.endswith(f".{base}"):
                return host.removesuffix(f".{base}")
        return None

    @cached_property
    def bucket(self) -> str:
        """Return the bucket name, empty if none is meant."""
        return self.virtual_bucket if self.virtual_bucket is not None else self._path_parts[0]

    @cached_property
    def key(self) -> str:
        """Return the object key, empty if the bucket is meant."""
        return self._path_parts[1]

    @cached_property
    def _path_parts(self) -> tuple[str, str]:
        path = self.raw_path.removeprefix(b"/")
        bucket, _, key = (b"", b"", path) if self.virtual_bucket is not None else path.partition(b"/")
        return decode(bucket), decode(key)

    def service_header(self, name: str) -> str | None:
        """Return a header of the service, without ``x-obs-`` or ``x-amz-``."""
        return self.headers.get(self.dialect.prefix + name)

    def copy_source_header(self, name: str) -> str | None:
        """Return a condition on the source of a copy, by the name of the corresponding header: If-Match and so on."""
        return self.service_header(f"copy-source-{name.lower()}")

    def integer(self, name: str, default: int, highest: int) -> int:
        """Return a whole, not negative parameter; more than `highest` counts as `highest`."""
        text = self.parameters.get(name) or str(default)
        if not (text.isascii() and text.isdigit()) or len(text) > 10:
            raise ObsError("InvalidArgument", f"{name} must be a whole number.", ArgumentName=name)
        return min(int(text), highest)


def decode(percent_encoded: bytes) -> str:
    """
    Return the text that percent-encoded UTF-8 stands for.

    Raises:
        ObsError: InvalidArgument for any other bytes.
    """
    try:
        return unquote_to_bytes(percent_encoded).decode()
    except UnicodeDecodeError:
        # Not documented: the error for a name that is not UTF-8.
        raise ObsError("InvalidArgument", "Bucket and object names must be UTF-8.") from None
