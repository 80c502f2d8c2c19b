"""Identity of a process across machines, containers and boots, as far as Linux provides it (proc(5))."""

import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PROC = Path("/proc")
MACHINE_ID = Path("/etc/machine-id")
# File systems that only one kernel mounts at a time, so that what wrote there ran on this machine.
OF_ONE_KERNEL = {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "tmpfs", "xfs", "zfs"}
_START_FIELD = 22 - 3  # starttime is field 22 of proc_pid_stat(5); the split begins at field 3


@dataclass(frozen=True)
class Surroundings:
    """
    Machine, boot and PID namespace of a process; an empty value is unknown.

    Attributes:
        hostname: Name of the machine.
        machine_id: Id of the installed system; machines that were cloned from one another may share it.
        boot_id: Id of the boot, which a container shares with its host.
        pid_namespace: PID namespace; process ids of different ones cannot be compared.
    """

    hostname: str
    machine_id: str
    boot_id: str
    pid_namespace: str

    @classmethod
    def of_this_process(cls) -> "Surroundings":
        """Return the surroundings of this process."""
        return cls(
            hostname=socket.gethostname(),
            machine_id=_text(MACHINE_ID),
            boot_id=_text(PROC / "sys" / "kernel" / "random" / "boot_id"),
            pid_namespace=_link(PROC / "self" / "ns" / "pid"),
        )

    @classmethod
    def read(cls, recorded: dict[str, Any]) -> "Surroundings":
        """
        Return recorded surroundings.

        Raises:
            ValueError: A value is missing or not a text.
        """
        values = {name: recorded.get(name) for name in cls.__dataclass_fields__}
        if not all(isinstance(value, str) for value in values.values()):
            raise ValueError("incomplete record of a process")
        return cls(**{name: str(value) for name, value in values.items()})

    def plain(self) -> dict[str, Any]:
        """Return the values for JSON."""
        return asdict(self)


def start_ticks(pid: int) -> int | None:
    """
    Return the start time of a process in clock ticks since boot, or None if there is no such process.

    Raises:
        OSError: /proc belongs to another PID namespace, or is missing.
    """
    if _link(PROC / "self") != str(os.getpid()):
        raise OSError("/proc is not of this PID namespace")
    try:
        status = (PROC / str(pid) / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(status.rpartition(b")")[2].split()[_START_FIELD])


def file_system(folder: Path) -> str:
    """Return the type of the file system that holds a folder (proc_pid_mountinfo(5)); empty if it is unknown."""
    path = os.fsencode(folder.resolve())
    found = (b"", "")
    for line in _bytes(PROC / "self" / "mountinfo").splitlines():
        before, _, after = line.partition(b" - ")
        point = before.split()[4].decode("unicode_escape").encode("latin-1")
        if (path + b"/").startswith(point.rstrip(b"/") + b"/") and len(point) >= len(found[0]):
            found = (point, after.split()[0].decode())
    return found[1]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _text(path: Path) -> str:
    return _bytes(path).decode(errors="replace").strip()


def _link(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""
