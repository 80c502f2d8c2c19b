"""Names of users that Debian's installer does not accept, whatever its answers say."""

_NAMES = """
root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc gnats nobody adm tty disk kmem
dialout fax voice cdrom floppy tape sudo audio dip operator src shadow utmp video sasl plugdev staff users nogroup
netplan ftn mysql tac-plus alias qmail qmaild qmails qmailr qmailq qmaill qmailp asterisk vpopmail vchkpw slurm
hacluster haclient grsec-tpe grsec-sock-all grsec-sock-clt grsec-sock-srv grsec-proc ceph opensrf libvirt-qemu admin
Debian-exim bind crontab cupsys dcc dhcp dictd dnsmasq dovecot fetchmail firebird ftp fuse gdm haldaemon hplilp identd
input jwhois klog kvm lpadmin messagebus mythtv netdev powerdev radvd render saned sbuild scanner slocate ssh sshd
ssl-cert sslwrap statd syslog telnetd tftpd
"""
RESERVED = frozenset(_NAMES.split())
"""Source: user-setup of Debian 13, reserved-usernames; older releases reserve fewer."""


def is_accepted(name: str) -> bool:
    """Return True if the installer takes the name of a user without a question."""
    return name not in RESERVED and name[0].isalpha()
