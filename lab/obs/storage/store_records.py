"""Records of the store: buckets, objects and uploads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

# The account that owns what the lab itself creates.
DEFAULT_OWNER = "0" * 32


@dataclass(frozen=True)
class SecretKey:
    """
    Secret of an access key.

    Args:
        secret: Secret key (SK).
        security_token: Token that must accompany every request of a temporary key.
        owner_id: Account (domain id) that the key belongs to.
    """

    secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    owner_id: str = DEFAULT_OWNER


@dataclass(frozen=True)
class BucketInfo:
    name: str
    owner_id: str
    created_at: datetime
    storage_class: str


@dataclass(frozen=True)
class Description:
    """
    Client's description of an object at its upload.

    Args:
        storage_class: Storage class in the words of OBS: STANDARD, WARM or COLD.
        headers: Content-Type and the other HTTP headers that are kept and shown.
        metadata: Metadata of the user's own, by name without the ``x-obs-meta-`` prefix.
        tags: Tags by key.
        acl: Canned access control list: private, public-read or public-read-write.
    """

    storage_class: str = "STANDARD"
    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    acl: str = "private"


@dataclass(frozen=True)
class ObjectInfo:
    bucket: str
    key: str
    size: int  # bytes
    etag: str  # without quotes
    last_modified: datetime
    description: Description = Description()
    upload_id: str | None = None  # the multipart upload that made it

    @property
    def storage_class(self) -> str:
        return self.description.storage_class

    @property
    def content_type(self) -> str:
        return self.description.headers.get("content-type", "binary/octet-stream")


@dataclass(frozen=True)
class Upload:
    """Multipart upload in progress."""

    upload_id: str
    bucket: str
    key: str
    initiated: datetime
    description: Description


@dataclass(frozen=True)
class Part:
    number: int
    size: int  # bytes
    etag: str
    last_modified: datetime
    blob: str = field(repr=False)
