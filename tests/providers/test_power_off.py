"""`make power-off`, with which a person reports that a system is installed."""

import json
from pathlib import Path

import pytest

from commands.console import Installing, Servers, servers_in, show
from commands.power_off import choose, power_off
from config.resource_types import TEMP_SERVER, tokens
from huaweicloud.errors import Cancelled
from huaweicloud.models.ecs import Server
from providers.runtime import clients
from providers.verification.guest_wait import GuestWait
from tests.e2e.cloud import CloudView
from tests.labs import RunningLab
from tests.providers.installations import failure_of, installing
from tests.providers.stack import Stack
from toolchain.steps import SetupError


def servers(*names: str, server_id: str = "s1") -> Servers:
    return Servers([Installing(name, "lab-1", server_id) for name in names], lambda each: clients.cloud(each.region))


@pytest.mark.parametrize("hard", [False, True])
def test_a_build_continues_when_its_server_is_powered_off(
    stack: Stack, lab: RunningLab, cloud: CloudView, hard: bool
) -> None:
    lab.change_settings(guest={"powers_off": False, "install_s": 0})
    failure_of(installing(stack))
    (server,) = cloud.servers()
    found = servers("debian", server_id=server["id"])

    done = power_off(found, choose(found, "debian", "lab"), hard)

    what = f"server {server['name']} ({server['id']}) of debian"
    assert f"{what} is off" == done
    assert f"{what} is already off" == power_off(found, choose(found, None, "lab"), hard)
    assert ["create installation", "create image", "create teardown"] == stack.up().done[-3:]
    assert (2, 0, 0) == cloud.everything()
    with pytest.raises(SetupError, match=r"the server of debian \(.*\) no longer exists"):
        power_off(found, found.found[0], hard)


def test_the_server_of_a_test_is_found_by_its_build(
    stack: Stack, cloud: CloudView, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def cancelled(*_: object) -> Server:
        raise Cancelled("the wait")

    monkeypatch.setattr(GuestWait, "run", cancelled)
    stack.settings = {"verify": {"until": "login:"}}
    with pytest.raises(Cancelled):
        stack.up()
    (server,) = cloud.servers()
    test = Installing("debian", "lab-1", "", stack["identity"].id)
    found = Servers([test], lambda each: clients.cloud(each.region))

    assert 0 == show(found, "lab")
    assert capsys.readouterr().out.startswith("debian http")
    assert f"{server['id']}) of debian is off" in power_off(found, test, hard=True)
    cloud.delete_servers()
    assert 0 == show(found, "lab")
    assert "debian the server of the test does not exist yet" in capsys.readouterr().out
    with pytest.raises(SetupError, match="the server of debian does not exist"):
        power_off(found, test, hard=True)


def test_the_server_of_another_program_is_found_in_its_state_and_signs_in_by_the_environment(
    stack: Stack, lab: RunningLab, cloud: CloudView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.change_settings(guest={"powers_off": False, "install_s": 0})
    failure_of(installing(stack))
    (server,) = cloud.servers()
    token, outputs = tokens(TEMP_SERVER)[1], {"region": lab.env["HW_REGION_NAME"], "status": "live"}
    recorded = {"type": token, "urn": f"urn:pulumi:prod::p::{token}::debian", "id": server["id"], "outputs": outputs}
    (tmp_path / "state.json").write_text(json.dumps({"deployment": {"resources": [recorded]}}))
    for name, value in lab.env.items():
        monkeypatch.setenv(name, value)

    found = servers_in(tmp_path / "state.json")

    assert f"{server['id']}) of debian is off" in power_off(found, choose(found, None, "prod"), hard=True)
    assert "create teardown" == stack.up().done[-1]


@pytest.mark.parametrize("build", [None, "", "debian"])
def test_the_only_server_is_meant_where_no_build_is_named(build: str | None) -> None:
    assert "debian" == choose(servers("debian"), build, "lab").build


@pytest.mark.parametrize(
    ("names", "build", "sentence"),
    [
        ((), "debian", "no server is being installed in the stack prod"),
        (("debian", "rocky"), None, r"name one: BUILD=... \(debian, rocky\)"),
        (("debian", "rocky"), "deb", "is not installing 'deb'; it is installing debian, rocky"),
    ],
)
def test_a_build_that_is_not_being_installed_is_refused_with_those_that_are(
    names: tuple[str, ...], build: str | None, sentence: str
) -> None:
    with pytest.raises(SetupError, match=sentence):
        choose(servers(*names), build, "prod")
