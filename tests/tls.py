"""Certificates, self-signed or of a private authority, and servers that use them."""

import select
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Return the files of a self-signed certificate for 127.0.0.1 and of its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    certificate, key = folder / "own-ca.pem", folder / "own-ca.key"
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "30", "-nodes")
    files = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", *subject, *files],
        check=True,
        capture_output=True,
    )
    return certificate, key


@contextmanager
def tls_server(certificate: Path, key: Path) -> Iterator[int]:
    """Respond with `{}` to every request over TLS, and yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            try:
                with raw, context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(65536)
                    connection.sendall(RESPONSE)
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def make_authority(folder: Path, *names: str) -> tuple[Path, Path, Path]:
    """
    Create a private authority, and a certificate that it signs.

    Args:
        folder: Folder of the files.
        names: Alternative names of the certificate, such as `DNS:ims.example.com`.

    Returns:
        The files of the authority's certificate, of the signed certificate and of its key.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    authority, authority_key, certificate, key, request, extensions = (
        folder / name for name in ("ca.pem", "ca.key", "server.pem", "server.key", "server.csr", "server.ext")
    )
    extensions.write_text(f"subjectAltName={','.join(names)}\n")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    signed_by = ("-CA", str(authority), "-CAkey", str(authority_key), "-CAcreateserial", "-days", "30")
    self_signed = ("-x509", "-days", "30", "-keyout", str(authority_key), "-out", str(authority))
    for command in (
        ("req", *new_key, "-subj", "/CN=Private Authority", *self_signed),
        ("req", *new_key, "-subj", "/CN=server", "-keyout", str(key), "-out", str(request)),
        ("x509", "-req", "-in", str(request), *signed_by, "-extfile", str(extensions), "-out", str(certificate)),
    ):
        subprocess.run([openssl, *command], check=True, capture_output=True)
    return authority, certificate, key


@contextmanager
def tls_forwarder(
    certificate: Path, key: Path, ports: Mapping[str, int], default: int
) -> Iterator[tuple[int, set[str]]]:
    """
    Forward TLS connections to local ports by the first label of the server name.

    Args:
        certificate: Certificate of all names.
        key: Key of the certificate.
        ports: Local port by the first label of the name that a client asks for.
        default: Local port for a client that asks for an address.

    Yields:
        The port, and the labels that clients asked for; "" for an address.
    """
    asked: set[str] = set()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    names: dict[int, str] = {}

    def note(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
        names[id(connection)] = (name or "").partition(".")[0]

    context.sni_callback = note
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(raw: socket.socket) -> None:
        try:
            with raw, context.wrap_socket(raw, server_side=True) as secure:
                label = names.pop(id(secure), "")
                asked.add(label)
                with socket.create_connection(("127.0.0.1", ports.get(label, default))) as plain:
                    _exchange(secure, plain)
        except OSError:
            return

    def accept() -> None:
        while True:
            try:
                raw, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(raw,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1]), asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _exchange(secure: ssl.SSLSocket, plain: socket.socket) -> None:
    """Copy what each side sends to the other, until either ends. One thread does it: a TLS connection has one state."""
    readable = select.poll()
    for side in (secure, plain):
        readable.register(side, select.POLLIN)
    while True:
        if not secure.pending():
            readable.poll()
        for source, target in ((secure, plain), (plain, secure)):
            source.setblocking(False)
            try:
                data = source.recv(65536)
            except (BlockingIOError, ssl.SSLWantReadError):
                continue
            finally:
                source.setblocking(True)
            if not data:
                return
            target.sendall(data)


def copy_bytes(source: socket.socket, target: socket.socket) -> None:
    """Copy what one side sends to the other, until either ends."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        return
