"""SHA-256 digest of an ISO file that a stack pins, verified in the object store before anything is rented."""

import hashlib
import time

from pulumi.dynamic import CheckFailure

from config.iso_file.iso_content import IsoContent, describe_change
from config.iso_file.iso_location import IsoObject
from huaweicloud.errors import ApiError, UnexpectedState
from huaweicloud.polling import Progress
from providers import lookups
from providers.iso_file.iso_source import IsoSource
from providers.runtime import clients, process, progress
from providers.runtime.properties import Props

CHUNK_BYTES = 16 * 1024 * 1024
PRECONDITION_FAILED = 412


def known_mismatch(old: Props, inputs: Props) -> list[CheckFailure]:
    """
    Compare the pinned digest with the one that an earlier run has verified, and remember that digest for this run.

    Args:
        old: Old inputs, whose digest was verified when they were recorded; empty at a create.
        inputs: Checked inputs.
    """
    image_url, pin, earlier_pin = inputs["image_url"], inputs.get("iso_sha256"), old.get("iso_sha256")
    recorded, content = IsoContent.of_props(old.get("content")), IsoContent.of_props(inputs.get("content"))
    same_name = (old.get("region"), old.get("image_url")) == (inputs["region"], image_url)
    if not (pin and earlier_pin and recorded and content and same_name):
        return []
    if content.is_same_object(recorded):
        if pin != earlier_pin:
            return [CheckFailure("iso_sha256", _mismatch(image_url, earlier_pin, pin))]
        if content.etag:
            bucket, key = IsoObject.parse(image_url)
            lookups.catalog(inputs["region"]).iso_sha256(bucket, key, content.etag, lambda: earlier_pin)
    elif pin == earlier_pin and content.size_bytes != recorded.size_bytes:
        reason = f"{describe_change(image_url, recorded, content)}; iso_sha256 {pin} is that of the former file"
        return [CheckFailure("iso_sha256", f"{reason}: set iso_sha256 to the new digest, or upload the former file")]
    return []


def verified(source: IsoSource, pin: str | None) -> str | None:
    """
    Verify that a file has the pinned digest, and return the digest; a file is read once for each content and process.

    Args:
        source: ISO file.
        pin: Pinned digest, 64 hexadecimal digits; None for no verification.

    Returns:
        The digest; None without verification.

    Raises:
        UnexpectedState: The file has another digest, is gone, or was changed while it was read.
        Cancelled: The user cancelled the run.
    """
    if not pin:
        return None
    content = source.content or _look_up(source)
    digest = lookups.catalog(source.region).iso_sha256(*source.place, content.etag, lambda: _read(source, content))
    if digest != pin:
        raise UnexpectedState(
            f"{_mismatch(source.image_url, digest, pin)}; nothing was imported and nothing rented",
            hint="upload the right file, or correct iso_sha256",
        )
    return digest


def _mismatch(image_url: str, digest: str, pin: str) -> str:
    return f"{image_url} has the SHA-256 digest {digest}, but iso_sha256 is {pin}"


def _look_up(source: IsoSource) -> IsoContent:
    found = clients.cloud(source.region).obs.head_object(*source.place)
    if found is None:
        raise UnexpectedState(f"{source.image_url} is gone; its digest cannot be verified", hint="upload it again")
    return IsoContent.of_object(found)


def _read(source: IsoSource, content: IsoContent) -> str:
    """Read the object in parts, so that no more than one is in memory; If-Match refuses another content."""
    store, what = clients.cloud(source.region).obs, f"SHA-256 digest of {source.image_url}"
    digest, done, began, report = hashlib.sha256(), 0, time.monotonic(), progress.reporter()
    while done < content.size_bytes:
        process.pause(0, what)
        try:
            part = store.read_range(*source.place, done, CHUNK_BYTES, etag=content.etag)
        except ApiError as error:
            if error.status != PRECONDITION_FAILED:
                raise
            part = b""
        if not part:
            raise UnexpectedState(f"{source.image_url} was changed while it was read", hint="run `pulumi up` again")
        digest.update(part)
        done += len(part)
        waited_s, fraction = time.monotonic() - began, min(done / content.size_bytes, 1.0)
        remaining_s = waited_s / fraction - waited_s
        report(Progress(what, "reading", fraction, waited_s, ended=fraction >= 1, remaining_s=remaining_s))
    return digest.hexdigest()
