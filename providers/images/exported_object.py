"""
Export of an image exactly once: an object that an interrupted run has requested is adopted.

The name of the object contains the id of the build. An object that is older than the image is of another image of that
build. The service refuses an export to an object that exists (IMG.0070), and another one of an image that is being
exported (IMG.0148), so a repeated request never leads to a second object.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from config.builds.distribution import BUILD_ID
from config.iso_file.iso_location import IsoObject
from huaweicloud.errors import CloudError, NotFound, UnexpectedState
from huaweicloud.polling import Effect, wait_for_effect
from providers.lifecycle import quota
from providers.runtime import process, progress, step_metrics
from providers.runtime.properties import Props

if TYPE_CHECKING:
    from huaweicloud.cloud import Cloud
    from huaweicloud.obs import ObjectInfo

EXISTS = "IMG.0070"
UNDER_WAY = "IMG.0148"
STATEMENT = ".provenance.json"
"""End of the name of the object with the statement of provenance."""
QUICK = "zvhd2"
"""Format of a quick export, which a request does not name."""
_left: set[str] = set()
"""Objects that this process has left to their users."""


class Export(NamedTuple):
    """
    Export of an image.

    Attributes:
        cloud: Client of the region.
        image_id: Id of the image.
        target: Object to write.
        format: Format of the object.
        timeout_s: Seconds that the export may take.
    """

    cloud: Cloud
    image_id: str
    target: IsoObject
    format: str
    timeout_s: float

    @property
    def location(self) -> str:
        """Return the object as <bucket>:<object>."""
        return f"{self.target.bucket}:{self.target.key}"

    def find(self) -> ObjectInfo | None:
        """Return the object; None if it does not exist (OBS HEAD)."""
        return self.cloud.obs.head_object(*self.target)

    def send(self) -> str:
        """Send the request, and return the id of its job."""
        from huaweicloud.models.ims import ExportImage

        how = {"is_quick_export": True} if self.format == QUICK else {"file_format": self.format}
        request = ExportImage.model_validate({"bucket_url": self.location, **how})
        return self.cloud.ims_copies.export_image(self.image_id, request)


def target(location: str, build_id: str) -> IsoObject:
    """Return the object of a build."""
    return IsoObject.parse(location.replace(BUILD_ID, build_id))


def location_of(inputs: Props) -> str:
    """Return the object of an export as <bucket>:<object> by the inputs of its resource; "" while it is not known."""
    location, build_id = inputs.get("location"), inputs.get("build_id")
    if isinstance(location, str) and isinstance(build_id, str):
        return location.replace(BUILD_ID, build_id)
    return ""


def ensure(export: Export, *, is_another: bool) -> ObjectInfo:
    """
    Adopt the object of an export if an earlier run has requested it, else export the image, and wait for the object.

    Args:
        export: Export of an image.
        is_another: True if the object that the state records is in another format.

    Raises:
        UnexpectedState: The image is gone, or the export has left no object.
        JobFailed: The service could not export it.
    """
    image = export.cloud.ims.get_image(export.image_id)
    if image is None:
        raise UnexpectedState(f"image {export.image_id} is gone", hint="run `pulumi up --refresh` to build again")
    present = export.find()
    if present is not None:
        is_older = bool(present.last_modified and image.created_at and present.last_modified < image.created_at)
        if not is_older and not is_another:
            process.log(f"adopts {export.location}, which an earlier run has exported")
            step_metrics.exclude_from_estimates()
            return present
        process.log(f"deletes {export.location}, an earlier export")
        export.cloud.obs_uploads.delete_object(*export.target)
    with quota.image_tasks(export.cloud).one(f"export {export.location}"):
        job_id = _request(export)
        if job_id:
            _wait(export, job_id)
    found = export.find()
    if found is None:
        hint = "run `pulumi up` again"
        raise UnexpectedState(f"the export of image {export.image_id} has left no object {export.location}", hint=hint)
    return found


def delete(cloud: Cloud, exported: IsoObject, etag: str) -> None:
    """Delete the object of an export, unless it was replaced by another one."""
    location, found = f"{exported.bucket}:{exported.key}", cloud.obs.head_object(*exported)
    if found is None:
        return
    if found.etag != etag:
        process.log(f"{location} is kept, because it is not this export any more")
        _left.add(location)
        return
    cloud.obs_uploads.delete_object(*exported)


def statement_of(exported: IsoObject) -> IsoObject:
    """Return the object with the statement of provenance, next to an export."""
    return IsoObject(exported.bucket, f"{exported.key}{STATEMENT}")


def write_statement(cloud: Cloud, exported: IsoObject, text: str) -> str:
    """Write the statement of provenance next to an export, and return its entity tag; the same bytes every time."""
    return cloud.obs_uploads.put_object(*statement_of(exported), text.encode())


def collect(cloud: Cloud, locations: Iterable[str], build_id: str) -> None:
    """
    Delete the objects of a build, whichever run has requested them.

    Args:
        cloud: Client of the region.
        locations: Objects that the build has ever had, in which {build_id} stands for its id.
        build_id: Id of the build.
    """
    exports = [target(location, build_id) for location in locations]
    for found in [each for export in exports for each in (export, statement_of(export))]:
        if f"{found.bucket}:{found.key}" not in _left and cloud.obs.head_object(*found) is not None:
            process.log(f"deletes {found.bucket}:{found.key}, left behind by an interrupted run")
            cloud.obs_uploads.delete_object(*found)


def _request(export: Export) -> str:
    """Send the request until the service accepts it, and return the id of its job; "" if the object exists."""
    ends, pause_s = time.monotonic() + export.timeout_s, 2.0
    while True:
        try:
            return export.send()
        except CloudError as error:
            code = getattr(error, "code", "")
            if code == EXISTS:
                return ""
            if not error.retryable or time.monotonic() > ends:
                raise
            words = "an export of the image is under way" if code == UNDER_WAY else str(error)
            process.log(f"waits until the service accepts the request: {words}", ephemeral=True)
        if export.find() is not None:
            return ""
        process.pause(pause_s, f"export {export.location}")
        pause_s = min(pause_s * 1.5, 30.0)


def _wait(export: Export, job_id: str) -> None:
    def effect() -> Effect:
        return "ended" if export.find() is not None else "under way"

    try:
        wait_for_effect(
            export.cloud.ims.get_job,
            job_id,
            effect,
            subject=f"export {export.location}",
            timeout_s=export.timeout_s,
            expected_s=step_metrics.expected_s(),
            cancelled=process.cancelled,
            progress=progress.reporter(),
        )
    except NotFound:
        return  # the service has forgotten the job: the object decides
