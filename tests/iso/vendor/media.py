"""Media with the layouts of vendors: the documented paths and configurations, with small files for the systems."""

from collections.abc import Callable

from tests.iso.vendor.anaconda_media import fedora, openeuler, rocky
from tests.iso.vendor.medium_layout import PLACEHOLDERS, Layout, Parts, noise

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


def debian(parts: Parts = PLACEHOLDERS) -> Layout:
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


def ubuntu(parts: Parts = PLACEHOLDERS) -> Layout:
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


def opensuse(parts: Parts = PLACEHOLDERS) -> Layout:
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
