"""Procedures of the cells: a plain build, and one with an upload, a test of the image, its publication, or all."""

from typing import Any, Literal, NamedTuple

from tests.e2e.copy_places import TEAM
from tests.e2e.crash import published_places
from tests.isos import iso
from tests.labs import RunningLab

ProcedureName = Literal["plain", "upload", "verify", "publish", "whole"]
BUCKET = "lab-images"
"""Bucket of the uploads, which every lab has."""
PART_BYTES = 128 << 10
"""Size of the parts of an upload, so that the small ISO file has two; a part has at least 100 KiB."""
UPLOAD, VERIFY = {"iso_bucket": BUCKET}, {"verify": {"until": "booting: installed"}}
PUBLISH = {"publish": published_places.SETTING, "share_with": [TEAM.id]}
SETTINGS: dict[ProcedureName, dict[str, Any]] = {
    "plain": {},
    "upload": UPLOAD,
    "verify": VERIFY,
    "publish": PUBLISH,
    "whole": {**UPLOAD, **VERIFY, **PUBLISH},
}


class Procedure(NamedTuple):
    """
    Procedure of a build.

    Attributes:
        name: Name of the procedure.
        settings: Settings of the build besides those of a plain one.
    """

    name: ProcedureName
    settings: dict[str, Any]

    @classmethod
    def of(cls, name: ProcedureName, lab: RunningLab) -> "Procedure":
        """Return a procedure in a lab, which gets an ISO file beside its state folder."""
        settings = SETTINGS[name]
        if "iso_bucket" in settings:
            file = lab.state.parent / "upload.iso"
            file.write_bytes(iso("UPLOAD", size=PART_BYTES * 3 // 2))
            settings = {**settings, "image_url": None, "iso": str(file)}
        return cls(name, settings)

    @property
    def uploads(self) -> bool:
        """Return True if the ISO file is uploaded by the build."""
        return "iso" in self.settings

    @property
    def publishes(self) -> bool:
        """Return True if the image is copied, exported, shared and published."""
        return "publish" in self.settings

    @property
    def servers(self) -> int:
        """Return the number of servers that one build creates."""
        return 2 if "verify" in self.settings else 1
