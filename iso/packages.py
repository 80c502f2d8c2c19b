"""The distribution's packages on the ISO: resolved by apt, cached, unpacked without installing."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from iso.build_errors import CommandFailed, PackagesUnavailable
from iso.commands import run

KERNEL = "linux-image-cloud-amd64"
PROGRAMS = ("e2fsprogs", "fdisk")
LOADERS = ("busybox-static", "grub-efi-amd64-bin", "grub-pc-bin")

LISTS = Path("/var/lib/apt/lists")

# As if nothing were installed, so that the result does not depend on this machine; no lock: nothing is changed.
BARE_MACHINE = ("-o", "Dir::State::status=/dev/null", "-o", "Debug::NoLocking=1")
URI_LINE = re.compile(r"^'[^']+' (?P<file>\S+\.deb) \d+ ?(?:SHA256:(?P<sha256>[0-9a-f]{64}))?")


@dataclass(frozen=True, order=True)
class Package:
    """Debian package that apt offers, whose file's name holds name, version and architecture."""

    file: str
    sha256: str

    @property
    def name(self) -> str:
        return self.file.split("_")[0]

    @property
    def version(self) -> str:
        return self.file.split("_")[1].replace("%3a", ":")


def resolve() -> list[Package]:
    """
    Ask apt for the present versions of everything on the ISO.

    Raises:
        PackagesUnavailable: apt has no package lists, or not these packages.
    """
    try:
        names = {*_libraries_of(PROGRAMS), *LOADERS, _kernel_package()}
        listing = run(["apt-get", "-q", "--print-uris", "download", *sorted(names)])
    except CommandFailed as error:
        raise PackagesUnavailable(f"{error}. The package lists may be missing: run apt-get update.") from None
    matches = [match for line in listing.splitlines() if (match := URI_LINE.match(line))]
    return sorted(Package(match["file"], match["sha256"] or "") for match in matches)


def lists_stamp() -> str:
    """Return a stamp that changes whenever apt's package lists do; reading it is much faster than asking apt."""
    try:
        return str(LISTS.stat().st_mtime_ns)
    except OSError:
        return ""


def fetch(packages: Iterable[Package], cache: Path) -> None:
    """Download the packages that the cache does not hold yet."""
    cache.mkdir(parents=True, exist_ok=True)
    missing = [package for package in packages if not _is_intact(cache / package.file, package)]
    if not missing:
        return
    with tempfile.TemporaryDirectory(dir=cache, prefix="download-") as directory:
        _download(missing, Path(directory))
        for package in missing:
            if not _is_intact(Path(directory, package.file), package):
                raise PackagesUnavailable(f"{package.file} was not delivered as the package lists describe it.")
            os.replace(Path(directory, package.file), cache / package.file)


def unpack(packages: Iterable[Package], cache: Path, root: Path) -> None:
    """Unpack packages over one another, as they would lie on a machine, without running anything of theirs."""
    for package in packages:
        run(["dpkg-deb", "-x", cache / package.file, root])


def _libraries_of(programs: Sequence[str]) -> list[str]:
    arguments = ["-q", "-y", "--no-install-recommends", "--print-uris", "install", *programs]
    listing = run(["apt-get", *BARE_MACHINE, *arguments])
    return [match["file"].split("_")[0] for line in listing.splitlines() if (match := URI_LINE.match(line))]


def _kernel_package() -> str:
    """Return the present kernel's package, which the meta package names."""
    description = run(["apt-cache", "show", "--no-all-versions", KERNEL])
    found = re.search(r"^Depends:.*?\b(linux-image-\d[^\s,]*)", description, re.MULTILINE)
    if found is None:
        raise PackagesUnavailable(f"apt knows no kernel behind the package {KERNEL}. Run apt-get update.")
    return found[1]


def _download(packages: Sequence[Package], directory: Path) -> None:
    versions = [f"{package.name}={package.version}" for package in packages]
    try:
        run(["apt-get", "-q", "-o", f"APT::Sandbox::User={_own_name()}", "download", *versions], cwd=directory)
    except CommandFailed as error:
        raise PackagesUnavailable(f"{error}. Check the network and run apt-get update.") from None


def _own_name() -> str:
    """
    Return the user who downloads: root stays root, empty for apt's default.

    When run by root, apt would download as a user who cannot write into a private cache.
    """
    return "root" if os.geteuid() == 0 else ""


def _is_intact(path: Path, package: Package) -> bool:
    if not path.is_file():
        return False
    return not package.sha256 or hashlib.sha256(path.read_bytes()).hexdigest() == package.sha256
