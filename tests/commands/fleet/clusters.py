"""Clusters of Dask on the machines of a test: their state, TLS, and the death of one of the machines."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import psutil
from botocore.config import Config

from tests.commands.fleet.machines import Ended, Machine, end_of, fleet_file, kill
from tests.e2e.crash.judging import servers_created
from tests.labs import RunningLab, wait_for

INSTALLATION_S = 6_000
"""Duration of an installation: 10 s in a lab that runs 600 times as fast."""


def state_in_bucket(lab: RunningLab, bucket: str) -> dict[str, str]:
    """Return the environment of machines that keep their state in a new bucket of the lab."""
    region, endpoint = lab.env["HW_REGION_NAME"], lab.env["HW_OBS_ENDPOINT"]
    store = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=lab.env["HW_ACCESS_KEY"],
        aws_secret_access_key=lab.env["HW_SECRET_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )
    store.create_bucket(Bucket=bucket)
    options = f"endpoint={endpoint}&region={region}&use_path_style=true&response_checksum_validation=when_required"
    return {
        "PULUMI_BACKEND_URL": f"s3://{bucket}?{options}",
        "AWS_ACCESS_KEY_ID": lab.env["HW_ACCESS_KEY"],
        "AWS_SECRET_ACCESS_KEY": lab.env["HW_SECRET_KEY"],
    }


def tls_settings(authority: Path, certificate: Path, key: Path) -> dict[str, str]:
    """Return the environment that lets Dask accept TLS only, with one certificate for all roles."""
    prefix = "DASK_DISTRIBUTED__COMM__"
    of_roles = {
        f"{prefix}TLS__{role}__{part}": str(file)
        for role in ("SCHEDULER", "WORKER", "CLIENT")
        for part, file in (("CERT", certificate), ("KEY", key))
    }
    return {f"{prefix}REQUIRE_ENCRYPTION": "true", f"{prefix}TLS__CA_FILE": str(authority), **of_roles}


def started(process: subprocess.Popen[str], sign: str) -> str:
    """Read the output of a process until a sign that it is ready, and return that line."""
    assert process.stderr is not None
    for line in process.stderr:
        if re.search(sign, line):
            return line.strip()
    raise AssertionError(f"it ended before {sign!r}")


@contextmanager
def cluster(scheduler: Machine, *workers: Machine, protocol: str = "tcp") -> Iterator[str]:
    """Run a scheduler, and a worker with one thread on each machine; yield the address."""
    silent = ("--no-dashboard", "--protocol", protocol)
    options = (*silent, "--host", scheduler.host, "--port", "0")
    process = scheduler.start("distributed.cli.dask_scheduler", *options)
    address = started(process, r"Scheduler at:").split()[-1]
    for worker in workers:
        begun = worker.start("distributed.cli.dask_worker", address, *silent, "--host", worker.host, "--nthreads", "1")
        started(begun, "Registered to")
    try:
        yield address
    finally:
        for worker in workers:
            worker.end("distributed.cli.dask_worker")


def die(machine: Machine) -> None:
    """Kill everything that runs on a machine, as a failure of its power does."""
    running = [psutil.Process(process.pid) for process in machine.started if process.poll() is None]
    kill([*machine.pulumis(), *running])


def stacks_after_the_death_of_a_machine(
    lab: RunningLab, client: Machine, dying: Machine, address: str, folder: Path
) -> tuple[Ended, Ended]:
    """
    Run two stacks on two machines, one of which dies while both install, and complete them.

    The stack of the dead machine goes to the other worker, which finds the lock that the dead one left. After `unlock`
    the next run adopts the build: each stack has one server.

    Returns:
        The results of the run with the death and of the run after `unlock`.
    """
    file = fleet_file(folder / "mortal.yaml", lab, ["1", "2"])
    before = servers_created(lab)
    lab.change_settings(guest={"install_s": INSTALLATION_S})
    running = client.start("commands.fleet", "up", str(file), "--json", "--at", address)
    wait_for(lambda: len(servers_created(lab) - before) == 2, "two servers", 120)
    (lost,) = [path.name for path in (dying.folder / ".state" / "fleet").iterdir()]
    (kept,) = {"mortal-1", "mortal-2"} - {lost}

    die(dying)
    survived = end_of(running)
    lab.change_settings(guest={"install_s": 60})
    unlocked = client.start("commands.state.unlock", "--stack", lost).wait(60)
    completed = client.fleet("up", file, "--at", address)

    assert survived.of("status") == {kept: "succeeded", lost: "locked"}, survived.said
    assert unlocked == 0
    assert completed.of("status") == {kept: "succeeded", lost: "succeeded"}, completed.said
    assert len(servers_created(lab) - before) == 2
    return survived, completed
