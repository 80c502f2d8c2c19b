"""
The content of an ISO file, as the object store identifies it: its size and its entity tag, never its name.

Source: OBS API Reference, "Querying Object Metadata": ETag is the MD5 digest of an object that was uploaded in one
request, and changes with the content of every other.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from config.iso_file.iso_names import shown_location
from config.wording import size

if TYPE_CHECKING:
    from huaweicloud.obs import ObjectInfo


class IsoContent(BaseModel):
    """
    Content of an object.

    Attributes:
        size_bytes: Size of the object.
        etag: Entity tag of the object; "" if the service sends none.
        last_modified: Time of the upload (UTC, ISO 8601); None if the service sends none.
        sha256: Digest that the stack pins; None if it pins none.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    size_bytes: int
    etag: str = ""
    last_modified: str | None = None
    sha256: str | None = None

    @classmethod
    def of_object(cls, info: "ObjectInfo") -> "IsoContent":
        """Return the content of an object as the object store describes it."""
        written = info.last_modified.astimezone(UTC).isoformat() if info.last_modified else None
        return cls(size_bytes=info.size_bytes, etag=info.etag, last_modified=written)

    @classmethod
    def of_props(cls, props: Mapping[str, Any] | None) -> "IsoContent | None":
        """Return the content that a resource has recorded; None if it has recorded none, or before an upload."""
        # at the preview of an upload, the place of the properties is taken by a text that stands for unknown ones
        return cls.model_validate(props) if props and isinstance(props, Mapping) else None

    def as_props(self) -> dict[str, Any]:
        """Return plain values, without those that are not known."""
        return self.model_dump(mode="json", exclude_none=True)

    def is_same_object(self, other: "IsoContent") -> bool:
        """Return if both have the same size and entity tag or, without entity tags, the same time of upload."""
        if self.size_bytes != other.size_bytes:
            return False
        if self.etag and other.etag:
            return self.etag == other.etag
        return self.last_modified == other.last_modified

    def is_same_file(self, other: "IsoContent") -> bool:
        """Return if both are the same bytes: the same object, or one size and one pinned digest."""
        if self.is_same_object(other):
            return True
        return bool(self.sha256) and (self.sha256, self.size_bytes) == (other.sha256, other.size_bytes)

    def describe(self, other: "IsoContent | None" = None) -> str:
        """Return one phrase for people; in bytes if another content would look as large."""
        text = size(self.size_bytes)
        if other is not None and other.size_bytes != self.size_bytes and size(other.size_bytes) == text:
            text = f"{self.size_bytes} bytes"
        if self.etag:
            return f"{text}, etag {self.etag}"
        return f"{text}, uploaded {self.last_modified or 'at an unknown time'}"


def describe_change(image_url: str, old: IsoContent, new: IsoContent) -> str:
    """Return one phrase for a file whose content is another."""
    return f"{shown_location(image_url)} changed: {new.describe(old)}; was {old.describe(new)}"
