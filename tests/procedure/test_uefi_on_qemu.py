"""
A build that boots by UEFI, in real virtual machines: OVMF starts the ISO and the captured image.

The suite has the whole way under the CLI (`tests/e2e/test_qemu.py`).
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.iso.building import installer_iso
from tests.labs import RunningLab, run_lab
from tests.procedure.build import Build
from tests.procedure.conftest import configure
from tests.procedure.promises import TWO_IMAGES, existing

__all__ = ["installer_iso"]

pytestmark = [pytest.mark.qemu, pytest.mark.matrix, pytest.mark.xdist_group("qemu"), pytest.mark.timeout(1200)]

FROM_DISC = re.compile(r"BdsDxe: starting Boot\w+ \"UEFI[^\"]*(DVD|CD-?ROM)", re.IGNORECASE)
FROM_DISK = re.compile(r"BdsDxe: starting Boot\w+ \"UEFI (Misc|Hard|Virtio)", re.IGNORECASE)
READY = re.compile(r"IMAGE-READY build=(\S+)")


@pytest.fixture
def lab(installer_iso: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningLab]:
    running = RunningLab.start(tmp_path / "state", driver="qemu", time_scale=1)
    try:
        running.put(installer_iso, "lab-images/installer.iso")
        configure(running, monkeypatch)
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize("service", ["keeps it", "drops it"])
def test_the_iso_and_the_captured_image_boot_by_uefi(lab: RunningLab, service: str) -> None:
    """Not documented: whether the image service keeps the boot mode that it is given."""
    if service == "drops it":
        lab.choose(iso_firmware="ignored", captured_firmware="bios")
    before = existing(lab)
    build = Build(lab.env, {"hw_firmware_type": "uefi"})

    build.up(until=5)
    console = "\n".join(lab.console(build.server.id))
    assert FROM_DISC.search(console), console

    build.up()
    assert TWO_IMAGES == existing(lab) - before
    assert "uefi" == lab.call("GET", f"/images/{build.image.id}")["firmware"]
    inspection = json.loads(run_lab(lab.state, "inspect", build.image.id, "--json"))
    assert ["no-cloud-init"] == [finding["rule"] for finding in inspection["findings"]]
    shown = run_lab(lab.state, "boot", build.image.id, "--until", "IMAGE-READY", "--timeout", "300")
    assert FROM_DISK.search(shown), shown
    assert READY.search(shown), shown
    build.destroy()
