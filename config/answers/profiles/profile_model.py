"""Values of a profile: validated so strictly that none can change the meaning of an answer file."""

import base64
import re
import struct
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from config.answers.answer_files import ProfileName
from config.answers.profiles import debian_reserved_names

KEY_TYPES = (
    *("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    *("sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"),
)
# SHA-256, SHA-512, yescrypt and bcrypt of crypt(5).
HASH = re.compile(r"\$(?:5|6|y|2b)\$[A-Za-z0-9./,=$]{20,200}")
SYSTEM_USERS = {
    *("root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news", "uucp", "proxy", "www-data"),
    *("backup", "list", "irc", "nobody", "sshd", "systemd", "adm", "sudo", "wheel"),
}
URL = re.compile(r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?", re.ASCII)


def _package(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9+._-]{0,127}", value):
        raise ValueError("must be names of packages: letters, digits, '+', '.', '_' and '-'")
    return value


def _user_name(value: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", value):
        raise ValueError("must have 1 to 32 lower-case letters, digits, '_' or '-', and begin with a letter")
    if value in SYSTEM_USERS:
        raise ValueError("is the name of a system user: choose another one")
    return value


def _password_hash(value: SecretStr) -> SecretStr:
    if not HASH.fullmatch(value.get_secret_value()):
        raise ValueError("must be a hash as `openssl passwd -6` prints it, not the password itself")
    return value


def _ssh_key(value: str) -> str:
    kind, _, rest = value.partition(" ")
    encoded, _, comment = rest.partition(" ")
    if "PRIVATE KEY" in value:
        raise ValueError("must be public keys: this is a private one")
    if kind not in KEY_TYPES or not _is_key(kind, encoded):
        raise ValueError("must be public keys in one line, as in a file id_ed25519.pub")
    if not re.fullmatch(r"[\w@.+:-]*", comment, re.ASCII):
        raise ValueError("must be public keys whose comment has letters, digits, '@', '.', '+', ':', '_' and '-' only")
    return value


def _is_key(kind: str, encoded: str) -> bool:
    """Return True if the encoded part is a key of the type before it."""
    try:
        content = base64.b64decode(encoded, validate=True)
        (length,) = struct.unpack_from(">I", content)
    except (ValueError, struct.error):
        return False
    return content[4 : 4 + length] == kind.encode() and len(content) > 4 + length


def _time_zone(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*", value) or len(value) > 64:
        raise ValueError("must be a time zone such as UTC or Asia/Shanghai")
    return value


def _mirror(value: str) -> str:
    if not URL.fullmatch(value):
        raise ValueError("must be the URL of a mirror, http:// or https://, without user, query and special characters")
    return value.rstrip("/")


def _command(value: str) -> str:
    if not value.strip() or len(value) > 2000:
        raise ValueError("must be commands of 1 to 2000 characters")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in value):
        raise ValueError("must be commands in one line, without control characters: separate several by ';' or '&&'")
    return value


def _disk(value: str) -> str:
    if not re.fullmatch(r"/dev/[a-z]{2,4}[a-z]", value):
        raise ValueError("must be a whole disk such as /dev/vdb")
    if value[-1] == "a":
        raise ValueError("is the first disk; the image is made from the data disk, /dev/vdb")
    return value


Mib = Annotated[int, Field(ge=0, le=1024 * 1024, strict=True)]
DataSource = Literal["OpenStack", "ConfigDrive", "NoCloud"]


class _Values(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class User(_Values):
    """User of the system with administrator's rights; without a password hash only keys sign in."""

    name: Annotated[str, AfterValidator(_user_name)]
    password_hash: Annotated[SecretStr, AfterValidator(_password_hash)] | None = None
    ssh_keys: list[Annotated[str, AfterValidator(_ssh_key)]] = Field(default=[], max_length=50)


class Partitions(_Values):
    """Sizes in MiB; 0 means no such partition. The root file system gets the rest of the disk."""

    efi: Annotated[int, Field(ge=64, le=4096, strict=True)] = 512
    boot: Mib = 1024
    swap: Mib = 0


class Profile(_Values):
    """
    Values of a profile.

    Attributes:
        profile: Family of installers.
        packages: Packages in addition to a minimal system.
        user: User with administrator's rights; none if the cloud's user data create users.
        time_zone: Time zone of the system.
        mirror: URL of a mirror of the packages; the vendor's default, or the medium, without it.
        partitions: Sizes of the partitions.
        commands: Commands that root runs in the system at the end.
        disk: Disk to install to.
        firmware: Firmware of the servers; only Ubuntu's layout with sizes depends on it.
        product: Product that SLES 15 requires, such as SLES.
        data_sources: Data sources of cloud-init, in its order.
    """

    profile: ProfileName
    packages: list[Annotated[str, AfterValidator(_package)]] = Field(default=[], max_length=500)
    user: User | None = None
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"
    mirror: Annotated[str, AfterValidator(_mirror)] | None = None
    partitions: Partitions = Partitions()
    commands: list[Annotated[str, AfterValidator(_command)]] = Field(default=[], max_length=200)
    disk: Annotated[str, AfterValidator(_disk)] = "/dev/vdb"
    firmware: Literal["bios", "uefi"] = "bios"
    product: Annotated[str, AfterValidator(_package)] | None = None
    # An only source is used without detection. Source: IMS best practices, "Installing Cloud-Init".
    data_sources: list[DataSource] = Field(default=["OpenStack"], min_length=1)

    @field_validator("user")
    @classmethod
    def _has_an_accepted_name(cls, value: User | None, info: ValidationInfo) -> User | None:
        if value and info.data.get("profile") == "debian" and not debian_reserved_names.is_accepted(value.name):
            raise ValueError(
                f"the name {value.name!r} is reserved by Debian's installer, which would stop with a question: choose"
                " another name, such as 'image-admin'"
            )
        return value
