"""Builds declared resource by resource, without the component and without a preflight, from the stack's `parts`."""

from typing import Any

import pulumi

from providers.build_identity import BuildIdentity
from providers.captured_image import CapturedImage
from providers.iso_image import IsoImage
from providers.os_installation import OsInstallation
from providers.temp_server import TempServer
from providers.temp_server_teardown import TempServerTeardown


def declare(name: str, region: str, parts: dict[str, Any]) -> None:
    identity = BuildIdentity(name, region=region, triggers={})
    common = {"region": region, "build_id": identity.build_id}
    iso = IsoImage(name, {**common, **parts["iso"]})
    server = TempServer(name, {**common, **parts["server"], "iso_image_id": iso.image_id})
    installation = OsInstallation(name, {**common, "server_id": server.id})
    image = CapturedImage(
        name,
        {**common, **parts["image"], "volume_id": server.data_volume_id},
        pulumi.ResourceOptions(depends_on=[installation]),
    )
    volume_ids = [server.system_volume_id, server.data_volume_id]
    TempServerTeardown(name, {"region": region, "server_id": server.id, "volume_ids": volume_ids, "image_id": image.id})


config = pulumi.Config()
for name, parts in config.require_object("parts").items():
    declare(name, config.require("region"), parts)
