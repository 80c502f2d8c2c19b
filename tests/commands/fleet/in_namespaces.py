"""
Cluster with TLS on two hosts, each a network namespace: ``python -m tests.commands.fleet.in_namespaces``.

It is not among the tests, because namespaces require root and iproute2. The state is in the object store of a lab,
which both hosts reach at their own loopback addresses. The commands are those of docs/how-to/fleets.md.
"""

import ctypes
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.commands.fleet.clusters import cluster, stacks_after_the_death_of_a_machine, state_in_bucket, tls_settings
from tests.commands.fleet.machines import Machine, fleet_file
from tests.e2e.conftest import ISO_9660
from tests.labs import RunningLab
from tests.tls import copy_bytes

HOSTS = {"fleet-build-1": "10.77.31.1", "fleet-build-2": "10.77.31.2"}
CLONE_NEWNET = 0x40000000
AUTHORITY = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 "
    "-subj /CN=fleet-authority -keyout ca.key -out ca.pem"
)
CERTIFICATE = (
    "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN={name} -keyout {name}.key "
    "-out {name}.csr",
    "openssl x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out {name}.pem",
)


def main() -> int:
    """Run the scenario, and return the exit status."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("openssl"):
        sys.exit("this requires root, ip (iproute2) and openssl")
    with tempfile.TemporaryDirectory(prefix="fleet-") as name, ExitStack() as stack:
        folder = Path(name)
        lab = stack.enter_context(
            RunningLab.holding(folder, {"installer.iso": ISO_9660}, time_scale=600, guest={"install_s": 60})
        )
        stack.enter_context(namespaces(HOSTS))
        ports = {int(port) for port in re.findall(r"127\.0\.0\.1:(\d+)", "\n".join(lab.env.values()))}
        for host in HOSTS:
            stack.enter_context(reachable(host, ports))
        certificates(folder / "tls", HOSTS)
        state = state_in_bucket(lab, "fleet-state")
        first, second = (machine(folder, lab, state, host, tls=True) for host in HOSTS)
        plain = machine(folder, lab, state, "fleet-build-2", tls=False)
        for ended in (first, second, plain):
            stack.callback(ended.end)
        refusals(lab, first, plain, folder)
        with cluster(first, first, second, protocol="tls") as address:
            survived, _ = stacks_after_the_death_of_a_machine(lab, first, second, address, folder)
    print(f"on {', '.join(HOSTS)}: one worker was killed midway ({survived.of('status')}); after unlock both are built")
    return 0


def refusals(lab: RunningLab, scheduler: Machine, plain: Machine, folder: Path) -> None:
    """Require that a host without a certificate reaches no scheduler with TLS, and uses none without it."""
    file = fleet_file(folder / "refused.yaml", lab, ["1"])
    with cluster(scheduler, scheduler, protocol="tls") as address:
        without_certificate = plain.fleet("up", file, "--at", address)
        insecure = address.replace("tls:", "tcp:")
        without_tls = plain.fleet("up", file, "--at", insecure)
        insisting = plain.fleet("up", file, "--at", insecure, "--without-tls")
    found = [ended.status for ended in (without_certificate, without_tls, insisting)]
    assert found == [2, 2, 2], found
    assert "there is no certificate for the scheduler" in without_certificate.said, without_certificate.said
    assert "is on another machine and has no TLS" in without_tls.said, without_tls.said
    assert "no scheduler responds" in insisting.said, insisting.said
    print("\n".join(ended.said.strip() for ended in (without_certificate, without_tls, insisting)))


def machine(folder: Path, lab: RunningLab, state: Mapping[str, str], host: str, *, tls: bool) -> Machine:
    """Return a clone on a host, with the shared state, and its certificate if it has one."""
    place = folder / (host if tls else f"{host}-plain")
    place.mkdir()
    files = [folder / "tls" / name for name in ("ca.pem", f"{host}.pem", f"{host}.key")]
    certificate = tls_settings(*files) if tls else {}
    return Machine(place, {**lab.env, **state, **certificate}, HOSTS[host], within=["ip", "netns", "exec", host])


def certificates(folder: Path, hosts: Mapping[str, str]) -> None:
    """Create an authority for the cluster alone, and a certificate that it signs for each host."""
    folder.mkdir()
    commands = [AUTHORITY, *(command.format(name=host) for host in hosts for command in CERTIFICATE)]
    for command in commands:
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)


@contextmanager
def namespaces(hosts: Mapping[str, str]) -> Iterator[None]:
    """Create network namespaces that a cable connects, and delete them at the end."""
    names = list(hosts)
    cables = [f"fl{os.getpid()}{end}"[:15] for end in ("a", "b")]
    with ExitStack() as stack:
        for name in names:
            _ip("netns", "add", name)
            stack.callback(_ip, "netns", "del", name)
        _ip("link", "add", cables[0], "type", "veth", "peer", "name", cables[1])
        for name, cable in zip(names, cables, strict=True):
            _ip("link", "set", cable, "netns", name)
            _ip("-n", name, "address", "add", f"{hosts[name]}/24", "dev", cable)
            for device in ("lo", cable):
                _ip("-n", name, "link", "set", device, "up")
        yield


@contextmanager
def reachable(namespace: str, ports: Collection[int]) -> Iterator[None]:
    """Forward ports of the loopback interface in a namespace to the same ports outside."""
    listeners = [_listener(namespace, port) for port in ports]
    for listener in listeners:
        threading.Thread(target=_forward, args=(listener,), daemon=True).start()
    try:
        yield
    finally:
        for listener in listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def _listener(namespace: str, port: int) -> socket.socket:
    """Return a listening socket in a namespace; only the thread that creates it enters the namespace."""
    created: list[socket.socket] = []

    def create() -> None:
        with open(f"/run/netns/{namespace}") as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        created.append(socket.create_server(("127.0.0.1", port)))

    thread = threading.Thread(target=create)
    thread.start()
    thread.join()
    return created[0]


def _forward(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    while True:
        try:
            inside, _ = listener.accept()
        except OSError:
            return
        outside = socket.create_connection(("127.0.0.1", port))
        for source, target in ((inside, outside), (outside, inside)):
            threading.Thread(target=_copy, args=(source, target), daemon=True).start()


def _copy(source: socket.socket, target: socket.socket) -> None:
    copy_bytes(source, target)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main())
