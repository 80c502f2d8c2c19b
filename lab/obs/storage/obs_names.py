"""Rules for names of buckets and objects (OBS API Reference, "Constructing a Request")."""

import ipaddress
import re

from lab.obs.http.obs_errors import ObsError

MAX_KEY_BYTES = 1024
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def check_bucket_name(name: str) -> None:
    """
    Check the name of a bucket.

    Raises:
        ObsError: InvalidBucketName.
    """
    if not _BUCKET_NAME.fullmatch(name) or any(pair in name for pair in ("..", ".-", "-.")) or _is_address(name):
        raise ObsError("InvalidBucketName", BucketName=name[:100])


def check_key(key: str) -> None:
    """
    Check the key of an object.

    Raises:
        ObsError: KeyTooLongError or InvalidArgument.
    """
    if not key:
        raise ObsError("InvalidArgument", "The key of an object must not be empty.")
    if len(key.encode()) > MAX_KEY_BYTES:
        raise ObsError("KeyTooLongError", MaxSizeAllowed=str(MAX_KEY_BYTES))


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
