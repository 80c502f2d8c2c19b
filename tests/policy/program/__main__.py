"""Declaration of builds by hand, as the file `builds.json` beside it describes them."""

import json
from pathlib import Path

import pulumi
from declared import CapturedImage, IsoImage, OsInstallation, TempServer, TempServerTeardown

for name, build in json.loads(Path("builds.json").read_text()).items():
    iso = IsoImage(name, build["iso"])
    server = TempServer(name, {**build["server"], "iso_image_id": iso.made_image})
    gate = OsInstallation(name, {**build["installation"], "server_id": server.made_server})
    after = [gate] if build.get("waits", True) else []
    image = CapturedImage(
        name, {**build["image"], "volume_id": server.made_disk}, pulumi.ResourceOptions(depends_on=after)
    )
    if build.get("torn_down", True):
        TempServerTeardown(name, {"server_id": server.made_server, "image_id": image.made_image})
