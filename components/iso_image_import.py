"""IsoImageImport: an ISO file registered once, for all builds that use it."""

import hashlib
import re

import pulumi

from config.build_source import IMPORT_SETTINGS
from config.builds import BuildSettings
from providers.build_identity import BuildIdentity
from providers.iso_image import IsoImage


class IsoImageImport(pulumi.ComponentResource):
    """
    ISO image of one or several builds, with an identity of its own: a rebuild does not import the file again.

    Args:
        name: Name of the component; see import_name().
        region: Region of the bucket and of the image.
        settings: Settings of any of the builds that share the file.
        iso_sha256: Digest that the file must have; None for any.
    """

    image_id: pulumi.Output[str]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]

    def __init__(
        self,
        name: str,
        region: str,
        settings: BuildSettings,
        opts: pulumi.ResourceOptions | None = None,
        *,
        iso_sha256: str | None = None,
    ) -> None:
        super().__init__("huaweicloud:image:IsoImageImport", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        parts = (*IMPORT_SETTINGS, "enterprise_project_id")
        source = {key: getattr(settings, key) for key in parts if getattr(settings, key) is not None}
        identity = BuildIdentity(name, region=region, triggers=dict(source), opts=child)
        # the id in the name: a service that refuses equal names must not refuse the successor of an image
        image_name = pulumi.Output.concat(_stem(settings.image_url), "-", identity.id)
        # the resource's id, for an output would not be known while an update of the identity is previewed
        args = {"region": region, "build_id": identity.id, "name": image_name, **source, "content": identity.content}
        if iso_sha256 or settings.iso_sha256:
            args["iso_sha256"] = iso_sha256 or settings.iso_sha256
        iso = IsoImage(name, args, child)
        self.image_id = iso.image_id
        self.duration_s, self.queued_s, self.requests = iso.duration_s, iso.queued_s, iso.requests
        self.register_outputs({"image_id": self.image_id})


def _stem(image_url: str) -> str:
    file_name = image_url.rpartition(":")[2].rpartition("/")[2]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", file_name.removesuffix(".iso")).strip("-")[:60] or "iso"


def import_name(settings: BuildSettings, region: str = "") -> str:
    """
    Return the name of the import that a build shares with all others of the same ISO file and the same properties.

    Args:
        settings: Settings of the build.
        region: Region of the import; "" for the stack's own.
    """
    digest = hashlib.sha256("\n".join(map(str, settings.import_key)).encode()).hexdigest()
    return "-".join([_stem(settings.image_url), digest[:8], *([region] if region else [])])
