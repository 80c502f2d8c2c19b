"""Fleets on several machines whose state is in one bucket of the lab's object store."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.commands.fleet.conftest import NewMachine
from tests.commands.fleet.machines import Machine, fleet_file
from tests.commands.fleet.sharing import stacks_on_two_machines
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("cluster")]

BUCKET = "pulumi-state"


@pytest.fixture(scope="module")
def in_bucket(lab: RunningLab) -> dict[str, str]:
    """Return the environment of machines that keep their state in a bucket of the lab."""
    region, endpoint = lab.env["HW_REGION_NAME"], lab.env["HW_OBS_ENDPOINT"]
    store = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=lab.env["HW_ACCESS_KEY"],
        aws_secret_access_key=lab.env["HW_SECRET_KEY"],
        config=Config(s3={"addressing_style": "path"}),
    )
    store.create_bucket(Bucket=BUCKET)
    options = f"endpoint={endpoint}&region={region}&use_path_style=true&response_checksum_validation=when_required"
    return {
        "PULUMI_BACKEND_URL": f"s3://{BUCKET}?{options}",
        "AWS_ACCESS_KEY_ID": lab.env["HW_ACCESS_KEY"],
        "AWS_SECRET_ACCESS_KEY": lab.env["HW_SECRET_KEY"],
    }


def started(process: subprocess.Popen[str], sign: str) -> str:
    """Read the output of a process until a sign that it is ready, and return that line."""
    assert process.stderr is not None
    for line in process.stderr:
        if re.search(sign, line):
            return line.strip()
    raise AssertionError(f"it ended before {sign!r}")


@contextmanager
def cluster(scheduler: Machine, *workers: Machine) -> Iterator[str]:
    """Run a scheduler, and a worker with one thread on each machine; yield the address."""
    loopback = ("--host", "127.0.0.1", "--no-dashboard")
    process = scheduler.start("distributed.cli.dask_scheduler", *loopback, "--port", "0")
    address = started(process, r"Scheduler at:").split()[-1]
    for worker in workers:
        begun = worker.start("distributed.cli.dask_worker", address, *loopback, "--nthreads", "1")
        started(begun, "Registered to")
    try:
        yield address
    finally:
        for worker in workers:
            worker.end("distributed.cli.dask_worker")


def test_a_cluster_shares_the_stacks_of_a_fleet(
    lab: RunningLab, in_bucket: dict[str, str], new_machine: NewMachine, tmp_path: Path
) -> None:
    first, second = new_machine("first", in_bucket), new_machine("second", in_bucket)
    outdated = new_machine("outdated", in_bucket)
    (outdated.folder / "providers" / "__init__.py").write_text('"""Of last week."""\n')
    elsewhere = new_machine("elsewhere", {**in_bucket, "PULUMI_BACKEND_URL": "s3://another"})
    file = fleet_file(tmp_path / "spread.yaml", lab, ["1", "2"])

    with cluster(first, first, second) as address:
        refused = outdated.fleet("up", file, "--at", address)
        lost = elsewhere.fleet("up", file, "--at", address)
        built = first.fleet("up", file, "--at", address)

    assert refused.status == lost.status == 2
    assert "has another version of the project" in refused.said
    assert "PULUMI_BACKEND_URL differs" in lost.said
    assert built.of("status") == {"spread-1": "succeeded", "spread-2": "succeeded"}, built.said
    places = [sorted(os.listdir(machine.folder / ".state" / "fleet")) for machine in (first, second)]
    assert sorted(places) == [["spread-1"], ["spread-2"]]


def test_locks_hold_between_machines(
    lab: RunningLab, in_bucket: dict[str, str], new_machine: NewMachine, tmp_path: Path
) -> None:
    first, second = new_machine("first", in_bucket), new_machine("second", in_bucket)

    stacks_on_two_machines(lab, first, second, tmp_path, others=[])
