"""Answers for Debian's installer: a preseed file."""

import base64
from urllib.parse import urlsplit

from config.answers.profiles.finishing import finishing_script, password_hash
from config.answers.profiles.profile_model import Profile

PACKAGES = ("openssh-server", "sudo", "cloud-init", "cloud-guest-utils")


def preseed(profile: Profile) -> str:
    """
    Return a preseed file.

    Sources: Debian GNU/Linux Installation Guide, appendix B; debian-installer, partman-auto-recipe.txt.
    """
    script = finishing_script(profile)
    comment = "".join(f"# {line}\n" for line in script.splitlines())
    encoded = base64.b64encode(script.encode()).decode()
    # The words of the line are fixed, and the script is encoded: no value is interpreted before it runs.
    copy = f"echo {encoded} | chroot /target base64 -d > /target/root/finish"
    late = f"{copy} && in-target sh /root/finish && rm /target/root/finish"
    return f"""# Installation onto {profile.disk}, without questions, with a power-off at the end.
d-i debian-installer/locale string en_US.UTF-8
d-i keyboard-configuration/xkb-keymap select us
d-i netcfg/choose_interface select auto
d-i netcfg/get_hostname string localhost
d-i netcfg/get_domain string
d-i hw-detect/load_firmware boolean false
{_mirror(profile)}d-i apt-setup/cdrom/set-first boolean false
d-i clock-setup/utc boolean true
d-i clock-setup/ntp boolean false
d-i time/zone string {profile.time_zone}
{_user(profile)}{_disk(profile)}tasksel tasksel/first multiselect
d-i pkgsel/include string {" ".join([*PACKAGES, *profile.packages])}
d-i pkgsel/upgrade select none
popularity-contest popularity-contest/participate boolean false
d-i grub-installer/only_debian boolean true
d-i grub-installer/bootdev string {profile.disk}
d-i grub-installer/force-efi-extra-removable boolean true
# The script that runs in the new system at the end (encoded in the line below it):
{comment}d-i preseed/late_command string {late}
d-i cdrom-detect/eject boolean false
d-i finish-install/reboot_in_progress note
d-i debian-installer/exit/poweroff boolean true
"""


def _mirror(profile: Profile) -> str:
    if profile.mirror is None:
        return "d-i mirror/country string manual\nd-i mirror/http/hostname string deb.debian.org\n" + _MIRROR_END
    url = urlsplit(profile.mirror)
    protocol = f"d-i mirror/protocol string {url.scheme}\n"
    place = f"d-i mirror/{url.scheme}/hostname string {url.netloc}\n"
    folder = f"d-i mirror/{url.scheme}/directory string {url.path or '/debian'}\n"
    end = f"d-i mirror/{url.scheme}/proxy string\n"
    return f"{protocol}d-i mirror/country string manual\n{place}{folder}{end}"


_MIRROR_END = "d-i mirror/http/directory string /debian\nd-i mirror/http/proxy string\n"


def _user(profile: Profile) -> str:
    if profile.user is None:
        return f"""d-i passwd/root-login boolean true
d-i passwd/root-password-crypted password {password_hash(profile)}
d-i passwd/make-user boolean false
"""
    return f"""d-i passwd/root-login boolean false
d-i passwd/make-user boolean true
d-i passwd/user-fullname string {profile.user.name}
d-i passwd/username string {profile.user.name}
d-i passwd/user-password-crypted password {password_hash(profile)}
"""


def _disk(profile: Profile) -> str:
    sizes = profile.partitions
    recipe = ["1 1 1 free $iflabel{ gpt } $reusemethod{ } method{ biosgrub } ."]
    efi = f"{sizes.efi} {sizes.efi} {sizes.efi}"
    recipe += [f"{efi} fat32 $iflabel{{ gpt }} $reusemethod{{ }} method{{ efi }} format{{ }} ."]
    ext4 = "ext4 method{ format } format{ } use_filesystem{ } filesystem{ ext4 }"
    if sizes.boot:
        recipe += [f"{sizes.boot} {sizes.boot} {sizes.boot} {ext4} mountpoint{{ /boot }} ."]
    if sizes.swap:
        recipe += [f"{sizes.swap} {sizes.swap} {sizes.swap} linux-swap method{{ swap }} format{{ }} ."]
    recipe += [f"1024 10000 -1 {ext4} mountpoint{{ / }} ."]
    return f"""d-i partman-auto/disk string {profile.disk}
d-i partman-auto/method string regular
d-i partman-basicfilesystems/no_swap boolean false
d-i partman-partitioning/choose_label select gpt
d-i partman-partitioning/default_label string gpt
d-i partman-partitioning/confirm_write_new_label boolean true
d-i partman-efi/non_efi_system boolean true
d-i partman-auto/expert_recipe string image :: {" ".join(recipe)}
d-i partman-auto/choose_recipe select image
d-i partman/choose_partition select finish
d-i partman/confirm boolean true
d-i partman/confirm_nooverwrite boolean true
d-i partman/mount_style select uuid
"""
