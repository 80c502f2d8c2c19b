"""
Mirror on the loopback interface from which Debian's own installer can install, with what the package index lacks.

Mirrors of packages often do not have all parts of the installer (udebs), because apt never asks for them. This one
redirects to Debian's archive, and offers the installer an index of its own of the udebs that exist there. It contains
one that the installer needs and that is often missing: the programs for ext4, made from the packages of the same index.
"""

import hashlib
import lzma
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ARCHIVE = "http://deb.debian.org/debian"
RELEASE = "trixie"
NETBOOT = "debian-installer-13-netboot-amd64"
SUITE = "udebs"
"""Suite of the mirror that has the installer's parts, by the parameter mirror/udeb/suite of the installer."""
PARAMETERS = f"mirror/udeb/suite={SUITE} debian-installer/allow_unauthenticated=true"
INDEX = f"dists/{SUITE}/main/debian-installer/binary-amd64/Packages"
HOST_OF_GUESTS = "10.0.2.2"
"""The host, as QEMU's user network shows it to a guest."""
EXT4_PACKAGES = ("e2fsprogs", "libext2fs2t64", "libcom-err2")
EXT4_FILES = ("sbin/mke2fs", "sbin/mkfs.ext?", "sbin/e2fsck", "sbin/fsck.ext?", "sbin/tune2fs", "lib*/*/lib*.so.*")
TIMEOUT_S = 120

Stanza = dict[str, str]


class MirrorIncomplete(Exception):
    """The archive has no complete installer at this time."""


@dataclass(frozen=True)
class Installer:
    """
    Debian's installer for the network.

    Attributes:
        kernel: Kernel.
        initrd: Initial RAM file system, gzip.
        files: What the mirror has beyond the archive, by path.
    """

    kernel: bytes
    initrd: bytes
    files: dict[str, bytes]


@contextmanager
def serving(files: dict[str, bytes]) -> Iterator[str]:
    """Yield the mirror's URL for guests; it serves the files, and redirects to the archive otherwise."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/debian/")
            self.send_response(200 if path in files else 302)
            if path in files:
                self.send_header("Content-Length", str(len(files[path])))
            else:
                self.send_header("Location", f"{ARCHIVE}/{path}")
                self.send_header("Content-Length", "0")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(files.get(path, b""))

        do_HEAD = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST_OF_GUESTS}:{server.server_port}/debian"
    finally:
        server.shutdown()
        server.server_close()


def installer(folder: Path) -> Installer:
    """
    Return the newest installer of the release for whose kernel the archive has modules.

    Raises:
        MirrorIncomplete: It has none.
    """
    packages = stanzas(lzma.decompress(download(f"dists/{RELEASE}/main/binary-amd64/Packages.xz")))
    index = stanzas(lzma.decompress(download(f"dists/{RELEASE}/main/debian-installer/binary-amd64/Packages.xz")))
    with ThreadPoolExecutor(16) as pool:
        udebs = [
            udeb for udeb, there in zip(index, pool.map(exists, (u["Filename"] for u in index)), strict=True) if there
        ]
    kernels = {udeb["Kernel-Version"] for udeb in udebs if udeb["Package"].startswith("ext4-modules-")}
    kernel, initrd = netboot(packages, kernels, folder)
    ext4, content = ext4_programs(packages, index, folder)
    return Installer(kernel, initrd, indexed([*udebs, ext4], {ext4["Filename"]: content}))


def netboot(packages: list[Stanza], kernels: set[str], folder: Path) -> tuple[bytes, bytes]:
    """Return kernel and initial RAM file system of the newest installer for one of the kernels."""
    newest = next(stanza["Filename"] for stanza in packages if stanza["Package"] == NETBOOT)
    base, _, revision = newest.removesuffix("_all.deb").rpartition("u")
    for number in range(int(revision), -1, -1):
        file = f"{base}u{number}_all.deb"
        if not exists(file):
            continue
        found = unpacked(file, folder / f"netboot-{number}")
        images = found / "usr/lib/debian-installer/images/13/amd64/text/debian-installer/amd64"
        kernel = (images / "linux").read_bytes()
        if any(version.encode() in kernel for version in kernels):
            return kernel, (images / "initrd.gz").read_bytes()
    raise MirrorIncomplete(
        f"{ARCHIVE} has modules for the kernels {sorted(kernels)}, and no installer with one of them"
    )


def ext4_programs(packages: list[Stanza], index: list[Stanza], folder: Path) -> tuple[Stanza, bytes]:
    """Return the part with the programs for ext4, made from ordinary packages."""
    tree = folder / "ext4"
    for name in EXT4_PACKAGES:
        file = next(stanza["Filename"] for stanza in packages if stanza["Package"] == name)
        source = unpacked(file, folder / name) / "usr"
        for pattern in EXT4_FILES:
            for path in source.glob(pattern):
                target = tree / "usr" / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                subprocess.run(["cp", "-a", path, target], check=True)
    stanza = dict(next(stanza for stanza in index if stanza["Package"] == "e2fsprogs-udeb"))
    control = {key: value for key, value in stanza.items() if key not in ("Filename", "Size", "MD5sum", "SHA256")}
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN" / "control").write_text(text_of([control]))
    output = folder / "e2fsprogs.udeb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "-Zxz", tree, output], check=True, capture_output=True)
    content = output.read_bytes()
    digests = {"MD5sum": hashlib.md5(content).hexdigest(), "SHA256": hashlib.sha256(content).hexdigest()}  # noqa: S324
    return {**stanza, **digests, "Size": str(len(content)), "Filename": "pool/e2fsprogs.udeb"}, content


def indexed(udebs: list[Stanza], files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of the mirror, with an index of the parts; none requires those for NTFS if they are missing."""
    known = {udeb["Package"] for udeb in udebs}
    known |= {name.strip() for udeb in udebs for name in udeb.get("Provides", "").split(",")}
    absent = {"ntfs-3g-udeb"} - known
    for udeb in udebs:
        if depends := udeb.get("Depends"):
            udeb["Depends"] = ", ".join(one for one in depends.split(", ") if one.split(" ")[0] not in absent)
    packages = text_of(udebs).encode()
    name = INDEX.removeprefix(f"dists/{SUITE}/")
    line = f" {hashlib.sha256(packages).hexdigest()} {len(packages)} {name}"
    release = f"Suite: {SUITE}\nCodename: {SUITE}\nComponents: main\nArchitectures: amd64\nSHA256:\n{line}\n"
    return {**files, INDEX: packages, f"dists/{SUITE}/Release": release.encode()}


def stanzas(index: bytes) -> list[Stanza]:
    """Return the packages of an index."""
    return [
        dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and not line.startswith(" "))
        for stanza in index.decode().split("\n\n")
        if stanza.strip()
    ]


def text_of(packages: list[Stanza]) -> str:
    return "\n".join("".join(f"{key}: {value}\n" for key, value in stanza.items()) for stanza in packages)


def unpacked(file: str, folder: Path) -> Path:
    package = folder.with_suffix(".deb")
    package.write_bytes(download(file))
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    return folder


def download(path: str) -> bytes:
    with urllib.request.urlopen(f"{ARCHIVE}/{path}", timeout=TIMEOUT_S) as response:
        content: bytes = response.read()
        return content


def exists(path: str) -> bool:
    request = urllib.request.Request(f"{ARCHIVE}/{path}", method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):
            return True
    except urllib.error.HTTPError:
        return False
