"""
Authentication of requests: the signature in the header or query is computed again with the secret key.

Five forms are known: OBS (`Authorization: OBS AK:signature`, or AccessKeyId in the query), AWS version 2 (`AWS
AK:signature`, or AWSAccessKeyId) and AWS version 4 (`AWS4-HMAC-SHA256`, in the header or the query).
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from lab.obs.http.http_dates import parse_http_date, parse_timestamp
from lab.obs.http.obs_errors import ObsError
from lab.obs.storage.store_records import SecretKey

MAX_SKEW = timedelta(minutes=15)

FindSecretKey = Callable[[str], SecretKey | None]


@dataclass(frozen=True)
class ChunkSigning:
    """Inputs of the signatures of an aws-chunked body (S3, "Signature calculations for streaming")."""

    signing_key: bytes
    timestamp: str
    scope: str
    seed_signature: str


@dataclass(frozen=True)
class Payload:
    """
    Description of the body in the signature.

    Args:
        sha256: Digest in hexadecimal that the body must have; None: it is not signed as a whole.
        chunked: True if the body is in the aws-chunked form.
        signing: Signature of its chunks, if they are signed.
    """

    sha256: str | None = None
    chunked: bool = False
    signing: ChunkSigning | None = None


@dataclass(frozen=True)
class Caller:
    owner_id: str
    payload: Payload = Payload()


def find_secret(access_key: str, security_token: str | None, find_secret_key: FindSecretKey) -> SecretKey:
    """
    Return the secret of an access key.

    Raises:
        ObsError: InvalidAccessKeyId for an unknown key, and if the token is not the key's.
    """
    secret = find_secret_key(access_key)
    # Not documented: the error for a missing or wrong security token.
    if secret is None or not same(secret.security_token or "", security_token or ""):
        raise ObsError("InvalidAccessKeyId", AWSAccessKeyId=access_key[:128])
    return secret


def parse_time(text: str | None) -> datetime:
    """
    Return the time at which a request was signed by its own account.

    Raises:
        ObsError: AccessDenied, as documented, if it has no such time.
    """
    moment = parse_timestamp(text) or parse_http_date(text)
    if moment is None:
        raise ObsError("AccessDenied", "The request needs a valid date in its header or query.")
    return moment


def check_skew(moment: datetime, now: datetime) -> None:
    """
    Refuse a request that is more than 15 minutes old or ahead.

    Raises:
        ObsError: RequestTimeTooSkewed.
    """
    if abs(now - moment) > MAX_SKEW:
        raise ObsError(
            "RequestTimeTooSkewed",
            RequestTime=moment.isoformat(),
            ServerTime=now.isoformat(),
            MaxAllowedSkewMilliseconds=str(MAX_SKEW // timedelta(milliseconds=1)),
        )


def same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
