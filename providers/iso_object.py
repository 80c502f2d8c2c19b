"""IsoObject: ISO file that is uploaded to the object store, under a name that is its digest."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from config.answers.recorded_answers import RecordedAnswers
from config.constraints import TAG_KEY, ImageUrl, IsoSource, Sha256
from config.iso_file import iso_location
from huaweicloud.errors import Cancelled, CloudError, UnexpectedState
from preflight.checks import iso_upload_check
from providers import lookups
from providers.iso_file import part_upload, upload_source
from providers.runtime import clients, process, properties
from providers.runtime.base import STEP_METRICS, StepProvider, StepResource, outputs
from providers.runtime.properties import Properties, Props, contains_unknowns, parse
from providers.runtime.step_metrics import exclude_from_estimates, measured

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.obs import ObjectInfo

PROPERTIES = {"iso": "source", "iso_bucket": "image_url", "answers": "answers"}
"""Property of a setting that a problem is about."""


class IsoObjectInputs(Properties):
    """
    Inputs of an upload.

    Attributes:
        region: Region of the bucket.
        source: Path on the machine that uploads, or https URL; not compared, because the digest identifies the file.
        image_url: Location of the object, <bucket>:<object>.
        sha256: Digest of the file.
        answers: Answers that a copy of the file gets, without their text; None to upload the file itself.
        keep_iso_object: True if the object is kept when the resource ends.
        create_iso_bucket: True if a missing bucket is created.
    """

    region: str
    source: IsoSource
    image_url: ImageUrl
    sha256: Sha256
    answers: RecordedAnswers | None = None
    keep_iso_object: bool = False
    create_iso_bucket: bool = False


class IsoObjectProvider(StepProvider):
    """Provider that uploads an ISO file once; delete() deletes the object only if this stack has uploaded it."""

    inputs = IsoObjectInputs
    replace_on = ("region", "image_url", "sha256")
    update_on = ("keep_iso_object",)

    def check(self, _olds: Props, news: Props) -> CheckResult:
        result = properties.check(IsoObjectInputs, news)
        needed = {key: result.inputs.get(key) for key in ("region", "source", "image_url", "sha256", "answers")}
        if result.failures or contains_unknowns(needed):
            return result
        if all(_olds.get(key) == needed[key] for key in self.replace_on):
            return result  # uploaded already: the file is not needed any more
        return CheckResult(result.inputs, _failures(result.inputs))

    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        result = super().diff(_id, _olds, _news)
        if not result.replaces and _olds.get("etag") and not _olds.get("answers"):
            _remember_digest(_olds["region"], _olds["image_url"], _olds["etag"], _olds["sha256"])
        return result

    @measured("upload")
    def create(self, props: Props) -> CreateResult:
        exclude_from_estimates()  # it takes as long as the file is large and the connection slow
        iso = parse(IsoObjectInputs, props)
        cloud, target = clients.cloud(iso.region), iso_location.IsoObject.parse(iso.image_url)
        if iso.create_iso_bucket and lookups.catalog(iso.region).bucket_region(target.bucket) is None:
            cloud.obs_uploads.create_bucket(target.bucket, cloud.region)
        present = cloud.obs.head_object(*target)
        if present is None:
            present = _uploaded(cloud, iso, target)
        else:
            _require_same(present, iso)
            process.log(f"{iso.image_url} is in the object store already; nothing was uploaded")
        lookups.catalog(iso.region).forget_object(*target)
        customised = None if iso.answers is None else present.metadata.get(iso_upload_check.SHA256)
        if iso.answers is None:
            _remember_digest(iso.region, iso.image_url, present.etag, iso.sha256)
        found = outputs(iso, size_bytes=present.size_bytes, etag=present.etag, customised_sha256=customised)
        return CreateResult(iso.image_url, found)

    def read(self, id_: str, props: Props) -> ReadResult:
        found = clients.cloud(props["region"]).obs.head_object(*iso_location.IsoObject.parse(id_))
        if found is None:
            return ReadResult("", {})
        return ReadResult(id_, {**props, "size_bytes": found.size_bytes, "etag": found.etag})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        kept_keys = ("size_bytes", "etag", "customised_sha256", *STEP_METRICS)
        kept = {key: _olds[key] for key in kept_keys if key in _olds}
        return UpdateResult(outputs(parse(IsoObjectInputs, _news), **kept))

    def delete(self, _id: str, _props: Props) -> None:
        cloud, target = clients.cloud(_props["region"]), iso_location.IsoObject.parse(_id)
        if _props.get("keep_iso_object"):
            cloud.require_access()
            process.log(f"{_id} is kept, because keep_iso_object is set")
            return
        found = cloud.obs.head_object(*target)
        if found is None:
            return
        if found.metadata.get(TAG_KEY) != _uploader():
            process.log(f"{_id} is kept, because another stack has uploaded it")
            return
        cloud.obs_uploads.delete_object(*target)
        lookups.catalog(_props["region"]).forget_object(*target)


def _failures(inputs: Props) -> list[CheckFailure]:
    """Return the problems of an upload that can be known before it begins."""
    target = iso_location.IsoObject.parse(inputs["image_url"])
    try:
        # what is not known yet is no problem: a bucket that may still be created is not reported as missing
        known = {key: value for key, value in inputs.items() if not contains_unknowns(value)}
        iso = parse(IsoObjectInputs, {"create_iso_bucket": True, **known})
        found = list(
            iso_upload_check.problems(
                lookups.catalog(iso.region),
                iso.source,
                target,
                iso.sha256,
                creates_bucket=iso.create_iso_bucket,
                answers=iso.answers,
            )
        )
    except Cancelled:
        raise
    except CloudError as error:
        if lookups.is_permanent(error):
            return [CheckFailure("region", error.with_hint())]
        lookups.warn_once(f"could not check the upload of {inputs['image_url']}: {error}")
        return []
    return [
        CheckFailure(PROPERTIES[problem.setting], f"{problem.setting} {problem.reason}; {problem.remedy}")
        for problem in found
    ]


def _uploaded(cloud: Cloud, iso: IsoObjectInputs, target: iso_location.IsoObject) -> ObjectInfo:
    """Upload the file, and return the object."""
    with upload_source.prepared(iso.source, iso.sha256, iso.answers, cloud.ca_bundle) as (path, sha256):
        name, value = iso_upload_check.identity(iso.sha256, iso.answers)
        metadata = {iso_upload_check.SHA256: sha256, name: value, TAG_KEY: _uploader()}
        file = part_upload.FileUpload(os.path.basename(iso.source), path, sha256, target, metadata)
        try:
            part_upload.upload(cloud, file)
            present = cloud.obs.head_object(*target)
        except Cancelled:
            raise
        except CloudError:
            # a lost response to the last request, or an upload that another run has completed meanwhile
            present = cloud.obs.head_object(*target)
            if present is None:
                raise
        if present is None:
            raise UnexpectedState(f"{iso.image_url} is gone right after its upload", hint="run `pulumi up` again")
        _require_same(present, iso)
    return present


def _require_same(present: ObjectInfo, iso: IsoObjectInputs) -> None:
    """
    Refuse an object that is not an upload of this file.

    Raises:
        UnexpectedState: It is another one.
    """
    name, expected = iso_upload_check.identity(iso.sha256, iso.answers)
    if present.metadata.get(name) != expected:
        reason = f"{iso.image_url} exists, but is not an upload of this program; nothing was uploaded"
        raise UnexpectedState(reason, hint="delete or rename the object, or set another iso_bucket")


def _remember_digest(region: str, image_url: str, etag: str, sha256: str) -> None:
    """Let the ISO image take the digest of this upload, which would otherwise be read from the store."""
    lookups.catalog(region).iso_sha256(*iso_location.IsoObject.parse(image_url), etag, lambda: sha256)


def _uploader() -> str:
    """Return an id of this stack for the metadata of its uploads: the same after an interrupted run."""
    stack = "::".join(process.current_urn().split("::")[:2])
    return hashlib.sha256(stack.encode()).hexdigest()[:16]


class IsoObject(StepResource, module="huaweicloud", name="IsoObject"):
    """ISO file in the object store. For the arguments see IsoObjectInputs."""

    provider_class = IsoObjectProvider
    output_names = ("size_bytes", "etag", "customised_sha256", *STEP_METRICS)

    image_url: pulumi.Output[str]
    size_bytes: pulumi.Output[int]
    etag: pulumi.Output[str]
    customised_sha256: pulumi.Output[str | None]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]
