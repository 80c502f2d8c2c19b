"""Each client's operations against one lab; the page must show what was observed (`make test-clients`)."""

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from lab.world.identity.accounts import PROJECTS
from tests.clients.results import CLIENTS, documented, section, versions, write
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.labs import ROOT, RunningLab

pytestmark = pytest.mark.clients
PYTHON = ROOT / ".state" / "clients" / "bin" / "python"


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Yield the environment of clients of a lab that has an image and a server."""
    folder = tmp_path_factory.mktemp("clients")
    iso = {"installer.iso": b"\0" * 32769 + b"CD001" + b"\0" * 4096}
    with RunningLab.holding(folder, iso, time_scale=1000) as lab, Raw(lab) as raw:
        steps = Procedure(raw)
        server = steps.server(steps.iso_image())
        steps.wait_for_power_off(server)
        image = steps.capture(steps.data_disk(server))
        ports = raw.send("vpc", "GET", f"/v1/{{project}}/ports?device_id={server}").json()["ports"]
        team = next(project.id for project in PROJECTS if project.name.endswith("_team"))
        known = {"CLIENT_IMAGE_ID": image, "CLIENT_SERVER_ID": server, "CLIENT_PORT_ID": ports[0]["id"]}
        yield {**lab.env, **known, "CLIENT_OTHER_PROJECT": team, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="session")
def sections() -> Iterator[dict[str, str]]:
    """Yield a mapping for the observed parts of the page, which replace those on the page if the user wants that."""
    found: dict[str, str] = {}
    yield found
    if os.environ.get("WRITE_CLIENTS") and list(found) == list(CLIENTS):
        write(list(found.values()))


@pytest.mark.parametrize("client", CLIENTS)
def test_the_page_shows_what_a_client_can_do(
    environment: dict[str, str], sections: dict[str, str], client: str
) -> None:
    rows = operations(environment, CLIENTS[client])
    sections[client] = section(client, versions()[client], rows)
    if not os.environ.get("WRITE_CLIENTS"):
        assert documented(client) == sections[client]


def operations(environment: dict[str, str], module: str) -> list[Any]:
    """Run the operations of a client in its virtual environment."""
    command = [str(PYTHON), "-m", f"tests.clients.{module}"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    print(done.stderr)
    assert done.returncode == 0
    rows: list[Any] = json.loads(done.stdout)
    return rows
