"""One build declared resource by resource, without the component and without a preflight, from the stack's `parts`."""

import pulumi

from providers.build_identity import BuildIdentity
from providers.captured_image import CapturedImage
from providers.iso_image import IsoImage
from providers.os_installation import OsInstallation
from providers.temp_server import TempServer
from providers.temp_server_teardown import TempServerTeardown

config = pulumi.Config()
region, parts = config.require("region"), config.require_object("parts")
identity = BuildIdentity("hand", region=region, triggers={})
common = {"region": region, "build_id": identity.build_id}
iso = IsoImage("hand", {**common, **parts["iso"]})
server = TempServer("hand", {**common, **parts["server"], "iso_image_id": iso.image_id})
installation = OsInstallation("hand", {**common, "server_id": server.id})
image = CapturedImage(
    "hand",
    {**common, **parts["image"], "volume_id": server.data_volume_id},
    pulumi.ResourceOptions(depends_on=[installation]),
)
volume_ids = [server.system_volume_id, server.data_volume_id]
TempServerTeardown("hand", {"region": region, "server_id": server.id, "volume_ids": volume_ids, "image_id": image.id})
