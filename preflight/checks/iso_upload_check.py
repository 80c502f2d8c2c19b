"""Problems of an upload, found before it begins: bucket, object, file, digest and free space."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from config import wording
from config.answers.recorded_answers import RecordedAnswers
from config.cache_folder import cache_folder
from config.iso_file import local_iso
from config.iso_file.iso_location import IsoObject
from config.iso_file.iso_upload import is_url
from huaweicloud.obs import ObjectInfo
from preflight.checks import answers_check
from preflight.media import iso_urls
from preflight.media.disc_images import HEAD_BYTES, inspect
from preflight.media.iso_files import MAX_SIZE_GIB, IsoFile

if TYPE_CHECKING:
    from preflight.region_catalog import RegionCatalog

SHA256 = "sha256"
"""Name of the metadata with the digest of an upload."""
INPUTS = "inputs-sha256"
"""Name of the metadata with the digest of the vendor's file and the answers that an upload was made of."""
FREE_SPACE = "delete files there, or set XDG_CACHE_HOME to a folder on another disk"


class Problem(NamedTuple):
    """
    Problem of an upload.

    Attributes:
        setting: Setting of the build.
        reason: Phrase that goes on after the value.
        remedy: Advice as an imperative, or "".
    """

    setting: str
    reason: str
    remedy: str


def problems(
    catalog: RegionCatalog,
    source: str,
    target: IsoObject,
    sha256: str,
    *,
    creates_bucket: bool,
    answers: RecordedAnswers | None = None,
) -> Iterator[Problem]:
    """
    Yield the problems of an upload.

    Args:
        catalog: Read access to the region.
        source: Path or URL of the file.
        target: Location of the object.
        sha256: Digest that the file must have.
        creates_bucket: True if a missing bucket is created.
        answers: Answers that a copy of the file gets; None if the file itself is uploaded.

    Raises:
        CloudError: The object store cannot be read.
    """
    region = catalog.bucket_region(target.bucket)
    if region is None and not creates_bucket:
        remedy = "create it, or set create_iso_bucket: true"
        yield Problem("iso_bucket", f"names bucket {target.bucket!r}, which does not exist", remedy)
    elif region not in (None, "", catalog.cloud.region):
        own = catalog.cloud.region
        reason = f"names a bucket of region {region}, which the image service of {own} cannot read"
        yield Problem("iso_bucket", reason, f"name a bucket in {own}, or build in {region}")
        return
    present = catalog.iso_object(*target) if region is not None else None
    if present is not None:
        yield from _of_object(present, target, identity(sha256, answers))
        return
    bundle = catalog.cloud.ca_bundle
    found = list(_of_url(source, answers, bundle) if is_url(source) else _of_file(source, sha256))
    yield from found
    if answers is not None and not found:
        yield from _of_answers(source, answers, sha256)


def identity(sha256: str, answers: RecordedAnswers | None) -> tuple[str, str]:
    """
    Return the metadata by which an object is known as an upload of this program: name and value.

    Args:
        sha256: Digest of the file.
        answers: Answers that a copy of the file has got; None if the file itself was uploaded.
    """
    return (SHA256, sha256) if answers is None else (INPUTS, answers.inputs_sha256(sha256))


def medium(catalog: RegionCatalog, source: str, target: IsoObject) -> IsoFile | None:
    """
    Return the ISO file of an upload without problems, from the store or from this machine; None for a download.

    Raises:
        CloudError: The object store cannot be read.
    """
    if catalog.bucket_region(target.bucket) is not None and catalog.iso_object(*target) is not None:
        return catalog.iso_file(*target)
    try:
        return None if is_url(source) else _local_file(source)
    except OSError:  # gone since its digest was computed
        return None


def _local_file(source: str) -> IsoFile:
    """
    Return an ISO file on this machine, described by its first sectors.

    Raises:
        OSError: It cannot be read.
    """
    with Path(local_iso.absolute(source)).open("rb") as file:

        def read(start: int, length: int) -> bytes:
            file.seek(start)
            return file.read(length)

        info = ObjectInfo(os.fstat(file.fileno()).st_size, "", "STANDARD", None)
        return IsoFile(info, inspect(read(0, HEAD_BYTES), read))


def _of_answers(source: str, answers: RecordedAnswers, sha256: str) -> Iterator[Problem]:
    path = None if is_url(source) else Path(local_iso.absolute(source))
    for reason in answers_check.refusals(answers, path):
        yield Problem("answers", reason, "")
    lacking = answers_check.lacking_space(answers, sha256, path.stat().st_size) if path else ""
    if lacking:
        yield Problem("answers", lacking, FREE_SPACE)


def _of_object(present: ObjectInfo, target: IsoObject, identity: tuple[str, str]) -> Iterator[Problem]:
    name, expected = identity
    if present.metadata.get(name) != expected:
        reason = f"names a bucket whose object {target.key!r} is not an upload of this program"
        yield Problem("iso_bucket", reason, "delete or rename the object, or name another bucket")
    if present.storage_class.upper() != "STANDARD":
        kind = present.storage_class
        reason = f"is uploaded, but has storage class {kind}, and the image service reads Standard only"
        yield Problem("iso", reason, f"restore {target.bucket}:{target.key} to the Standard storage class")


def _of_url(url: str, answers: RecordedAnswers | None, ca_bundle: str) -> Iterator[Problem]:
    size, reason = iso_urls.size_of(url, ca_bundle)
    if reason:
        yield Problem("iso", reason, "correct the URL, or name a file on this machine")
        return
    folder = cache_folder()
    free = iso_urls.free_bytes(folder)
    if size is not None and size > MAX_SIZE_GIB * 1024**3:
        yield _too_large(size)
    elif size is not None and size * (1 if answers is None else 2) > free:
        copy = "" if answers is None else " and gets a copy with answers"
        reason = f"has {wording.size(size)}{copy}, but {folder} has {wording.size(free)} free"
        yield Problem("iso", reason, FREE_SPACE)


def _of_file(source: str, sha256: str) -> Iterator[Problem]:
    path = local_iso.absolute(source)
    reason = local_iso.problem_of(path)
    if reason:
        yield Problem("iso", reason, "correct the path")
        return
    size = os.stat(path).st_size
    if size > MAX_SIZE_GIB * 1024**3:
        yield _too_large(size)
        return
    found = local_iso.sha256_of(path)
    if found != sha256:
        remedy = "use the right and complete file, or correct iso_sha256"
        yield Problem("iso", f"has the SHA-256 digest {found}, but {sha256} is expected", remedy)


def _too_large(size: int) -> Problem:
    reason = f"has {wording.size(size)}, but the image service accepts at most {MAX_SIZE_GIB} GiB"
    return Problem("iso", reason, "use a smaller ISO file, for example a network installer")
