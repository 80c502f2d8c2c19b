"""Media with the layouts of vendors: the documented paths and configurations, with small files for the systems."""

import os
import random
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

EPOCH = 1700000000
ENVIRONMENT = os.environ | {"SOURCE_DATE_EPOCH": str(EPOCH), "TZ": "UTC", "LC_ALL": "C"}


@dataclass(frozen=True)
class Parts:
    """Loaders and systems of a medium; the defaults boot nothing."""

    isolinux: bytes = b"isolinux" * 512
    grub_bios: bytes = b"grub" * 1024
    grub_efi: bytes = b"MZ grub efi" * 4096
    kernel: bytes = b"kernel" * 1000
    initrd: bytes = b"initrd" * 1000
    modules: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """
    Layout of a vendor's medium.

    Attributes:
        label: Volume label.
        files: Contents by their paths.
        efi: Contents of the EFI image by their paths in it.
        bios_loader: Path of the loader that BIOS boots.
        efi_image: Path of the EFI image on the medium; "" if it is a partition behind the volume.
        joliet: True for names for Windows.
    """

    label: str
    files: dict[str, bytes]
    efi: dict[str, bytes]
    bios_loader: str
    efi_image: str
    joliet: bool = False


def write(layout: Layout, output: Path) -> Path:
    """Write a medium, the same bytes at every call."""
    with tempfile.TemporaryDirectory(prefix="medium-") as name:
        folder = Path(name)
        tree, image = folder / "tree", folder / "efi.img"
        image.write_bytes(fat(layout.efi, folder))
        files = dict(layout.files)
        if layout.efi_image:
            files[layout.efi_image] = image.read_bytes()
        for path, content in files.items():
            target = tree / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        for found in [tree, *tree.rglob("*")]:
            os.utime(found, (EPOCH, EPOCH))
        subprocess.run(command(layout, image, tree, output), check=True, env=ENVIRONMENT, capture_output=True)
    return output


def command(layout: Layout, image: Path, tree: Path, output: Path) -> list[str | Path]:
    loader = layout.bios_loader.lstrip("/")
    catalog = f"{loader.rpartition('/')[0]}/boot.cat"
    options: list[str | Path] = ["-r", *(["-J", "-joliet-long"] if layout.joliet else []), "-V", layout.label]
    options += ["-b", loader, "-c", catalog, "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"]
    if layout.efi_image:
        options += ["-eltorito-alt-boot", "-e", layout.efi_image.lstrip("/"), "-no-emul-boot"]
    else:
        options += ["-partition_offset", "16", "-append_partition", "2", "0xef", image, "-appended_part_as_gpt"]
        options += ["-eltorito-alt-boot", "-e", "--interval:appended_partition_2:all::", "-no-emul-boot"]
    return ["xorriso", "-as", "mkisofs", "-quiet", *options, "-o", output, tree]


def fat(files: dict[str, bytes], folder: Path) -> bytes:
    image, source = folder / "fat.img", folder / "fat-source"
    size = sum(len(content) for content in files.values())
    image.write_bytes(bytes((size + 2 * 1024 * 1024) >> 20 << 20))
    subprocess.run(["mformat", "-i", image, "-N", "1f0d15c0", "::"], check=True, env=ENVIRONMENT)
    made: set[str] = set()
    for path, content in files.items():
        for parent in reversed(Path(path).parents):
            if str(parent) != "/" and str(parent) not in made:
                subprocess.run(["mmd", "-i", image, f"::{parent}"], check=True, env=ENVIRONMENT)
                made.add(str(parent))
        source.write_bytes(content)
        os.utime(source, (EPOCH, EPOCH))
        subprocess.run(["mcopy", "-m", "-i", image, source, f"::{path}"], check=True, env=ENVIRONMENT)
    return image.read_bytes()


def noise(seed: str, size: int = 200_000) -> bytes:
    """Return bytes that stand for packages, and that no change may touch."""
    return random.Random(seed).randbytes(size)


DEBIAN_FIND = (
    b"search --file --set=root /.disk/info\nset prefix=($root)/boot/grub\nsource $prefix/x86_64-efi/grub.cfg\n"
)
DEBIAN_GRUB = b"""if loadfont $font ; then
  set gfxmode=800x600
fi
menuentry --hotkey=g 'Graphical install' {
    set background_color=black
    linux    /install.amd/vmlinuz vga=788 --- quiet
    initrd   /install.amd/gtk/initrd.gz
}
menuentry --hotkey=i 'Install' {
    set background_color=black
    linux    /install.amd/vmlinuz vga=788 --- quiet
    initrd   /install.amd/initrd.gz
}
submenu --hotkey=a 'Advanced options ...' {
    menuentry '... Graphical rescue mode' {
        linux    /install.amd/vmlinuz vga=788 rescue/enable=true --- quiet
        initrd   /install.amd/gtk/initrd.gz
    }
    menuentry '... Automated install' {
        linux    /install.amd/vmlinuz auto=true priority=critical vga=788 --- quiet
        initrd   /install.amd/initrd.gz
    }
}
"""
DEBIAN_ISOLINUX = {
    "isolinux.cfg": b"path \nprompt 0\ntimeout 0\ninclude menu.cfg\ndefault vesamenu.c32\n",
    "menu.cfg": b"menu title Debian GNU/Linux installer menu (BIOS mode)\ninclude gtk.cfg\ninclude txt.cfg\n"
    b"menu begin advanced\n\tinclude adtxt.cfg\nmenu end\ninclude spkgtk.cfg\n",
    "gtk.cfg": b"default installgui\nlabel installgui\n\tmenu label ^Graphical install\n\tmenu default\n"
    b"\tkernel /install.amd/vmlinuz\n\tappend vga=788 initrd=/install.amd/gtk/initrd.gz --- quiet \n",
    "txt.cfg": b"label install\n\tmenu label ^Install\n\tkernel /install.amd/vmlinuz\n"
    b"\tappend vga=788 initrd=/install.amd/initrd.gz --- quiet \n",
    "adtxt.cfg": b"label expert\n\tmenu label E^xpert install\n\tkernel /install.amd/vmlinuz\n"
    b"\tappend priority=low vga=788 initrd=/install.amd/initrd.gz --- \ninclude rqtxt.cfg\n",
    "rqtxt.cfg": b"label rescue\n\tmenu label ^Rescue mode\n\tkernel /install.amd/vmlinuz\n"
    b"\tappend vga=788 initrd=/install.amd/initrd.gz rescue/enable=true --- quiet \n",
    "spkgtk.cfg": b"label installspk\n\tkernel /install.amd/vmlinuz\n"
    b"\tappend vga=788 initrd=/install.amd/gtk/initrd.gz speakup.synth=soft --- quiet \n"
    b"timeout 300\nontimeout /install.amd/vmlinuz vga=788 initrd=/install.amd/gtk/initrd.gz "
    b"speakup.synth=soft --- quiet \n",
}


def debian(parts: Parts = Parts()) -> Layout:
    """Return the layout of Debian's netinst: isolinux, GRUB in an EFI image that reads the menu of the medium."""
    isolinux = {f"/isolinux/{name}": content for name, content in DEBIAN_ISOLINUX.items()}
    files = {
        "/.disk/info": b'Debian GNU/Linux 12.5.0 "Bookworm" - Official amd64 NETINST with firmware 20240210-11:27',
        "/install.amd/vmlinuz": parts.kernel,
        "/install.amd/initrd.gz": parts.initrd,
        "/install.amd/gtk/initrd.gz": parts.initrd,
        **isolinux,
        "/isolinux/isolinux.bin": parts.isolinux,
        **{f"/isolinux/{name}": content for name, content in parts.modules.items()},
        "/boot/grub/grub.cfg": DEBIAN_GRUB,
        "/boot/grub/x86_64-efi/grub.cfg": b"insmod part_gpt\nsource /boot/grub/grub.cfg\n",
        "/pool/main/b/base-files/base-files_12.4_amd64.deb": noise("base-files"),
        "/md5sum.txt": b"".join(
            f"{digest}  ./{name}\n".encode()
            for digest, name in (
                ("0" * 32, "boot/grub/grub.cfg"),
                ("1" * 32, "pool/main/b/base-files/base-files_12.4_amd64.deb"),
            )
        ),
    }
    efi = {"/efi/boot/bootx64.efi": parts.grub_efi, "/efi/debian/grub.cfg": DEBIAN_FIND}
    return Layout("Debian 12.5.0 amd64 n", files, efi, "/isolinux/isolinux.bin", "/boot/grub/efi.img", joliet=True)


UBUNTU_GRUB = b"""set timeout=30

loadfont unicode

menuentry "Try or Install Ubuntu Server" {
	set gfxpayload=keep
	linux	/casper/vmlinuz  ---
	initrd	/casper/initrd
}
menuentry "Ubuntu Server with the HWE kernel" {
	set gfxpayload=keep
	linux	/casper/hwe-vmlinuz  ---
	initrd	/casper/hwe-initrd
}
grub_platform
if [ "$grub_platform" = "efi" ]; then
menuentry 'Boot from next volume' {
	exit 1
}
menuentry 'UEFI Firmware Settings' {
	fwsetup
}
else
menuentry 'Test memory' {
	linux16 /boot/memtest86+x64.bin
}
fi
"""


def ubuntu(parts: Parts = Parts()) -> Layout:
    """Return the layout of Ubuntu's live server since 20.10: GRUB only, and the EFI image behind the volume."""
    files = {
        "/.disk/info": b'Ubuntu-Server 24.04 LTS "Noble Numbat" - Release amd64 (20240423)',
        "/casper/vmlinuz": parts.kernel,
        "/casper/initrd": parts.initrd,
        "/casper/hwe-vmlinuz": parts.kernel,
        "/casper/hwe-initrd": parts.initrd,
        "/casper/install-sources.yaml": b"- default: true\n  id: ubuntu-server\n",
        "/casper/ubuntu-server-minimal.squashfs": noise("squashfs"),
        "/boot/grub/grub.cfg": UBUNTU_GRUB,
        "/boot/grub/loopback.cfg": UBUNTU_GRUB.replace(b"vmlinuz  ---", b"vmlinuz  iso-scan/filename=${iso_path} ---"),
        "/boot/grub/i386-pc/eltorito.img": parts.grub_bios,
        "/EFI/boot/bootx64.efi": parts.grub_efi,
        "/md5sum.txt": b"2" * 32 + b"  ./boot/grub/grub.cfg\n" + b"3" * 32 + b"  ./casper/vmlinuz\n",
    }
    efi = {"/EFI/boot/bootx64.efi": parts.grub_efi, "/EFI/boot/grubx64.efi": parts.grub_efi}
    return Layout("Ubuntu-Server 24.04 LTS amd64", files, efi, "/boot/grub/i386-pc/eltorito.img", "")


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


def rocky(parts: Parts = Parts()) -> Layout:
    """Return the layout of Rocky Linux 8 and 9, as of RHEL and Alma."""
    return _with_isolinux(parts, "Rocky-9-3-x86_64-dvd", "Rocky Linux 9.3", "linuxefi", "initrdefi")


def openeuler(parts: Parts = Parts()) -> Layout:
    """Return the layout of openEuler."""
    return _with_isolinux(parts, "openEuler-24.03-LTS-x86_64", "openEuler 24.03-LTS", "linux", "initrd")


def fedora(parts: Parts = Parts()) -> Layout:
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


SUSE_ISOLINUX = b"""default harddisk

# hard disk
label harddisk
  localboot -2

# install
label linux
  kernel linux
  append initrd=initrd splash=silent showopts

# upgrade
label upgrade
  kernel linux
  append initrd=initrd splash=silent upgrade=1 showopts

# rescue
label rescue
  kernel linux
  append initrd=initrd splash=silent rescue=1 showopts

# media check
label mediacheck
  kernel linux
  append initrd=initrd splash=silent mediacheck=1 showopts

ui		gfxboot bootlogo message
implicit	1
display		message
prompt		1
timeout		600
"""
SUSE_GRUB = b"""if [ -f ${prefix}/grub.png ] ; then
  background_image ${prefix}/grub.png
fi

set timeout=60

menuentry "Boot from Hard Disk" --class os {
  exit
}

menuentry 'Installation' --class opensuse --class gnu-linux --class gnu --class os {
  set gfxpayload=keep
  echo 'Loading kernel ...'
  linux /boot/x86_64/loader/linux splash=silent
  echo 'Loading initial ramdisk ...'
  initrd /boot/x86_64/loader/initrd
}

submenu 'More ...' --class opensuse {
  menuentry 'Rescue System' --class opensuse --class gnu-linux --class gnu --class os {
    linux /boot/x86_64/loader/linux splash=silent rescue=1
    initrd /boot/x86_64/loader/initrd
  }
}
"""


def opensuse(parts: Parts = Parts()) -> Layout:
    """Return the layout of openSUSE Leap 15: isolinux with a default that boots the hard disk, GRUB for UEFI."""
    files = {
        "/media.1/products": b"/ openSUSE-Leap 15.6-0\n",
        "/boot/x86_64/root": noise("root"),
        "/boot/x86_64/loader/linux": parts.kernel,
        "/boot/x86_64/loader/initrd": parts.initrd,
        "/boot/x86_64/loader/isolinux.bin": parts.isolinux,
        "/boot/x86_64/loader/isolinux.cfg": SUSE_ISOLINUX,
        "/boot/x86_64/loader/message": noise("message", 5000),
        **{f"/boot/x86_64/loader/{name}": content for name, content in parts.modules.items()},
        "/EFI/BOOT/bootx64.efi": parts.grub_efi,
        "/EFI/BOOT/grub.cfg": SUSE_GRUB,
        "/x86_64/bash-4.4.x86_64.rpm": noise("bash"),
    }
    efi = {"/EFI/BOOT/bootx64.efi": parts.grub_efi, "/EFI/BOOT/grub.cfg": SUSE_GRUB}
    return Layout("openSUSE-Leap-15.6-DVD-x86_64", files, efi, "/boot/x86_64/loader/isolinux.bin", "/boot/x86_64/efi")


LAYOUTS: dict[str, Callable[..., Layout]] = {
    "debian": debian,
    "ubuntu": ubuntu,
    "rocky": rocky,
    "openeuler": openeuler,
    "fedora": fedora,
    "opensuse": opensuse,
}
KINDS = {
    "debian": "preseed",
    "ubuntu": "autoinstall",
    "rocky": "kickstart",
    "openeuler": "kickstart",
    "fedora": "kickstart",
    "opensuse": "autoyast",
}
ANSWERS = {
    "preseed": "d-i partman-auto/disk string /dev/vdb\nd-i debian-installer/exit/poweroff boolean true\n",
    "autoinstall": "#cloud-config\nautoinstall:\n  version: 1\n  storage:\n"
    "    layout: {name: direct, match: {path: /dev/vdb}}\n",
    "kickstart": "ignoredisk --only-use=vdb\nautopart\npoweroff\n%packages\n@core\n%end\n",
    "autoyast": '<?xml version="1.0"?>\n<profile xmlns="http://www.suse.com/1.0/yast2ns">'
    "<partitioning><drive><device>/dev/vdb</device></drive></partitioning></profile>\n",
}
