"""Script that each profile runs in the new system: data source, serial console, nothing that servers must not share."""

import shlex

from config.answers.profiles.profile_model import Profile

LOCKED = "!"
"""Hash of an account that no password opens."""
CONSOLES = "console=tty0 console=ttyS0,115200n8"

# Later than the file of Debian's package (90_dpkg.cfg), which names other sources. An only source is used without
# detection, also before None: with that a server without the source still has network, host keys and a login.
# Source: IMS best practices, "Installing Cloud-Init".
CLOUD_INIT = """\
mkdir -p /etc/cloud/cloud.cfg.d
cat > /etc/cloud/cloud.cfg.d/95-image.cfg <<'END'
datasource_list: [ {sources}, None ]
datasource:
  OpenStack:
    metadata_urls: ['http://169.254.169.254']
    max_wait: 120
    timeout: 5
    apply_network_config: false
END
"""
CLEAN = """\
rm -f /etc/udev/rules.d/70-persistent-net.rules /etc/ssh/ssh_host_*
rm -rf /var/lib/cloud/* /var/log/cloud-init*
rm -f /var/lib/dbus/machine-id /var/lib/systemd/random-seed
: > /etc/machine-id
"""
GRUB_DEBIAN = f"""\
mkdir -p /etc/default/grub.d
cat > /etc/default/grub.d/90-image.cfg <<'END'
GRUB_CMDLINE_LINUX="{CONSOLES}"
GRUB_TERMINAL="console serial"
GRUB_SERIAL_COMMAND="serial --unit=0 --speed=115200"
GRUB_TIMEOUT=2
END
update-grub
"""
# cloud-init writes the configuration of each server's own card, whatever name and address it has.
NETWORK_DEBIAN = """\
printf '%s\\n' 'auto lo' 'iface lo inet loopback' 'source /etc/network/interfaces.d/*' > /etc/network/interfaces
"""
NETWORK_UBUNTU = """\
rm -f /etc/netplan/*.yaml /etc/cloud/cloud-init.disabled /etc/cloud/ds-identify.cfg
rm -f /etc/cloud/cloud.cfg.d/99-installer.cfg /etc/cloud/cloud.cfg.d/90-installer-network.cfg
rm -f /etc/cloud/cloud.cfg.d/subiquity-disable-cloudinit-networking.cfg
"""
NETWORK_ANACONDA = """\
rm -f /etc/NetworkManager/system-connections/* /etc/sysconfig/network-scripts/ifcfg-e*
"""
# A captured disk boots on other virtual hardware. Source: IMS user guide, drivers of an image.
DRIVERS = """\
echo 'hostonly="no"' > /etc/dracut.conf.d/90-image.conf
echo 'add_drivers+=" virtio_blk virtio_scsi virtio_net virtio_pci "' >> /etc/dracut.conf.d/90-image.conf
dracut --force --regenerate-all
"""
SECRETS_ANACONDA = """\
rm -f /root/anaconda-ks.cfg /root/original-ks.cfg
"""
SERVICES = """\
systemctl enable cloud-init-local.service cloud-config.service cloud-final.service sshd.service
systemctl enable cloud-init.service || systemctl enable cloud-init-network.service
"""
# The list of packages on the serial console. It is no part of the installation, so no failure of it ends the script.
# Three times, because an installer writes its own screens to the console meanwhile.
# providers/provenance/package_list.py describes the form.
PACKAGE_LIST = r"""(
set +e
list=$(mktemp)
. /etc/os-release
if command -v dpkg-query > /dev/null; then
  echo "deb $ID ${VERSION_ID:-}"
  dpkg-query -W -f '${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\n' | sed -n 's/^installed\t//p'
else
  echo "rpm $ID ${VERSION_ID:-}"
  rpm -qa --qf '%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\t%{ARCH}\n'
fi | gzip -9n > "$list"
{
  printf '\r\n=packages begin %04d %.64s\r\n' "$(base64 -w 64 "$list" | wc -l)" "$(sha256sum "$list")"
  base64 -w 64 "$list" | nl -w 4 -n rz -s ' ' | sed 's/^/=packages /; s/$/\r/'
  printf '=packages end\r\n'
} > "$list.text"
for turn in 1 2 3; do
  for port in /dev/ttyS0 /dev/ttyAMA0; do
    test -c "$port" && timeout 60 tee "$port" < "$list.text" > /dev/null
  done
  sleep 1
done
rm -f "$list" "$list.text"
) 2> /dev/null || true
"""
PARTS = {
    "debian": (GRUB_DEBIAN, NETWORK_DEBIAN),
    "ubuntu": (GRUB_DEBIAN, NETWORK_UBUNTU),
    "anaconda": (SERVICES, DRIVERS, NETWORK_ANACONDA, SECRETS_ANACONDA),
    "suse": (SERVICES, DRIVERS),
}


def finishing_script(profile: Profile) -> str:
    """Return the script, without secrets; it stops at the first command that fails."""
    parts = ["set -eu\n", *_keys(profile), CLOUD_INIT.format(sources=", ".join(profile.data_sources))]
    parts += PARTS[profile.profile]
    parts += [f"sh -c {shlex.quote(command)}\n" for command in profile.commands]
    return "".join([*parts, CLEAN, PACKAGE_LIST])


def _keys(profile: Profile) -> list[str]:
    """Return the commands that give the user its keys and administrator's rights."""
    if profile.user is None:
        return []
    name = profile.user.name
    lines = [
        f"printf '%s\\n' '{name} ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/90-{name}",
        f"chmod 0440 /etc/sudoers.d/90-{name}",
    ]
    if profile.user.ssh_keys and profile.profile != "suse":  # AutoYaST creates users after its scripts
        folder = f"/home/{name}/.ssh"
        lines += [f"mkdir -p -m 0700 {folder}"]
        lines += [f"printf '%s\\n' {shlex.quote(key)} >> {folder}/authorized_keys" for key in profile.user.ssh_keys]
        lines += [f"chmod 0600 {folder}/authorized_keys", f"chown -R {name}: {folder}"]
    return ["".join(f"{line}\n" for line in lines)]


def password_hash(profile: Profile) -> str:
    """Return the hash for the account, or that of one that no password opens."""
    secret = profile.user.password_hash if profile.user else None
    return secret.get_secret_value() if secret else LOCKED
