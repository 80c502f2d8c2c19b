"""ISO file registered once, for all builds that use it."""

import hashlib
import re
from typing import Any

import pulumi

from components.build_values import BuildValues
from config.builds.build_settings import BuildSettings
from config.builds.build_source import IMPORT_SETTINGS
from providers.build_identity import BuildIdentity
from providers.iso_image import IsoImage
from providers.runtime import serving

NAME = "IsoImageImport"
SOURCE = (*IMPORT_SETTINGS, "enterprise_project_id")
SHARED_BY = (*SOURCE, "iso_sha256", "region")
"""Settings that have to be plain so that builds share an import, because its name follows from them."""


class IsoImageImport(pulumi.ComponentResource):
    """
    ISO image of one or several builds, with an identity of its own: a rebuild does not import the file again.

    Args:
        name: Name of the component; see import_name().
        region: Region of the bucket and of the image.
        values: Settings of any of the builds that share the file.
        iso_sha256: Digest that the file must have; that of the build by default.
    """

    image_id: pulumi.Output[str]
    duration_s: pulumi.Output[float]
    queued_s: pulumi.Output[float]
    requests: pulumi.Output[int]
    sha256: pulumi.Output[str | None]
    content: pulumi.Output[dict[str, Any] | None]
    identity_id: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        region: pulumi.Input[str],
        values: BuildValues,
        opts: pulumi.ResourceOptions | None = None,
        *,
        iso_sha256: str | None = None,
    ) -> None:
        with_aliases = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(aliases=serving.former(NAME)), opts)
        super().__init__(serving.component_token(NAME), name, {}, with_aliases)
        child = pulumi.ResourceOptions(parent=self)
        source = values.passed_on(SOURCE)
        identity = BuildIdentity(name, region=region, triggers=dict(source), opts=child)
        # the id in the name: a service that refuses equal names must not refuse the successor of an image
        image_name = pulumi.Output.concat(values.combined(["image_url"], _stem_of), "-", identity.id)
        # the resource's id, for an output would not be known while an update of the identity is previewed
        args = {"region": region, "build_id": identity.id, "name": image_name, **source, "content": identity.content}
        digest = iso_sha256 or values.pin
        iso = IsoImage(name, {**args, **({"iso_sha256": digest} if digest is not None else {})}, child)
        self.image_id = iso.image_id
        self.duration_s, self.queued_s, self.requests = iso.duration_s, iso.queued_s, iso.requests
        self.sha256, self.content, self.identity_id = iso.sha256, identity.content, identity.build_id
        self.register_outputs(serving.outputs({"image_id": self.image_id}))


def _stem_of(settings: BuildSettings) -> str:
    return _stem(settings.image_url)


def _stem(image_url: str) -> str:
    file_name = image_url.rpartition(":")[2].rpartition("/")[2]
    return re.sub(r"[^A-Za-z0-9_-]+", "-", file_name.removesuffix(".iso")).strip("-")[:60] or "iso"


def import_name(settings: BuildSettings, *suffixes: Any) -> str:
    """
    Return the name of the import that a build shares with all others of the same ISO file and the same properties.

    Args:
        settings: Settings of the build.
        suffixes: Names of the region and the provider of the import; "" for those of the stack.
    """
    digest = hashlib.sha256("\n".join(map(str, settings.import_key)).encode()).hexdigest()
    return "-".join([_stem(settings.image_url), digest[:8], *filter(None, suffixes)])
