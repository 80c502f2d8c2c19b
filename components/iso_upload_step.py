"""Upload of an ISO file, declared once for all builds that use it."""

from collections.abc import Iterable

import pulumi

from components.build_values import BuildValues
from config.builds.build_settings import BuildSettings
from config.iso_file import local_iso
from config.iso_file.iso_upload import is_url
from providers.iso_object import IsoObject


def declare_upload(
    region: pulumi.Input[str],
    builds: Iterable[BuildSettings],
    suffix: str = "",
    opts: pulumi.ResourceOptions | None = None,
) -> IsoObject:
    """
    Declare the upload of an ISO file.

    Args:
        region: Region of the bucket.
        builds: Settings of the builds that share the file; what one of them requests holds for all.
        suffix: End of the name: the region, unless it is that of the stack, and the provider.
        opts: Options of the resource.
    """
    users = list(builds)
    first = users[0]
    iso, answers = first.iso or "", first.recorded_answers
    args = {
        "region": region,
        "source": iso if is_url(iso) else local_iso.absolute(iso),
        "image_url": first.image_url,
        "sha256": first.iso_sha256 or "",
        **({"answers": answers.model_dump()} if answers else {}),
        "keep_iso_object": any(build.keep_iso_object for build in users),
        "create_iso_bucket": any(build.create_iso_bucket for build in users),
    }
    digest = first.location.key.rpartition("/")[2].removesuffix(".iso")
    return IsoObject("-".join(filter(None, (first.location.bucket, digest[:16], suffix))), args, opts)


def with_upload(values: BuildValues, upload: IsoObject | None) -> BuildValues:
    """Return the settings of a build, whose ISO file is used after its upload; the same without an upload."""
    # the id of the resource: an output would not be known while an update of it is previewed
    return values if upload is None else values.uploaded(upload.id)
