"""Fleets on several machines whose state is in one bucket of the lab's object store."""

import os
from pathlib import Path

import pytest

from tests.commands.fleet.clusters import cluster, stacks_after_the_death_of_a_machine, state_in_bucket, tls_settings
from tests.commands.fleet.conftest import NewMachine
from tests.commands.fleet.machines import fleet_file
from tests.commands.fleet.sharing import stacks_on_two_machines
from tests.labs import RunningLab
from tests.tls import make_authority

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("cluster")]


@pytest.fixture(scope="module")
def in_bucket(lab: RunningLab) -> dict[str, str]:
    """Return the environment of machines that keep their state in a bucket of the lab."""
    return state_in_bucket(lab, "pulumi-state")


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


def test_a_cluster_with_certificates_completes_the_stack_of_a_machine_that_dies(
    lab: RunningLab, in_bucket: dict[str, str], new_machine: NewMachine, tmp_path: Path
) -> None:
    (tmp_path / "tls").mkdir()
    secure = {**in_bucket, **tls_settings(*make_authority(tmp_path / "tls", "IP:127.0.0.1"))}
    first, second = new_machine("first", secure), new_machine("second", secure)
    (tmp_path / "other").mkdir()
    stranger = new_machine(
        "stranger", {**in_bucket, **tls_settings(*make_authority(tmp_path / "other", "IP:127.0.0.1"))}
    )
    plain = new_machine("plain", in_bucket)
    file = fleet_file(tmp_path / "refused.yaml", lab, ["1"])

    with cluster(first, first, second, protocol="tls") as address:
        refused = {
            "stranger": stranger.fleet("up", file, "--at", address),
            "no certificate": plain.fleet("up", file, "--at", address),
            "no TLS": plain.fleet("up", file, "--at", address.replace("tls:", "tcp:")),
        }
        stacks_after_the_death_of_a_machine(lab, first, second, address, tmp_path)

    assert address.startswith("tls://")
    assert dict.fromkeys(refused, 2) == {name: ended.status for name, ended in refused.items()}
    assert "no scheduler responds" in refused["stranger"].said
    assert "there is no certificate for the scheduler" in refused["no certificate"].said
    assert "no scheduler responds" in refused["no TLS"].said
