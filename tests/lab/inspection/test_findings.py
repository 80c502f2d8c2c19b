"""Findings on disks of installed systems, each with one defect."""

from pathlib import Path
from typing import Literal

import pytest

from tests.lab.inspection.guest_disks import (
    RELEASE,
    ROOT_UUID,
    GuestDisk,
    efi_program,
    initramfs,
    inspected,
    kernel,
    message,
    rules,
    system_files,
    to_qcow2,
)

INITRAMFS = f"boot/initrd.img-{RELEASE}"
BUILT_IN = f"lib/modules/{RELEASE}/modules.builtin"


@pytest.mark.parametrize("scheme", ["gpt", "mbr"])
@pytest.mark.parametrize("firmware", ["bios", "uefi"])
def test_a_good_image_has_no_findings(
    disk: GuestDisk, tmp_path: Path, scheme: Literal["gpt", "mbr"], firmware: Literal["bios", "uefi"]
) -> None:
    disk.scheme = scheme

    inspection = inspected(to_qcow2(disk.write(tmp_path)), firmware)

    assert [] == inspection.findings
    facts = inspection.facts
    assert scheme == facts["partition_table"]["scheme"]
    assert "Debian GNU/Linux 12 (bookworm)" == facts["operating_system"]
    assert "Europe/Berlin" == facts["time_zone"]
    assert {"manager": "dpkg", "count": 1, "installed": [{"name": "bash", "version": "5.2-1"}]} == facts["packages"]
    assert ["OpenStack", "ConfigDrive", "None"] == facts["cloud_init"]["data_sources"]
    assert RELEASE == facts["kernels"][0]["release"]
    assert {"in the initramfs"} == set(facts["kernels"][0]["drivers"].values())
    assert f"UUID={ROOT_UUID}" == facts["boot_entries"][0]["root"]
    assert "empty" == facts["machine_id"]
    assert "GRUB" == facts["boot_loaders"]["bios"]["loader"]
    assert "/EFI/BOOT/BOOTX64.EFI" == facts["boot_loaders"]["uefi"][0]["path"]


@pytest.mark.parametrize(
    ("root", "severity"),
    [("/dev/vdb1", "error"), ("/dev/vdb3", "error"), ("/dev/vda3", "warning"), ("/dev/nvme1n1p3", "error")],
)
def test_a_root_file_system_by_device_name_is_found(disk: GuestDisk, tmp_path: Path, root: str, severity: str) -> None:
    disk.files = system_files(root=root)

    inspection = inspected(disk.write(tmp_path))

    assert {"root-device-name": severity} == rules(inspection)
    assert f"root={root}, a device name" in message(inspection, "root-device-name")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("/dev/vdb3 / ext4 defaults 0 1", {"fstab-device-name": "error"}),
        ("/dev/vda3 / ext4 defaults 0 1", {"fstab-device-name": "warning"}),
        ("/dev/disk/by-id/virtio-0b1f0a3e-part3 / ext4 defaults 0 1", {"fstab-device-name": "error"}),
        ("/dev/disk/by-path/pci-0000:00:05.0-part3 / ext4 defaults 0 1", {"fstab-device-name": "error"}),
        ("/dev/sdb1 none swap sw 0 0", {"fstab-device-name": "warning"}),
        ("/dev/vda1 /srv ext4 nofail 0 2", {"fstab-device-name": "warning"}),
        ("UUID=0a1b2c3d-0000-4000-8000-000000000000 /srv ext4 defaults 0 2", {"fstab-unknown": "error"}),
        ("LABEL=other /srv ext4 nofail 0 2", {"fstab-unknown": "warning"}),
        ("LABEL=root-fs / ext4 defaults 0 1", {}),
        ("PARTLABEL=root / ext4 defaults 0 1", {}),
        (f"/dev/disk/by-uuid/{ROOT_UUID} / ext4 defaults 0 1", {}),
        ("UUID=1F0D-15C0 /boot/efi vfat umask=0077 0 1", {}),
        ("/dev/mapper/vg-root / ext4 defaults 0 1", {}),
    ],
)
def test_mounts(disk: GuestDisk, tmp_path: Path, line: str, found: dict[str, str]) -> None:
    disk.files["etc/fstab"] = f"{line}\n"

    assert found == rules(inspected(disk.write(tmp_path)))


def test_a_root_file_system_that_the_disk_does_not_have_is_found(disk: GuestDisk, tmp_path: Path) -> None:
    disk.files = system_files(root="UUID=0a1b2c3d-0000-4000-8000-000000000000")

    assert {"root-unknown": "error"} == rules(inspected(disk.write(tmp_path)))


def test_an_initial_ram_file_system_without_virtio_is_found(disk: GuestDisk, tmp_path: Path) -> None:
    disk.files[INITRAMFS] = initramfs("ahci", "sd_mod")

    inspection = inspected(disk.write(tmp_path))

    assert {"no-virtio": "error", "no-virtio-scsi": "note"} == rules(inspection)
    assert "virtio_pci and virtio_blk are not in its initial RAM file system" in message(inspection, "no-virtio")
    assert "installed" == inspection.facts["kernels"][0]["drivers"]["virtio_net"]


def test_drivers_that_are_built_in_need_not_be_in_the_initial_ram_file_system(disk: GuestDisk, tmp_path: Path) -> None:
    disk.files[INITRAMFS] = initramfs("ahci")
    disk.files[BUILT_IN] = "".join(f"kernel/drivers/virtio_{name}.ko\n" for name in ("pci", "blk", "scsi", "net"))

    assert {} == rules(inspected(disk.write(tmp_path)))


def test_the_settings_of_a_kernel_also_say_what_is_built_in(disk: GuestDisk, tmp_path: Path) -> None:
    disk.files[INITRAMFS] = initramfs("ahci")
    del disk.files[BUILT_IN]
    names = ("VIRTIO_PCI", "VIRTIO_BLK", "SCSI_VIRTIO", "VIRTIO_NET")
    disk.files[f"boot/config-{RELEASE}"] = "".join(f"CONFIG_{name}=y\n" for name in names)

    assert {} == rules(inspected(disk.write(tmp_path)))


def test_without_a_list_of_what_is_built_in_missing_drivers_are_a_warning(disk: GuestDisk, tmp_path: Path) -> None:
    disk.files[INITRAMFS] = initramfs("ahci")
    del disk.files[BUILT_IN]

    assert "warning" == rules(inspected(disk.write(tmp_path)))["no-virtio"]


def test_a_kernel_that_is_missing_is_found(disk: GuestDisk, tmp_path: Path) -> None:
    del disk.files[f"boot/vmlinuz-{RELEASE}"]

    inspection = inspected(disk.write(tmp_path))

    assert "error" == rules(inspection)["boot-file-missing"]
    assert f"the kernel /boot/vmlinuz-{RELEASE}, which was not found" in message(inspection, "boot-file-missing")


def test_a_system_without_cloud_init_is_found(disk: GuestDisk, tmp_path: Path) -> None:
    disk.files = {name: content for name, content in disk.files.items() if "cloud" not in name}

    assert {"no-cloud-init": "warning"} == rules(inspected(disk.write(tmp_path)))


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({"etc/cloud/cloud-init.disabled": ""}, "cloud-init-disabled"),
        ({"etc/cloud/cloud.cfg.d/99.cfg": "datasource_list:\n  - NoCloud\n  - None\n"}, "cloud-init-sources"),
    ],
)
def test_a_cloud_init_that_does_not_work_in_the_cloud_is_found(
    disk: GuestDisk, tmp_path: Path, files: dict[str, str], rule: str
) -> None:
    disk.files |= files

    assert {rule: "warning"} == rules(inspected(disk.write(tmp_path)))


def test_what_all_servers_would_share_is_found(disk: GuestDisk, tmp_path: Path) -> None:
    disk.files |= {
        "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
        "etc/ssh/ssh_host_ed25519_key": "PRIVATE",
        "etc/ssh/ssh_host_ed25519_key.pub": "public",
        "var/lib/cloud/instance": Path("/var/lib/cloud/instances/i-1"),
    }

    inspection = inspected(disk.write(tmp_path))

    assert {"machine-id": "warning", "host-keys": "note", "cloud-init-instance": "note"} == rules(inspection)
    assert ["/etc/ssh/ssh_host_ed25519_key"] == inspection.facts["ssh_host_keys"]
    assert "PRIVATE" not in str(inspection.as_json())


def test_host_keys_that_nothing_replaces_are_an_error(disk: GuestDisk, tmp_path: Path) -> None:
    disk.files |= {"etc/ssh/ssh_host_rsa_key": "x", "etc/cloud/cloud.cfg.d/99.cfg": "ssh_deletekeys: false\n"}

    assert {"host-keys": "error"} == rules(inspected(disk.write(tmp_path)))


def test_a_disk_without_the_boot_loader_of_its_boot_mode_is_found(disk: GuestDisk, tmp_path: Path) -> None:
    disk.boot_code, disk.efi = False, {}

    assert "no-bios-loader" in rules(inspected(disk.write(tmp_path / "a")))
    assert "no-uefi-loader" in rules(inspected(disk.write(tmp_path / "b"), "uefi"))


def test_boot_code_that_continues_at_an_empty_place_is_found(disk: GuestDisk, tmp_path: Path) -> None:
    path = disk.write(tmp_path)
    with path.open("r+b") as file:
        file.seek(2048 * 512)
        file.write(bytes(512))

    assert {"boot-target": "error"} == rules(inspected(path))


@pytest.mark.parametrize(
    ("efi", "rule"),
    [
        ({"EFI/debian/grubx64.efi": efi_program()}, "no-default-program"),
        ({"EFI/BOOT/BOOTX64.EFI": efi_program(0xAA64)}, "default-program"),
        ({"EFI/BOOT/BOOTX64.EFI": b"text"}, "default-program"),
    ],
)
def test_a_program_that_new_firmware_would_not_start_is_found(
    disk: GuestDisk, tmp_path: Path, efi: dict[str, bytes], rule: str
) -> None:
    disk.efi = efi

    assert {rule: "error"} == rules(inspected(disk.write(tmp_path), "uefi"))


@pytest.mark.parametrize(
    ("path", "menu"),
    [
        (
            "boot/extlinux/extlinux.conf",
            "DEFAULT linux\nLABEL linux\n  KERNEL /boot/vmlinuz-{release}\n"
            "  APPEND initrd=/boot/initrd.img-{release} root=/dev/vdb1\n",
        ),
        (
            "boot/loader/entries/a.conf",
            "title Fedora\nlinux /vmlinuz-{release}\ninitrd /initrd.img-{release} $tuned_initrd\n"
            "options $kernelopts quiet\n",
        ),
    ],
)
def test_other_boot_menus_are_read(disk: GuestDisk, tmp_path: Path, path: str, menu: str) -> None:
    del disk.files["boot/grub/grub.cfg"]
    disk.files[path] = menu.replace("{release}", RELEASE)
    disk.files["boot/grub2/grubenv"] = "# GRUB Environment Block\nkernelopts=root=/dev/vdb1 ro\n####"

    inspection = inspected(disk.write(tmp_path))

    assert {"root-device-name": "error"} == rules(inspection)
    assert RELEASE == inspection.facts["kernels"][0]["release"]


def test_a_system_without_a_boot_menu_and_kernel_is_found(disk: GuestDisk, tmp_path: Path) -> None:
    disk.files = {name: content for name, content in disk.files.items() if not name.startswith("boot/")}

    assert {"no-boot-menu": "warning", "no-kernel": "error"} == rules(inspected(disk.write(tmp_path)))


def test_kernels_in_a_file_system_of_their_own_are_checked_if_the_root_is_not_read(
    disk: GuestDisk, tmp_path: Path
) -> None:
    entry = f"title Linux\nlinux /vmlinuz-{RELEASE}\ninitrd /initramfs-{RELEASE}.img\noptions root=/dev/vdb2 ro\n"
    disk.files = {
        "loader/entries/a.conf": entry,
        f"vmlinuz-{RELEASE}": kernel(),
        f"initramfs-{RELEASE}.img": initramfs("ahci"),
        f"config-{RELEASE}": "CONFIG_VIRTIO_PCI=y\nCONFIG_VIRTIO_BLK=m\nCONFIG_VIRTIO_NET=y\nCONFIG_SCSI_VIRTIO=y\n",
        "efi/.keep": "",
    }
    path = disk.write(tmp_path)
    with path.open("r+b") as file:
        file.seek(2048 * 512)  # in place of the BIOS boot partition
        file.write(b"XFSB")

    inspection = inspected(path)

    expected = {"no-system": "warning", "not-read": "warning", "root-device-name": "error", "no-virtio": "error"}
    assert expected == rules(inspection)
    assert "virtio_blk is not in its initial RAM file system" in message(inspection, "no-virtio")
    assert "fstab" not in inspection.facts


@pytest.mark.parametrize(
    ("path", "manager"), [("var/lib/rpm/rpmdb.sqlite", "rpm"), ("usr/lib/sysimage/rpm/Packages.db", "rpm")]
)
def test_the_database_of_rpm_is_found(disk: GuestDisk, tmp_path: Path, path: str, manager: str) -> None:
    del disk.files["var/lib/dpkg/status"]
    disk.files[path] = "x"

    assert manager == inspected(disk.write(tmp_path)).facts["packages"]["manager"]


def test_packages_of_apk_are_listed(disk: GuestDisk, tmp_path: Path) -> None:
    del disk.files["var/lib/dpkg/status"]
    disk.files["lib/apk/db/installed"] = "C:Q1\nP:musl\nV:1.2.4-r2\n\nC:Q1\nP:busybox\nV:1.36\n"

    assert 2 == inspected(disk.write(tmp_path)).facts["packages"]["count"]
