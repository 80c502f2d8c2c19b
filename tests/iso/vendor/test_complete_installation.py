"""
Debian's own installer, from a medium with the answers of the profile, installs a system that is tested and published.

The program writes the answers into the medium. Nothing else knows that the installation is unattended.
"""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.config.answers.profiles.test_profile_values import HASH
from tests.e2e.cloud import CloudView, procedure
from tests.e2e.crash.procedures import BUCKET
from tests.e2e.project import STACK, Project, build_settings
from tests.iso.vendor import installer_mirror, media, real_parts
from tests.iso.vendor.medium_layout import Layout, write_medium
from tests.iso.vendor.test_booting import MENUS, quick
from tests.labs import RunningLab, run_lab

TIMEOUT_MINUTES = 240
"""An emulated processor installs Debian in about an hour."""

pytestmark = [
    pytest.mark.qemu,
    pytest.mark.matrix,
    pytest.mark.xdist_group("vendor-media"),
    pytest.mark.timeout((TIMEOUT_MINUTES + 90) * 60),
]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[RunningLab]:
    """Run a lab with virtual machines."""
    running = RunningLab.start(tmp_path / "state", driver="qemu", time_scale=1)
    try:
        yield running
    finally:
        running.stop()


def with_parameters(layout: Layout, words: str) -> Layout:
    """Return a layout whose menus have parameters, as a site's own remastering adds them."""

    def changed(content: bytes) -> bytes:
        return re.sub(rb"( ---)", rf" {words}\1".encode(), content)

    files = {path: changed(text) if path.endswith(".cfg") else text for path, text in layout.files.items()}
    return dataclasses.replace(layout, files=files)


def test_debian_is_installed_tested_and_published_without_a_question(lab: RunningLab, tmp_path: Path) -> None:
    cloud = CloudView(lab.env)
    folder = tmp_path / "parts"
    folder.mkdir()
    try:
        installer = installer_mirror.installer(folder)
    except installer_mirror.MirrorIncomplete as error:
        pytest.skip(str(error))
    parts = dataclasses.replace(real_parts.parts(*MENUS["debian"]), kernel=installer.kernel, initrd=installer.initrd)
    layout = with_parameters(quick(media.debian(parts)), installer_mirror.PARAMETERS)
    vendor = write_medium(layout, tmp_path / "debian.iso")
    project = Project(tmp_path / "project", lab.env)
    with installer_mirror.serving(installer.files) as mirror:
        values = {"mirror": mirror, "data_sources": ["NoCloud"], "user": {"name": "image-admin", "password_hash": HASH}}
        build = build_settings(
            lab.env,
            image_url=None,
            iso=str(vendor),
            iso_bucket=BUCKET,
            answers={"profile": "debian", "values": values},
            hw_firmware_type="bios",
            installation={"timeout_minutes": TIMEOUT_MINUTES},
            verify={"until": "login:", "timeout_minutes": 30},
            publish={"family": "debian", "channel": "stable"},
        )
        project.configure(region="lab-1", builds=[build])
        lab.clear_journal()

        command = project.start("up", "--yes", "--skip-preview", "--stack", STACK)
        output, _ = command.communicate(timeout=(TIMEOUT_MINUTES + 60) * 60)

    assert command.returncode == 0, output
    steps = ["ISO image", "server", "image from disk", "delete server", "server", "delete server"]
    assert [*steps, "batch_add_or_delete_tags"] == procedure(lab)  # the channel is the last step
    assert "passed" == project.outputs()["builds"]["debian"]["verification"]
    image_id = project.outputs()["images"]["debian"]
    shown = run_lab(lab.state, "boot", image_id, "--until", "login:", "--timeout", "600")
    assert re.search(r"Debian GNU/Linux \d+ \S+ ttyS0", shown), shown
    assert 0 == project.destroy().status
    assert (0, 0, 0) == cloud.everything()
