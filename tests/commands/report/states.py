"""States of stacks as `pulumi stack export` prints them, with the times at which steps ended."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from config.resource_types import DYNAMIC

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
SECONDS = {"IsoImage": 60.0, "TempServer": 30.0, "OsInstallation": 600.0, "CapturedImage": 120.0}
PNG = b"\x89PNG\r\n\x1a\n" + 9000 * b"not really a picture"


class State:
    """State of a stack that grows with each build."""

    def __init__(self) -> None:
        self.resources: list[dict[str, Any]] = []

    def add(self, kind: str, name: str, id_: str, ended_s: float | None, parent: str = "", /, **outputs: Any) -> None:
        """Add a resource that was recorded some seconds after the start."""
        token = f"{DYNAMIC}{kind}"
        urn = f"urn:pulumi:prod::a-program::{parent}{token}::{name}"
        time = None if ended_s is None else (START + timedelta(seconds=ended_s)).isoformat()
        made = {"type": token, "urn": urn, "id": id_, "outputs": outputs}
        self.resources.append({**made, **({"created": time.replace("+00:00", ".000000001Z")} if time else {})})

    def imported(self, id_: str, ended_s: float = 60.0) -> None:
        """Add the import of an ISO file."""
        self.add("BuildIdentity", f"import-{id_}", f"of-{id_}", ended_s - 60, "huaweicloud:image:IsoImageImport$")
        self.add("IsoImage", f"import-{id_}", id_, ended_s, build_id=f"of-{id_}", image_id=id_, **figures("IsoImage"))

    def build(
        self,
        name: str,
        build_id: str,
        iso: str,
        begin_s: float,
        steps: int = 4,
        queued_s: float = 0.0,
        turn_s: float = 0.0,
    ) -> None:
        """Add a build whose server was requested some seconds after the start, up to a number of steps."""
        server = f"server-{build_id}"
        disks = {"root_volume": {"volumetype": "SSD", "size": 10}, "data_volumes": [{"volumetype": "SSD", "size": 20}]}
        queued = {"queued_s": queued_s} if queued_s else {}
        own = {"build_id": build_id, "server_id": server}
        described = {
            "iso_image_id": iso,
            "flavor": "s6.large.2",
            "status": "live",
            "region": "lab-1",
            **disks,
            **queued,
        }
        image = {"image_id": f"image-{build_id}", "name": f"{name}-golden"}
        ends = [begin_s + 30 + queued_s, begin_s + 631 + queued_s, begin_s + 752 + queued_s, begin_s + 770 + queued_s]
        self.add("BuildIdentity", name, build_id, turn_s)
        made = [
            ("TempServer", server, {**own, **described, **figures("TempServer")}),
            ("OsInstallation", server, {**own, **figures("OsInstallation")}),
            ("CapturedImage", f"image-{build_id}", {"build_id": build_id, **image, **figures("CapturedImage")}),
            ("TempServerTeardown", server, {"server_id": server, "duration_s": 15.5, "requests": 9}),
        ]
        for (kind, id_, outputs), end in list(zip(made, ends, strict=True))[:steps]:
            self.add(kind, name, id_, end, **outputs)

    def __str__(self) -> str:
        return json.dumps({"version": 3, "deployment": {"resources": self.resources}})


def figures(kind: str) -> dict[str, Any]:
    """Return the metrics of a step."""
    return {"duration_s": SECONDS[kind], "requests": len(kind)}
