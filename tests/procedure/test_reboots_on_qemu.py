"""An installer in a real virtual machine that reboots instead of powering off."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from huaweicloud.errors import UnexpectedState
from iso import contents
from iso.__main__ import default_cache
from iso.build import build as build_iso
from providers.installation import console_watch, diagnostic_files
from tests.lab.drivers.guests import RESTART, write_iso
from tests.labs import RunningLab
from tests.procedure.build import Build
from tests.procedure.conftest import configure

pytestmark = [pytest.mark.qemu, pytest.mark.xdist_group("qemu"), pytest.mark.timeout(1200)]


KERNEL = "Linux version 6.1.0-18-amd64 (an installer that only restarts)"


def changed_installer(folder: Path) -> Path:
    """Return the project's installer, with a reboot in the place of the installation."""
    files = folder / "files"
    shutil.copytree(contents.FILES, files, symlinks=True)
    script = files / "installer" / "init"
    script.write_text(script.read_text().replace('step "partitioning" partition', "reboot -f"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contents, "FILES", files)
        return build_iso(folder / "rebooting.iso", default_cache()).output


@pytest.fixture
def rebooting_iso(tmp_path: Path, firmware: str) -> Path:
    """Return an ISO file whose installer restarts: a few bytes for BIOS, because a kernel takes long to start."""
    return changed_installer(tmp_path) if firmware == "uefi" else write_iso(tmp_path / "r.iso", KERNEL, RESTART)


@pytest.fixture
def lab(rebooting_iso: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningLab]:
    running = RunningLab.start(tmp_path / "state", driver="qemu", time_scale=1)
    try:
        running.put(rebooting_iso, "lab-images/installer.iso")
        configure(running, monkeypatch)
        monkeypatch.setenv(diagnostic_files.SETTING, str(tmp_path / "diagnostics"))
        for name in ("FIRST_S", "AGAIN_S", "LONGEST_S"):
            monkeypatch.setattr(console_watch, name, 5.0)
        yield running
    finally:
        running.stop()


@pytest.mark.parametrize("firmware", ["bios", pytest.param("uefi", marks=pytest.mark.matrix)])
def test_it_is_noticed_by_what_the_console_shows(lab: RunningLab, firmware: str) -> None:
    build = Build(lab.env, {"hw_firmware_type": firmware})

    with pytest.raises(UnexpectedState, match=r"has started its installer \d+ times") as caught:
        build.up(until=5)

    assert "poweroff" in caught.value.hint
    build.destroy()
