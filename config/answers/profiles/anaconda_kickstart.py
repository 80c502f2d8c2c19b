"""Answers for Anaconda (RHEL, CentOS, Rocky, Alma, Fedora, openEuler): a kickstart file."""

from config.answers.profiles.finishing import CONSOLES, LOCKED, finishing_script, password_hash
from config.answers.profiles.profile_model import Profile

PACKAGES = ("@core", "openssh-server", "sudo", "cloud-init")


def kickstart(profile: Profile) -> str:
    """
    Return a kickstart file.

    Source: Pykickstart, "Kickstart Documentation". Every command is in the versions of RHEL 8 and later.
    """
    disk = profile.disk.removeprefix("/dev/")
    source = f"url --url={profile.mirror}" if profile.mirror else "cdrom"
    packages = "\n".join([*PACKAGES, *profile.packages])
    return f"""# Installation onto {profile.disk}, without questions, with a power-off at the end.
text
{source}
lang en_US.UTF-8
keyboard us
timezone {profile.time_zone} --utc
network --bootproto=dhcp --onboot=on
firstboot --disable
selinux --enforcing
rootpw --lock
{_user(profile)}{_disk(profile, disk)}poweroff

%packages
{packages}
%end

%post --erroronfail
{finishing_script(profile)}%end
"""


def _user(profile: Profile) -> str:
    if profile.user is None:
        return ""
    secret = password_hash(profile)
    access = "--lock" if secret == LOCKED else f"--iscrypted --password={secret}"
    return f"user --name={profile.user.name} --groups=wheel {access}\n"


def _disk(profile: Profile, disk: str) -> str:
    """Return the layout for both kinds of firmware: `reqpart` adds what the firmware of the machine requires."""
    sizes = profile.partitions
    lines = [
        f"ignoredisk --only-use={disk}",
        "zerombr",
        f"clearpart --all --initlabel --disklabel=gpt --drives={disk}",
        f'bootloader --boot-drive={disk} --timeout=2 --append="{CONSOLES}"',
        "reqpart",
    ]
    if sizes.boot:
        lines += [f"part /boot --fstype=ext4 --ondisk={disk} --size={sizes.boot}"]
    if sizes.swap:
        lines += [f"part swap --ondisk={disk} --size={sizes.swap}"]
    lines += [f"part / --fstype=ext4 --ondisk={disk} --size=4096 --grow"]
    return "".join(f"{line}\n" for line in lines)
