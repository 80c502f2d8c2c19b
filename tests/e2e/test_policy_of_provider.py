"""The policy pack in the real CLI, for a program that uses the provider: the same rules and messages."""

import json
import subprocess
from typing import Any

import pytest

from tests import wheels
from tests.e2e.cloud import CloudView
from tests.e2e.consumer import EXECUTABLE, Consumer, inputs
from tests.e2e.project import ROOT, Outcome
from tests.labs import RunningLab

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("provider")]

REGION = {"huaweicloud-image:region": "lab-1"}
REFUSED = {
    "server-flavor-allowed": {"allowed": ["s7.large.2"]},
    "installation-time": {"max_minutes": 60},
    "stack-server-quota": {"max_servers": 1},
    "stack-image-names": "mandatory",
}
MESSAGES = (
    "'s6.large.2' is not allowed (allowed: s7.large.2)",
    "timeout_minutes is 120 (allowed: at most 60)",
    "the stack has 2 temporary servers at once (max_servers: 1)",
    "builds 'golden', 'second' have the same image_name 'debian-golden'",
)


@pytest.fixture
def consumer(lab: RunningLab, tmp_path) -> Consumer:
    return Consumer(tmp_path / "consumer", lab.env)


def evaluated(consumer: Consumer, command: str, rules: dict[str, Any], folder: str = str(ROOT / "policy")) -> Outcome:
    file = consumer.folder / "rules.json"
    file.write_text(json.dumps(rules))
    pack = ("--policy-pack", folder, "--policy-pack-config", str(file))
    options = ("--yes", "--skip-preview") if command == "up" else ()
    return consumer.pulumi(command, "--stack", "test", *options, *pack)


def test_rules_refuse_fill_in_and_let_through(consumer, lab, cloud: CloudView):
    builds = {"golden": inputs(lab, userData="#cloud-config"), "second": inputs(lab)}
    consumer.configure(builds=builds, **REGION)
    refused = evaluated(consumer, "preview", REFUSED)
    consumer.configure(builds=builds, **REGION, **{"huaweicloud-image:servers_at_once": 1})
    tags = {"required-tags": {"tags": {"cost-center": "4711"}}}

    up = evaluated(consumer, "up", {**tags, "stack-server-quota": {"max_servers": 1}})

    assert 0 != refused.status
    assert [] == [message for message in MESSAGES if message not in refused.output], refused
    assert 0 == up.status, up
    tagged = [one["inputs"]["tags"] for one in consumer.resources().values() if "tags" in one.get("inputs", {})]
    assert [{"cost-center": "4711"}] * 5 == tagged  # the ISO image, two servers, two images
    assert "#cloud-config" not in json.dumps(consumer.state())
    assert 0 == consumer.destroy().status
    assert (0, 0, 0) == cloud.everything()


def test_the_pack_of_the_wheel_refuses_the_same(lab, tmp_path):
    executables = wheels.install(wheels.build(tmp_path), tmp_path / "venv")
    stranger = Consumer(tmp_path / "stranger", lab.env, on_path=str(executables))
    stranger.configure(builds={"golden": inputs(lab), "second": inputs(lab)}, **REGION)
    command = [str(executables / EXECUTABLE), "--policy-pack"]
    folder = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    refused = evaluated(stranger, "preview", REFUSED, folder)

    assert 0 != refused.status
    assert [] == [message for message in MESSAGES if message not in refused.output], refused
