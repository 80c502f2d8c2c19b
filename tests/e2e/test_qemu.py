"""The whole way with a real ISO and real virtual machines: what was captured boots by itself."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cloud import CloudView, procedure
from tests.e2e.crash.bench import kill_all
from tests.e2e.crash.procedures import BUCKET
from tests.e2e.project import STACK, Project, build_settings
from tests.iso.building import installer_iso
from tests.labs import RunningLab, run_lab, wait_for

__all__ = ["installer_iso"]

pytestmark = [pytest.mark.e2e, pytest.mark.qemu, pytest.mark.xdist_group("qemu"), pytest.mark.timeout(1200)]

MARKER = re.compile(r"IMAGE-READY build=(\S+)")
FROM_DISC = re.compile(r"BdsDxe: starting Boot\w+ \"UEFI[^\"]*(DVD|CD-?ROM)", re.IGNORECASE)
FROM_DISK = re.compile(r"BdsDxe: starting Boot\w+ \"UEFI (Misc|Hard|Virtio)", re.IGNORECASE)


@pytest.fixture(scope="module")
def lab(installer_iso: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Run a lab with virtual machines, and the project's installer ISO in its object store."""
    running = RunningLab.start(tmp_path_factory.mktemp("qemu") / "state", driver="qemu", time_scale=1)
    try:
        running.put(installer_iso, "lab-images/installer.iso")
        yield running
    finally:
        running.stop()


def boot(lab: RunningLab, image_id: str) -> str:
    """Return the console of a machine that boots the image and nothing else."""
    return run_lab(lab.state, "boot", image_id, "--until", "IMAGE-READY", "--timeout", "300")


def test_an_image_boots_by_uefi_whose_build_was_killed_at_its_capture(lab, tmp_path: Path):
    """
    All processes die when the service has accepted the capture and before they hear of it.

    Not documented: whether the image service keeps the boot mode that it is given; here it does not.
    """
    cloud = CloudView(lab.env)
    project = Project(tmp_path / "project", lab.env)
    project.configure(region="lab-1", builds=[build_settings(lab.env, name="killed", hw_firmware_type="uefi")])
    lab.choose(iso_firmware="ignored", captured_firmware="bios")
    lab.hold("after", service="ims", method="POST", path="/action$", nth=2)

    command = project.start("up", "--yes", "--stack", STACK, "--skip-preview")
    wait_for(lab.held, "the capture", 600)
    (server,) = cloud.servers()
    console = "\n".join(lab.console(server["id"]))
    assert FROM_DISC.search(console), console
    kill_all(command)
    command.communicate()
    lab.clear_journal()
    assert project.unlock()
    outcome = project.up()

    assert outcome.status == 0, outcome
    assert ["delete server"] == [
        what for what in procedure(lab) if what in ("server", "image from disk", "delete server")
    ]
    image_id = project.outputs()["images"]["killed"]
    assert "uefi" == lab.call("GET", f"/images/{image_id}")["firmware"]
    shown = boot(lab, image_id)
    assert FROM_DISK.search(shown), shown
    assert MARKER.search(shown), shown
    lab.choose()
    assert 0 == project.destroy().status
    assert (0, 0, 0) == cloud.everything()


@pytest.mark.matrix
def test_a_file_is_uploaded_installed_captured_tested_and_published(lab, installer_iso: Path, tmp_path: Path):
    """The system boots from the captured disk, first in the test of the image, then in a server of its own."""
    cloud = CloudView(lab.env)
    project = Project(tmp_path / "project", lab.env)
    upload = {"image_url": None, "iso": str(installer_iso), "iso_bucket": BUCKET, "hw_firmware_type": "bios"}
    verify = {"until": "IMAGE-READY", "timeout_minutes": 15}
    project.configure(region="lab-1", builds=[build_settings(lab.env, **upload, verify=verify)])
    lab.clear_journal()

    outcome = project.up()

    assert outcome.status == 0, outcome
    steps = ["ISO image", "server", "image from disk", "delete server", "server", "delete server"]
    assert steps == procedure(lab)
    assert "passed" == project.outputs()["builds"]["debian"]["verification"]
    (evidence,) = next(r for r in project.deployment()["resources"] if r["type"].endswith(":ImageVerification"))[
        "outputs"
    ]["evidence"][:1]
    assert MARKER.search(Path(evidence).read_text())
    image_id = project.outputs()["images"]["debian"]
    assert MARKER.search(boot(lab, image_id))
    assert (0, 0) == cloud.everything()[1:]
    assert 0 == project.destroy().status
    assert (0, 0, 0) == cloud.everything()
