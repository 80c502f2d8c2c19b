"""The shell scripts on the ISO, as far as they can be checked without a machine."""

import subprocess
from pathlib import Path

import pytest

from iso.contents import FILES

SCRIPTS = sorted(
    path
    for path in FILES.rglob("*")
    if path.is_file() and (path.read_bytes().startswith(b"#!") or b"Sourced, not run" in path.read_bytes())
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(FILES)))
def test_the_shell_understands_the_script(script: Path) -> None:
    result = subprocess.run(["busybox", "sh", "-n", script], capture_output=True, text=True)

    assert result.stderr == ""


def test_no_account_of_the_installed_system_has_a_password() -> None:
    fields = [line.split(":")[1] for line in (FILES / "system/etc/shadow").read_text().splitlines()]

    assert all(field in ("!", "*") for field in fields)


def test_boot_code_is_written_where_it_expects_its_second_part() -> None:
    """The partition table and the boot loader's patches must agree on the place of the second part."""
    from iso.bootloader import BIOS_PARTITION_SECTOR, EFI_SYSTEM_MIB

    lines = (FILES / "installer/partitions").read_text().splitlines()

    assert lines[1].startswith(f"start={BIOS_PARTITION_SECTOR}, size=2048,")
    assert f"size={EFI_SYSTEM_MIB * 2048}," in lines[2]
