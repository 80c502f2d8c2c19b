"""Menus of isolinux and GRUB: which entries change, what an unattended menu ends with."""

import pytest

from iso.vendor.boot_change import MEDIUM, BootChange
from iso.vendor.grub_menus import edit_grub
from iso.vendor.isolinux_menus import edit_isolinux
from tests.iso.vendor import media

CHANGE = BootChange(("auto=true", "priority=critical"), "/answers.img")
KICKSTART = BootChange((f"inst.ks={MEDIUM}:/answers.ks",), removed=("rd.live.check",))


def grub(text: str, change: BootChange = CHANGE) -> str:
    return edit_grub(text, change)[0]


def isolinux(text: str, change: BootChange = CHANGE) -> str:
    return edit_isolinux({"/isolinux/isolinux.cfg": text}, change)[0]["/isolinux/isolinux.cfg"]


def entry(title: str, line: str) -> str:
    return f"menuentry '{title}' {{\n{line}\n}}\n"


INSTALL = entry("Install", "\tlinux /install/vmlinuz --- quiet\n\tinitrd /install/initrd.gz")
DISK = entry("Boot from disk", "\texit")


@pytest.mark.parametrize(
    "line",
    [
        "linux /install/vmlinuz rescue/enable=true\ninitrd /install/initrd.gz",
        "linux /boot/x86_64/loader/linux mediacheck=1\ninitrd /boot/x86_64/loader/initrd",
        "linux16 /boot/memtest86+x64.bin",
        "linux /live/vmlinuz boot=live\ninitrd /live/initrd.img",
    ],
)
def test_entries_that_do_not_install_stay(line: str) -> None:
    text = INSTALL + entry("Other", line)

    assert line in grub(text)


def test_a_menu_of_grub_that_waits_gets_an_end() -> None:
    assert grub(INSTALL).startswith("set timeout=5\n")
    assert "set timeout=5\n" in grub(f"set timeout=-1\n{INSTALL}")
    assert "set timeout=60\n" in grub(f"set timeout=60\n{INSTALL}")


@pytest.mark.parametrize("default", ["", "set default=0\n", "default='Boot from disk'\n", 'set default="0"\n'])
def test_a_menu_of_grub_ends_with_the_installer(default: str) -> None:
    changed = grub(f"{default}set timeout=60\n{DISK}{INSTALL}")

    assert 'default="Install"' in changed


@pytest.mark.parametrize("default", ["set default=1\n", "set default=Install\n", 'set default="${saved_entry}"\n'])
def test_a_choice_of_the_vendor_that_installs_stays(default: str) -> None:
    assert default in grub(f"{default}set timeout=60\n{DISK}{INSTALL}")


def test_a_title_that_grub_would_interpret_is_selected_by_its_position() -> None:
    text = DISK + INSTALL.replace("Install", "Install > now")

    assert "set default=1\n" in grub(text)


def test_grub_keeps_the_device_of_a_path_and_continued_lines() -> None:
    text = entry("Install", "linux (loop)/install/vmlinuz quiet \\\n  splash\ninitrd (loop)/install/initrd.gz")

    changed = grub(text)

    assert "linux (loop)/install/vmlinuz auto=true priority=critical quiet \\\n  splash\n" in changed
    assert "initrd (loop)/install/initrd.gz (loop)/answers.img\n" in changed


def test_a_configuration_without_menu_gets_no_timeout() -> None:
    text = "search --file --set=root /.disk/info\nsource $prefix/grub.cfg\n"

    assert edit_grub(text, CHANGE) == (text, 0)


def test_line_ends_of_windows_stay() -> None:
    text = INSTALL.replace("\n", "\r\n")

    changed = grub(f"set timeout=30\r\n{text}")
    assert "initrd /install/initrd.gz /answers.img\r\n" in changed
    assert changed.count("\n") == changed.count("\r\n")
    labels = isolinux("timeout 300\r\nlabel install\r\n  kernel vmlinuz\r\n  initrd initrd.gz\r\n")
    assert "  initrd initrd.gz,/answers.img\r\n" in labels
    assert "  append auto=true priority=critical\r\n" in labels
    assert labels.count("\n") == labels.count("\r\n")


def test_other_values_of_the_parameters_are_replaced() -> None:
    text = entry(
        "Expert", "linux /install/vmlinuz priority=low auto=false vga=788 --- quiet\ninitrd /install/initrd.gz"
    )

    assert "vmlinuz auto=true priority=critical vga=788 --- quiet" in grub(text)


def test_the_name_of_the_medium_comes_from_the_command_line() -> None:
    words = "inst.stage2=hd:LABEL=CentOS\\x207\\x20x86_64 rd.live.check quiet"
    label = f"label linux\n kernel vmlinuz\n append initrd=initrd.img {words}\n"

    changed = isolinux(label, KICKSTART)

    assert (
        "append inst.ks=hd:LABEL=CentOS\\x207\\x20x86_64:/answers.ks initrd=initrd.img inst.stage2=hd:LABEL=" in changed
    )
    assert "rd.live.check" not in changed
    assert "inst.ks=cdrom:/answers.ks" in isolinux(
        "label linux\n kernel vmlinuz\n append initrd=initrd.img quiet\n", KICKSTART
    )


def test_a_menu_of_isolinux_ends_with_the_installer() -> None:
    changed = isolinux(media.SUSE_ISOLINUX.decode())

    assert changed.startswith("default linux\n")
    assert "label linux\n  menu default\n" in changed
    assert "timeout\t\t600" in changed


def test_another_default_of_the_menu_is_no_default_any_more() -> None:
    local = "label local\n  menu default\n  localboot 0xffff\n"
    text = f"default vesamenu.c32\ntimeout 100\n{local}label linux\n  kernel vmlinuz\n  append initrd=initrd.img\n"

    changed = isolinux(text)

    assert "label local\n  localboot 0xffff\nlabel linux\n  menu default\n" in changed


def test_a_command_on_timeout_becomes_the_default_label() -> None:
    texts = {f"/isolinux/{name}": content.decode() for name, content in media.DEBIAN_ISOLINUX.items()}

    changed, count = edit_isolinux(texts, CHANGE)

    assert "ontimeout installgui" in changed["/isolinux/spkgtk.cfg"]
    assert "timeout 50" in changed["/isolinux/isolinux.cfg"]
    assert changed["/isolinux/rqtxt.cfg"] == texts["/isolinux/rqtxt.cfg"]
    assert count == 4


def test_isolinux_without_any_timeout_gets_one() -> None:
    assert isolinux("default linux\nlabel linux\n kernel vmlinuz\n append initrd=initrd.img\n").startswith(
        "timeout 50\n"
    )
