"""Whole build, resource after resource."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from providers.build_identity import BuildIdentityProvider
from providers.captured_image import CapturedImageProvider
from providers.iso_image import IsoImageProvider
from providers.os_installation import OsInstallationProvider
from providers.temp_server import TempServerProvider
from providers.temp_server_teardown import TempServerTeardownProvider
from tests.procedure.engine import Props, Resource

DEBIAN = "Debian GNU/Linux 10.0.0 64bit"
ISO = "lab-images:installer.iso"


@dataclass
class Build:
    """
    Build of an image.

    Attributes:
        env: Environment from `lab env`.
        settings: Settings of the ISO image and the server, over the defaults.
        resources: Resources created so far, in order.
    """

    env: dict[str, str]
    settings: dict[str, Any] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)

    def up(self, until: int = 7) -> "Build":
        """Create the missing resources, as `pulumi up` does, until there is the given number of them."""
        for number, (provider, inputs) in enumerate(islice(self._steps(), until)):
            if number == len(self.resources):
                self.resources.append(Resource.create(provider, inputs))
        return self

    def refresh(self) -> dict[str, str]:
        """Return the differences that a refresh finds, by resource."""
        results = {type(resource.provider).__name__: resource.refresh() for resource in self.resources}
        return {name: difference for name, difference in results.items() if difference is not None}

    def destroy(self) -> None:
        """Delete everything, in reverse order."""
        while self.resources:
            self.resources[-1].delete()
            self.resources.pop()

    @property
    def server(self) -> Resource:
        return self.resources[3]

    @property
    def image(self) -> Resource:
        return self.resources[5]

    def _steps(self) -> Iterator[tuple[Any, Props]]:
        """Yield the steps with their inputs, which are computed from the outputs of the earlier steps."""
        made = self.resources
        region = {"region": self.env["HW_REGION_NAME"]}
        yield BuildIdentityProvider(), {**region, "triggers": {"image_url": ISO}}
        yield IsoImageProvider(), {**region, "build_id": made[0].id, "name": f"iso-{made[0].id}", **self._iso()}
        yield BuildIdentityProvider(), {**region, "triggers": {"name": "builder", "data_disk": 40}}
        common = {**region, "build_id": made[2].id}
        yield TempServerProvider(), {**common, "iso_image_id": made[1]["image_id"], **self._server()}
        server = made[3]
        yield OsInstallationProvider(), {**common, "server_id": server.id, "mode": "unattended", "timeout_minutes": 5}
        image = {"name": "golden", "os_version": DEBIAN, "description": "made of an ISO", "tags": {"owner": "ci"}}
        image |= {k: self.settings[k] for k in ("hw_firmware_type",) if k in self.settings}
        yield CapturedImageProvider(), {**common, **image, "volume_id": server["data_volume_id"]}
        volumes = [server["system_volume_id"], server["data_volume_id"]]
        yield (
            TempServerTeardownProvider(),
            {**region, "server_id": server.id, "volume_ids": volumes, "image_id": made[5]["image_id"]},
        )

    def _iso(self) -> Props:
        given: Props = {k: self.settings[k] for k in ("architecture", "hw_firmware_type") if k in self.settings}
        return {"image_url": ISO, "os_version": DEBIAN, "min_disk": 40, **given}

    def _server(self) -> Props:
        return {
            "name": "builder",
            "flavor": self.settings.get("flavor", "s6.large.2"),
            "availability_zone": self.env["HW_AVAILABILITY_ZONE"],
            "vpc_id": self.env["HW_VPC_ID"],
            "subnet_id": self.env["HW_SUBNET_ID"],
            "root_volume": {"volumetype": "SAS", "size": 40},
            "data_volumes": [{"volumetype": "SAS", "size": 40}],
            "tags": {"owner": "ci"},
        }
