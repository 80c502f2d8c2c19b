"""Answers for YaST (SLES, openSUSE Leap 15): an AutoYaST profile."""

from xml.sax.saxutils import escape

from config.answers.profiles.finishing import CONSOLES, LOCKED, finishing_script, password_hash
from config.answers.profiles.profile_model import Profile

BIOS_BOOT = 263
"""Type of the partition in which GRUB is for BIOS, in AutoYaST's numbers."""
PACKAGES = ("openssh", "sudo", "cloud-init", "growpart", "dracut")

MACHINE = f"""  <bootloader>
    <global>
      <append>{CONSOLES} net.ifnames=0</append>
      <terminal>console serial</terminal>
      <serial>serial --unit=0 --speed=115200</serial>
      <timeout config:type="integer">2</timeout>
    </global>
  </bootloader>
  <networking>
    <keep_install_network config:type="boolean">false</keep_install_network>
    <interfaces config:type="list">
      <interface><bootproto>dhcp</bootproto><device>eth0</device><startmode>auto</startmode></interface>
    </interfaces>
  </networking>
"""


def autoyast(profile: Profile) -> str:
    """
    Return an AutoYaST profile, whose partitions are mounted by UUID.

    Source: SUSE, "AutoYaST Guide": general options, partitioning, users, scripts.
    """
    script = finishing_script(profile).replace("]]>", "]]]]><![CDATA[>")
    return f"""<?xml version="1.0"?>
<!DOCTYPE profile>
<!-- Installation onto {profile.disk}, without questions, with a power-off at the end. -->
<profile xmlns="http://www.suse.com/1.0/yast2ns" xmlns:config="http://www.suse.com/1.0/configns">
  <general>
    <mode>
      <confirm config:type="boolean">false</confirm>
      <second_stage config:type="boolean">false</second_stage>
      <halt config:type="boolean">true</halt>
    </mode>
  </general>
  <language><language>en_US</language></language>
  <timezone><hwclock>UTC</hwclock><timezone>{escape(profile.time_zone)}</timezone></timezone>
{_mirror(profile)}{MACHINE}{_partitioning(profile)}{_software(profile)}  <users config:type="list">
{_account("root", LOCKED, [])}{_user(profile)}  </users>
  <scripts>
    <chroot-scripts config:type="list">
      <script>
        <filename>finish.sh</filename>
        <chrooted config:type="boolean">true</chrooted>
        <source><![CDATA[
{script}]]></source>
      </script>
    </chroot-scripts>
  </scripts>
</profile>
"""


def _user(profile: Profile) -> str:
    return _account(profile.user.name, password_hash(profile), profile.user.ssh_keys) if profile.user else ""


def _account(name: str, secret: str, keys: list[str]) -> str:
    listed = "".join(f"<authorized_key>{escape(key)}</authorized_key>" for key in keys)
    authorized = f'      <authorized_keys config:type="list">{listed}</authorized_keys>\n' if keys else ""
    return f"""    <user>
      <username>{escape(name)}</username>
      <user_password>{escape(secret)}</user_password>
      <encrypted config:type="boolean">true</encrypted>
{authorized}    </user>
"""


def _software(profile: Profile) -> str:
    packages = "".join(f"      <package>{escape(name)}</package>\n" for name in [*PACKAGES, *profile.packages])
    return f"""  <software>
    <install_recommended config:type="boolean">false</install_recommended>
{_product(profile)}    <patterns config:type="list"><pattern>base</pattern></patterns>
    <packages config:type="list">
{packages}    </packages>
  </software>
"""


def _product(profile: Profile) -> str:
    """Return the product, which SLES 15 requires."""
    if profile.product is None:
        return ""
    return f'    <products config:type="list"><product>{escape(profile.product)}</product></products>\n'


def _mirror(profile: Profile) -> str:
    if profile.mirror is None:
        return ""
    return f"""  <add-on>
    <add_on_products config:type="list">
      <listentry><media_url>{escape(profile.mirror)}</media_url><product_dir>/</product_dir></listentry>
    </add_on_products>
  </add-on>
"""


def _partitioning(profile: Profile) -> str:
    sizes = profile.partitions
    parts = [_part("1M", "", "", BIOS_BOOT), _part(f"{sizes.efi}M", "vfat", "/boot/efi", 259)]
    parts += [_part(f"{sizes.boot}M", "ext4", "/boot")] if sizes.boot else []
    parts += [_part(f"{sizes.swap}M", "swap", "swap", 130)] if sizes.swap else []
    parts += [_part("max", "ext4", "/")]
    return f"""  <partitioning config:type="list">
    <drive>
      <device>{escape(profile.disk)}</device>
      <disklabel>gpt</disklabel>
      <initialize config:type="boolean">true</initialize>
      <use>all</use>
      <partitions config:type="list">
{"".join(parts)}      </partitions>
    </drive>
  </partitioning>
"""


def _part(size: str, file_system: str, mount: str, identifier: int = 131) -> str:
    number = f'<partition_id config:type="integer">{identifier}</partition_id>'
    system = f'<filesystem config:type="symbol">{file_system}</filesystem><mount>{mount}</mount>'
    by = '<mountby config:type="symbol">uuid</mountby>'
    content = f"{number}<size>{size}</size>{'' if identifier == BIOS_BOOT else system + by}"
    return f'        <partition><create config:type="boolean">true</create>{content}</partition>\n'
