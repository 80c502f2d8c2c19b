"""Headers that describe an object: read at its upload, shown at its download."""

from urllib.parse import parse_qsl

from lab.obs.http.http_dates import http_date
from lab.obs.http.obs_errors import ObsError
from lab.obs.http.store_request import Dialect, ObsRequest
from lab.obs.storage.store_records import Description, ObjectInfo

MAX_METADATA_BYTES = 8 << 10
MAX_TAGS = 10

_KEPT = ("cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires")


def read_description(request: ObsRequest, default_storage_class: str) -> Description:
    """
    Return the description of an object in the headers of its upload.

    Raises:
        ObsError: MetadataTooLarge, or InvalidArgument for the storage class.
    """
    headers = {name: request.headers[name] for name in _KEPT if name in request.headers}
    encodings = [word.strip() for word in headers.pop("content-encoding", "").split(",")]
    if kept := ", ".join(word for word in encodings if word not in ("", "aws-chunked")):
        headers["content-encoding"] = kept
    storage_class = request.service_header("storage-class")
    return Description(
        storage_class=read_storage_class(request.dialect, storage_class) if storage_class else default_storage_class,
        headers=headers,
        metadata=_read_metadata(request),
        tags=_header_tags(request),
    )


def read_storage_class(dialect: Dialect, word: str, error: str = "InvalidArgument") -> str:
    """Return the word of OBS for a word of the dialect."""
    for storage_class, own_word in dialect.storage_classes.items():
        if word == own_word:
            return storage_class
    raise ObsError(error, "The storage class you specified is not valid.")


def describe(request: ObsRequest, info: ObjectInfo) -> dict[str, str]:
    """Return the headers that describe an object."""
    prefix = request.dialect.prefix
    headers = {
        "etag": f'"{info.etag}"',
        "last-modified": http_date(info.last_modified),
        "accept-ranges": "bytes",
        "content-type": info.content_type,
        **info.description.headers,
        **{f"{prefix}meta-{name}": value for name, value in info.description.metadata.items()},
    }
    if info.storage_class != "STANDARD":  # as documented: not shown for Standard
        headers[f"{prefix}storage-class"] = request.dialect.storage_classes[info.storage_class]
    if info.upload_id:
        headers[f"{prefix}uploadId"] = info.upload_id
    return headers


def overrides(request: ObsRequest) -> dict[str, str]:
    """Return the headers that the query overrides (``response-content-type`` and so on, ``attname``)."""
    overridden = {name: request.parameters.get(f"response-{name}") for name in _KEPT}
    if name := request.parameters.get("attname"):
        overridden["content-disposition"] = f"attachment; filename*=utf-8''{name}"
    headers = {name: value.encode().decode("latin-1") for name, value in overridden.items() if value}
    if any(ord(character) < 0x20 or ord(character) == 0x7F for value in headers.values() for character in value):
        raise ObsError("InvalidArgument", "A header must not contain control characters.")
    return headers


def _read_metadata(request: ObsRequest) -> dict[str, str]:
    prefix = f"{request.dialect.prefix}meta-"
    metadata = {name.removeprefix(prefix): value for name, value in request.headers.items() if name.startswith(prefix)}
    if sum(len(name) + len(value) for name, value in metadata.items()) > MAX_METADATA_BYTES:
        raise ObsError("MetadataTooLarge", MaxSizeAllowed=str(MAX_METADATA_BYTES))
    return metadata


def _header_tags(request: ObsRequest) -> dict[str, str]:
    return checked_tags(parse_qsl(request.service_header("tagging") or "", keep_blank_values=True))


def checked_tags(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """
    Return tags as a mapping.

    Raises:
        ObsError: InvalidArgument for too many tags, a key that occurs twice, or a key or value that is too long.
    """
    tags = dict(pairs)
    too_long = any(not 1 <= len(key) <= 128 or len(value) > 256 for key, value in pairs)
    if len(pairs) > MAX_TAGS or len(tags) != len(pairs) or too_long:
        # Not documented: the code of OBS for tags that are not valid.
        raise ObsError("InvalidArgument", "The tags are not valid.")
    return tags
