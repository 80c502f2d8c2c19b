"""
Two machines of a fleet with their state in a PostgreSQL server: ``python -m tests.commands.fleet.on_postgresql``.

It is not among the tests, because set-up does not install PostgreSQL. `initdb` and `postgres` must be on PATH, or in
the folder of Debian's packages.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.commands.fleet.machines import Machine
from tests.commands.fleet.sharing import stacks_on_two_machines
from tests.e2e.conftest import ISO_9660
from tests.labs import RunningLab, wait_for

DEBIANS = Path("/usr/lib/postgresql")
NOBODY = 65534
USER = "pulumi"


def main() -> int:
    """Run the scenario, and return the exit status."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as name, server() as url:
        folder = Path(name)
        (folder / "installer.iso").write_bytes(ISO_9660)
        lab = RunningLab.start(folder / "lab", time_scale=600, guest={"install_s": 60})
        machines: list[Machine] = []
        try:
            lab.put(folder / "installer.iso", "lab-images/installer.iso")
            for machine in ("first", "second"):
                (folder / machine).mkdir()
                machines.append(Machine(folder / machine, {**lab.env, "PULUMI_BACKEND_URL": url}))
            stacks_on_two_machines(lab, machines[0], machines[1], folder, others=["2"])
        finally:
            for ended in machines:
                ended.end()
            lab.stop()
    print("of one stack one run proceeded, the other was refused and took over later; the other stack was built")
    return 0


@contextmanager
def server() -> Iterator[str]:
    """Run a PostgreSQL server on the loopback interface, and yield the URL of a backend."""
    folder = Path(tempfile.mkdtemp(prefix="fleet-postgresql-"))
    password, port = secrets.token_urlsafe(16), str(_free_port())
    file = folder / "password"
    file.write_text(password)
    user = _unprivileged(folder)
    data = str(folder / "data")
    options = ["--username", USER, "--auth", "scram-sha-256", "--pwfile", str(file), "--no-sync", "--encoding", "UTF8"]
    subprocess.run([_program("initdb"), "-D", data, *options], check=True, user=user, stdout=subprocess.DEVNULL)
    settings = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories=", "fsync=off"]
    command = [_program("postgres"), "-D", data, *(word for setting in settings for word in ("-c", setting))]
    with subprocess.Popen(command, user=user, stderr=subprocess.DEVNULL) as process:
        try:
            ready = [_program("pg_isready"), "--host", "127.0.0.1", "--port", port, "--quiet"]
            wait_for(lambda: subprocess.run(ready).returncode == 0, "the server's start")
            yield f"postgres://{USER}:{password}@127.0.0.1:{port}/postgres?sslmode=disable"
        finally:
            process.terminate()
    shutil.rmtree(folder)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _unprivileged(folder: Path) -> int | None:
    """Return the user that runs the server and owns its folder, because PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for path in (folder, *folder.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    return NOBODY


def _program(name: str) -> str:
    places = [os.environ.get("PATH", ""), *(str(path / "bin") for path in sorted(DEBIANS.glob("*"), reverse=True))]
    found = shutil.which(name, path=os.pathsep.join(places))
    if not found:
        sys.exit(f"there is no {name} here; on Debian: apt-get install postgresql")
    return found


if __name__ == "__main__":
    sys.exit(main())
