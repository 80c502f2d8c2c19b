"""Media with the layouts of Anaconda: Rocky Linux, openEuler and Fedora."""

from tests.iso.vendor.medium_layout import PLACEHOLDERS, Layout, Parts, noise


def _anaconda_isolinux(label: str, product: str) -> bytes:
    return f"""default vesamenu.c32
timeout 600

display boot.msg
menu title {product}

label linux
  menu label ^Install {product}
  kernel vmlinuz
  append initrd=initrd.img inst.stage2=hd:LABEL={label} quiet

label check
  menu label Test this ^media & install {product}
  menu default
  kernel vmlinuz
  append initrd=initrd.img inst.stage2=hd:LABEL={label} rd.live.check quiet

menu begin ^Troubleshooting
  menu title Troubleshooting

label rescue
  menu label ^Rescue a {product} system
  kernel vmlinuz
  append initrd=initrd.img inst.stage2=hd:LABEL={label} inst.rescue quiet

label local
  menu label Boot from ^local drive
  localboot 0xffff

menu end
""".encode()


def _anaconda_grub(label: str, product: str, kernel: str = "linuxefi", initrd: str = "initrdefi") -> bytes:
    return f"""set default="1"

function load_video {{
  insmod all_video
}}

load_video
set gfxpayload=keep

set timeout=60

search --no-floppy --set=root -l '{label}'

menuentry 'Install {product}' --class fedora --class gnu-linux --class gnu --class os {{
	{kernel} /images/pxeboot/vmlinuz inst.stage2=hd:LABEL={label} quiet
	{initrd} /images/pxeboot/initrd.img
}}
menuentry 'Test this media & install {product}' --class fedora --class gnu-linux --class gnu --class os {{
	{kernel} /images/pxeboot/vmlinuz inst.stage2=hd:LABEL={label} rd.live.check quiet
	{initrd} /images/pxeboot/initrd.img
}}
submenu 'Troubleshooting -->' {{
	menuentry 'Rescue a {product} system' --class fedora --class gnu-linux --class gnu --class os {{
		{kernel} /images/pxeboot/vmlinuz inst.stage2=hd:LABEL={label} inst.rescue quiet
		{initrd} /images/pxeboot/initrd.img
	}}
}}
""".encode()


def _anaconda_files(parts: Parts, product: str) -> dict[str, bytes]:
    return {
        "/.discinfo": f"1700000000.0\n{product}\nx86_64\n".encode(),
        "/.treeinfo": f"[general]\nname = {product}\narch = x86_64\n".encode(),
        "/images/install.img": noise("install"),
        "/images/pxeboot/vmlinuz": parts.kernel,
        "/images/pxeboot/initrd.img": parts.initrd,
        "/BaseOS/Packages/b/bash-5.1.rpm": noise("bash"),
        "/EFI/BOOT/BOOTX64.EFI": parts.grub_efi,
    }


def _with_isolinux(parts: Parts, label: str, product: str, kernel: str, initrd: str) -> Layout:
    files = _anaconda_files(parts, product) | {
        "/isolinux/isolinux.bin": parts.isolinux,
        "/isolinux/isolinux.cfg": _anaconda_isolinux(label, product),
        "/isolinux/vmlinuz": parts.kernel,
        "/isolinux/initrd.img": parts.initrd,
        "/EFI/BOOT/grub.cfg": _anaconda_grub(label, product, kernel, initrd),
        **{f"/isolinux/{name}": content for name, content in parts.modules.items()},
    }
    efi = {
        "/EFI/BOOT/BOOTX64.EFI": parts.grub_efi,
        "/EFI/BOOT/grub.cfg": _anaconda_grub(label, product, kernel, initrd),
    }
    return Layout(label, files, efi, "/isolinux/isolinux.bin", "/images/efiboot.img")


def rocky(parts: Parts = PLACEHOLDERS) -> Layout:
    """Return the layout of Rocky Linux 8 and 9, as of RHEL and Alma."""
    return _with_isolinux(parts, "Rocky-9-3-x86_64-dvd", "Rocky Linux 9.3", "linuxefi", "initrdefi")


def openeuler(parts: Parts = PLACEHOLDERS) -> Layout:
    """Return the layout of openEuler."""
    return _with_isolinux(parts, "openEuler-24.03-LTS-x86_64", "openEuler 24.03-LTS", "linux", "initrd")


def fedora(parts: Parts = PLACEHOLDERS) -> Layout:
    """Return the layout of Fedora since 37: GRUB for BIOS as well, and the EFI image behind the volume."""
    label, product = "Fedora-S-dvd-x86_64-39", "Fedora 39"
    grub = _anaconda_grub(label, product, "linux", "initrd")
    files = _anaconda_files(parts, product) | {
        "/images/eltorito.img": parts.grub_bios,
        "/boot/grub2/grub.cfg": grub,
        "/EFI/BOOT/grub.cfg": grub,
    }
    efi = {"/EFI/BOOT/BOOTX64.EFI": parts.grub_efi, "/EFI/BOOT/grub.cfg": grub}
    return Layout(label, files, efi, "/images/eltorito.img", "")
