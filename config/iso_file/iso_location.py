"""
Location of an ISO file in the object store: validation of `<bucket>:<object>`, and the same place written as a URL.

Source: IMS POST /v2/cloudimages/action (image_url); OBS "Naming a bucket" and "Naming an object".
"""

import ipaddress
import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

MAX_KEY_BYTES = 1024
FORM = "<bucket>:<object>, for example images:debian-12.iso"
STORE_SCHEMES = ("obs", "s3", "s3a", "s3n")
_LONGEST_SHOWN = 160
OTHER_SCHEMES = ("http", "https", "ftp", "ftps", "sftp", "scp", "ssh", "file", "nfs", "smb", "gs", "oss", "cos", "data")


class IsoObject(NamedTuple):
    """
    An ISO file in the object store.

    Attributes:
        bucket: Name of the bucket.
        key: Name of the object in the bucket.
    """

    bucket: str
    key: str

    @classmethod
    def parse(cls, location: str) -> "IsoObject":
        """Split a location, `<bucket>:<object>`, at its first colon."""
        bucket, _, key = location.partition(":")
        return cls(bucket, key)


def check_location(value: str) -> str:
    """
    Return a location unchanged if the image service can read it.

    No message contains the value itself: a URL may hold a password or a signature.

    Raises:
        ValueError: The value is a URL, or the bucket or the object has no valid name.
    """
    scheme, separator, _ = value.partition("://")
    if (separator and scheme.lower() in STORE_SCHEMES + OTHER_SCHEMES) or _host_names_store(value):
        raise ValueError(_as_url(value))
    bucket, colon, key = value.partition(":")
    if not colon:
        raise ValueError(f"must be {FORM}{_instead_of_slash(value)}")
    _check_bucket(bucket)
    _check_key(key)
    return value


def _check_bucket(bucket: str) -> None:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
        raise ValueError(f"must be {FORM}; a bucket has 3 to 63 lower-case letters, digits, '-' or '.'")
    if re.search(r"\.\.|\.-|-\.", bucket) or _is_address(bucket):
        raise ValueError("the bucket's name must not be an IP address, nor have '.' beside another '.' or '-'")


def _check_key(key: str) -> None:
    if not key.lower().endswith(".iso"):
        file = key.partition("?")[0]
        more = " (without anything after '?')" if file != key and file.lower().endswith(".iso") else ""
        raise ValueError(f"the object must be an ISO file whose name ends in .iso{more}")
    if re.search(r"\s", key):
        raise ValueError("folder and file names must not contain spaces")
    if not key.isprintable():
        raise ValueError("folder and file names must not contain control characters or invisible characters")
    segments = key.split("/")
    if "" in segments:
        raise ValueError("the object's name must not begin with '/' or contain '//': name each folder once")
    if "." in segments or ".." in segments:
        raise ValueError("the object's name must not have a folder '.' or '..': write the name as the bucket lists it")
    if re.search(r"%[0-9A-Fa-f]{2}", key):
        raise ValueError("the object's name must not be percent-encoded: write the name as the bucket lists it")
    if len(key.encode()) > MAX_KEY_BYTES:
        raise ValueError(f"the object's name must have at most {MAX_KEY_BYTES} bytes")


def _is_address(bucket: str) -> bool:
    try:
        ipaddress.ip_address(bucket)
    except ValueError:
        return False
    return True


def _host_names_store(value: str) -> bool:
    """Tell if a text without scheme begins with a host name of the object store."""
    host, slash, _ = value.removeprefix("//").partition("/")
    return bool(slash) and _bucket_of_host(host.partition(":")[0]) is not None


def _bucket_of_host(host: str) -> str | None:
    """Return the bucket in front of the store's host name, "" if it is in the path; None for another host."""
    labels = host.lower().split(".")
    for place, label in enumerate(labels[:-1]):
        if label == "obs":
            return ".".join(labels[:place])
    return None


def _as_url(value: str) -> str:
    """Return the sentence that says how to write a URL as a location."""
    try:
        parts = urlsplit(value if "://" in value else f"https://{value.removeprefix('//')}")
        host = parts.hostname or ""
    except ValueError:
        return f"must be {FORM}, not a URL"
    file = unquote(parts.path.removeprefix("/"))
    bucket = host if parts.scheme.lower() in STORE_SCHEMES else _bucket_of_host(host)
    if bucket is None:
        return f"must be {FORM}, not a URL: upload the file to a bucket of the region"
    if not bucket:
        bucket, _, file = file.partition("/")
    location = f"{bucket}:{file}"
    try:
        check_location(location)
    except ValueError as error:
        return f"must be {FORM}, not a URL; {error}"
    signed = " (a signature is not needed)" if parts.query else ""
    return f"must be {FORM}, not a URL; write {_shown(location)}{signed}"


def _instead_of_slash(value: str) -> str:
    bucket, slash, file = value.partition("/")
    try:
        location = check_location(f"{bucket}:{file}") if slash else ""
    except (ValueError, RecursionError):
        location = ""
    return f"; write {_shown(location)}" if location else ""


def _shown(location: str) -> str:
    return location if len(location) <= _LONGEST_SHOWN else "the bucket's name, ':' and the object's name"
