"""Number of starts of an installer in the text of its console."""

import pytest

from providers.installation.installer_starts import InstallerStarts

SEABIOS = """SeaBIOS (version 1.16.2-debian-1.16.2-1)
iPXE (http://ipxe.org) 00:05.0 C000 PCI2.10 PnP PMM+7EFCB420+7EF0B420 C000
Booting from Hard Disk...
Boot failed: not a bootable disk

"""
FROM_DISC = SEABIOS + "Booting from DVD/CD...\nISOLINUX 6.04 6.04 Copyright (C) 1994-2015 H. Peter Anvin et al\n"
FROM_DISK = SEABIOS.replace("Boot failed: not a bootable disk\n", "") + "GRUB loading.\nWelcome to GRUB!\n"
OVMF_DISC = """\x1b[2J\x1b[01;01H\x1b[=3h\x1b[2J\x1b[01;01HBdsDxe: loading Boot0001 "UEFI QEMU DVD-ROM QM00003 "
\x1b[2J\x1b[01;01HBdsDxe: starting Boot0001 "UEFI QEMU DVD-ROM QM00003 " from PciRoot(0x0)/Pci(0x1F,0x2)
Welcome to GRUB!
"""
OVMF_DISK = OVMF_DISC.replace("Boot0001", "Boot0003").replace("UEFI QEMU DVD-ROM QM00003 ", "UEFI Misc Device")
WINDOWS = OVMF_DISC.replace("Welcome to GRUB!\n", "Press any key to boot from CD or DVD.....\n")
FALLS_THROUGH = 'BdsDxe: failed to start Boot0001 "UEFI QEMU DVD-ROM QM00003 ": Time out\n' + OVMF_DISK[:-17]


def linux(arguments: str, seconds: int = 30, stamps: bool = True) -> str:
    """Return the output of a kernel that runs for some seconds, and of the installer on it."""
    lines = ["Linux version 6.1.0-21-amd64 (debian-kernel@lists.debian.org)", f"Command line: {arguments}"]
    early = [f"[    0.0000{number:02}] {line}" if stamps else line for number, line in enumerate(lines)]
    late = [f"[{second:5}.{second:06}] eth0: link {second}" for second in range(1, seconds)] if stamps else []
    return "\n".join([*early, *late, "installing the base system", "rebooting", ""])


INSTALLER = FROM_DISC + linux("BOOT_IMAGE=/install/vmlinuz auto=true console=ttyS0")
INSTALLED = FROM_DISK + linux("BOOT_IMAGE=/boot/vmlinuz root=UUID=1 ro")
KERNEL_ONLY = linux("auto=true")
OWN = "ACME appliance 7.1 setup\nprobing the hardware, 4096 MiB\ncopying files\ndone, restarting\n"
BSD = "FreeBSD/amd64 EFI loader, Revision 3.0\nCopyright (c) 1992-2023 The FreeBSD Project.\n"

TEXTS = {
    "nothing yet": ("", 0),
    "the first start": (INSTALLER, 1),
    "BIOS, three starts": (INSTALLER * 3, 3),
    "UEFI, three starts": ((OVMF_DISC + linux("auto")) * 3, 3),
    "kernel only, three starts": (KERNEL_ONLY * 3, 3),
    "kernel without times, three starts": (linux("auto", stamps=False) * 3, 3),
    "none of the known stages, three starts": (OWN * 3, 3),
    "none of the known stages, the third has only begun": (OWN * 2 + OWN.partition("\n")[0] + "\n", 3),
    "none of the known stages, figures differ": (OWN + OWN.replace("4096", "2048"), 2),
    "a boot loader that never gets further": (FROM_DISC * 4, 4),
    "FreeBSD from its disc": ((BSD + "Trying to mount root from cd9660:/dev/iso9660/14\n") * 3, 3),
    "FreeBSD from its disc, then from the disk": (
        BSD
        + "Trying to mount root from cd9660:/dev/iso9660/14\n"
        + (BSD + "Trying to mount root from ufs:/dev/da0\n") * 3,
        1,
    ),
    "the installed system starts, often": (INSTALLER + INSTALLED * 4, 1),
    "the same by UEFI": (OVMF_DISC + linux("auto") + (OVMF_DISK + linux("root=/dev/vda1")) * 4, 1),
    "kernel only, the installed system has other arguments": (KERNEL_ONLY + linux("root=/dev/vda1") * 4, 1),
    "a disc that asks for a key, and then the disk": (WINDOWS + (WINDOWS + FALLS_THROUGH) * 4, 1),
    "a new kernel without a start of the machine": (INSTALLER + linux("auto=true second") * 3, 1),
    "a start that has only begun": (INSTALLER * 2 + SEABIOS, 2),
    "a kernel log that the installer shows again": (INSTALLER + linux("BOOT_IMAGE=/install/vmlinuz auto=true") * 3, 1),
    "a menu that counts down": (
        FROM_DISC + "GNU GRUB  version 2.06\n" * 9 + KERNEL_ONLY,
        1,
    ),
    "dots": ("....\n" * 500, 1),
    "a heartbeat after the start": ("Loading the installer, please wait\n" + "still installing packages\n" * 500, 1),
    "a kernel whose first lines are written twice": (linux("auto", 2) + KERNEL_ONLY, 1),
}


@pytest.mark.parametrize(("text", "starts"), TEXTS.values(), ids=TEXTS)
def test_starts_of_the_installer_are_counted_and_no_others(text: str, starts: int) -> None:
    assert starts == InstallerStarts().count(text, is_whole=True)


@pytest.mark.parametrize("text", [INSTALLER * 4, OWN * 4], ids=["known stages", "own text"])
@pytest.mark.parametrize("step", [7, 150, 1500])
def test_it_makes_no_difference_in_which_parts_the_text_is_read(text: str, step: int) -> None:
    starts = InstallerStarts()

    seen = [starts.count(text[:place], is_whole=True) for place in range(0, len(text) + step, step)]

    assert 4 == seen[-1]
    assert sorted(seen) == seen


def test_a_console_that_keeps_its_last_part_only_is_counted_on() -> None:
    starts, text, kept = InstallerStarts(), "", len(INSTALLER) + 400
    for number in range(6):
        text += INSTALLER.replace("eth0", f"eth{number}")
        counted = starts.count(text[-kept:], is_whole=len(text) <= kept)

    assert 6 == counted


def test_a_text_without_its_beginning_is_compared_with_its_first_whole_start() -> None:
    text = INSTALLER * 4

    assert 3 == InstallerStarts().count(text[60:], is_whole=False)
    assert 0 == InstallerStarts().count(OWN * 4, is_whole=False)
