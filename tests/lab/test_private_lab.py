"""A lab on a shared machine: other users and web pages cannot access it."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.lab.conftest import put_iso
from tests.lab.plain import Raw
from tests.lab.procedure import Procedure
from tests.labs import RunningLab, run_lab

SCALE = 1000.0
CONTROL_REQUESTS = [
    ("GET", "/health"),
    ("GET", "/journal"),
    ("DELETE", "/journal"),
    ("PUT", "/settings"),
    ("GET", "/faults"),
    ("GET", "/images/x"),
    ("GET", "/inspections/x"),
    ("GET", "/console/0b1f0a3e-0000-4000-8000-000000000000"),
    ("GET", "/console/0b1f0a3e-0000-4000-8000-000000000000?token=x"),
    ("GET", "/screenshot/x"),
    ("GET", "/openapi.json"),
    ("GET", "/openapi/ims.json"),
    ("GET", "/nothing"),
    ("POST", "/boot/x"),
    ("POST", "/objects"),
]


@pytest.fixture(scope="module")
def private_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Return a lab with a server, started under the usual umask."""
    folder = tmp_path_factory.mktemp("private")
    before = os.umask(0o022)
    running = RunningLab.start(folder / "state", time_scale=SCALE)
    try:
        put_iso(running, folder)
        with Raw(running) as raw:
            procedure = Procedure(raw)
            procedure.wait_for_power_off(procedure.server(procedure.iso_image()))
        yield running
    finally:
        os.umask(before)
        running.stop()


def loose_modes(state: Path) -> dict[str, str]:
    """Return everything in a folder that others may access in some way, and the folder itself."""
    modes = {str(path): stat.S_IMODE(path.lstat().st_mode) for path in (state, *state.rglob("*"))}
    wanted = {path: 0o700 if Path(path).is_dir() else 0o600 for path in modes}
    return {path: oct(mode) for path, mode in modes.items() if mode != wanted[path]}


def control(lab: RunningLab, method: str, path: str, headers: dict[str, str], **more: Any) -> requests.Response:
    return requests.request(method, lab.control + path, headers=headers, timeout=30, **more)


def test_folders_have_mode_0700_and_files_0600(private_lab: RunningLab) -> None:
    assert loose_modes(private_lab.state) == {}
    assert {"lab.log", "lab.json", "lab.sqlite", "lab.sqlite-wal", "credentials.json", "control-token"} <= {
        path.name for path in private_lab.state.iterdir()
    }


def test_an_existing_state_is_tightened_at_start(private_lab: RunningLab, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("not the lab's")
    outside.chmod(0o644)
    private_lab.stop()
    for path in (private_lab.state, *private_lab.state.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (private_lab.state / "compute" / "link").symlink_to(outside)
    old_token = private_lab.env["HW_LAB_TOKEN"]

    private_lab.restart(time_scale=SCALE)
    (private_lab.state / "compute" / "link").unlink()
    private_lab.env["HW_LAB_TOKEN"] = (private_lab.state / "control-token").read_text()

    assert loose_modes(private_lab.state) == {}
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644
    assert private_lab.env["HW_LAB_TOKEN"] != old_token, "a token that others could have read is not used again"
    assert private_lab.call("GET", "/health")["servers"] == 1


def test_a_folder_of_other_files_is_no_state_folder(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("private")
    tmp_path.chmod(0o755)
    with pytest.raises(AssertionError, match="holds other files; give the lab a folder of its own"):
        run_lab(tmp_path, "start", "--driver", "simulated", "--port", "0")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.parametrize(("method", "path"), CONTROL_REQUESTS)
def test_the_control_interface_wants_its_token(private_lab: RunningLab, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {private_lab.env['HW_LAB_TOKEN']}"}):
        response = control(private_lab, method, path, headers)
        assert (response.status_code, "HW_LAB_TOKEN" in response.json()["error"]) == (401, True)


def test_nobody_without_the_token_has_a_file_of_the_owner_stored(private_lab: RunningLab, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("of the owner")
    secret.chmod(0o600)
    body = {"path": str(secret), "bucket": "lab-images", "key": "stolen"}
    assert control(private_lab, "POST", "/objects", {}, json=body).status_code == 401
    assert "stolen" not in str(private_lab.journal())
    owner = private_lab.authorization
    assert control(private_lab, "POST", "/objects", owner, json=body).status_code == 201
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo", Path("/dev/zero"), tmp_path / "missing"):
        response = control(private_lab, "POST", "/objects", owner, json={**body, "path": str(path)})
        assert (response.status_code, "is no regular file" in response.json()["error"]) == (400, True)


def test_the_token_is_in_no_argument_and_no_log(private_lab: RunningLab) -> None:
    token = private_lab.env["HW_LAB_TOKEN"]
    assert token not in " ".join(psutil.Process(private_lab.pid).cmdline())
    run_lab(private_lab.state, "status")
    for path in private_lab.state.rglob("*"):
        if path.is_file() and path.name != "control-token":
            assert token.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("service", ["lab", "iam", "ims", "ecs", "evs", "vpc", "obs"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:{port}", "127.0.0.1@evil.example", "", "["],
)
def test_other_host_names_are_refused(private_lab: RunningLab, service: str, host: str) -> None:
    endpoint = private_lab.env[f"HW_{service.upper()}_ENDPOINT"]
    headers = {**private_lab.authorization, "Host": host.format(port=endpoint.rpartition(":")[2])}
    entries = len(private_lab.journal())
    response = requests.get(f"{endpoint}/health", headers=headers, timeout=30)
    assert (response.status_code, "accepts no requests to the host name" in response.json()["error"]) == (403, True)
    assert len(private_lab.journal()) == entries


def test_names_of_the_loopback_interface_and_of_buckets_are_answered(private_lab: RunningLab) -> None:
    port = private_lab.control.rpartition(":")[2]
    for host in ("localhost", "LOCALHOST.:1", "127.0.0.1", f"[::1]:{port}"):
        assert control(private_lab, "GET", "/health", {**private_lab.authorization, "Host": host}).status_code == 200
    assert control(private_lab, "GET", "/health", {"Host": "lab-images.localhost"}).status_code == 403
    for host in ("lab-images.localhost", "lab-images.127.0.0.1:9086"):
        response = requests.head(
            f"{private_lab.env['HW_OBS_ENDPOINT']}/?apiversion", headers={"Host": host}, timeout=30
        )
        assert response.headers["x-obs-api"] == "3.0"


def test_other_web_pages_cannot_use_the_control_interface(private_lab: RunningLab) -> None:
    own, token = private_lab.control, private_lab.authorization
    assert control(private_lab, "GET", "/health", {**token, "Origin": own}).status_code == 200
    for origin in (
        "https://evil.example",
        "null",
        "http://localhost:1",
        own.replace("127.0.0.1", "localhost"),
        f"{own}1",
    ):
        response = control(private_lab, "GET", "/health", {**token, "Origin": origin})
        assert (response.status_code, "web pages" in response.json()["error"]) == (403, True)


def test_a_link_to_a_console_opens_that_console_alone(private_lab: RunningLab) -> None:
    with Raw(private_lab) as raw:
        procedure = Procedure(raw)
        private_lab.choose(console_of_stopped_server="url")
        body = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
        servers = raw.send("ecs", "GET", "/v1/{project}/cloudservers/detail").json()["servers"]
        path = f"/v1/{{project}}/cloudservers/{servers[0]['id']}/remote_console"
        links = [raw.send("ecs", "POST", path, json=body).json()["remote_console"]["url"] for _ in range(2)]
        other = procedure.server(procedure.iso_image())
    for link in links:  # the second does not end the first
        assert "powered off" in requests.get(link, timeout=30).text
    assert requests.get(links[0].replace(servers[0]["id"], other), timeout=30).status_code == 401
    assert requests.get(links[0].replace("/console/", "/screenshot/"), timeout=30).status_code == 401
    assert requests.post(links[0], timeout=30).status_code == 401


def test_another_host_name_is_allowed_at_start_and_kept(tmp_path: Path) -> None:
    run_lab(tmp_path, "start", "--driver", "simulated", "--port", "0", "--allow-host", "build.example")
    try:
        run_lab(tmp_path, "stop")
        run_lab(tmp_path, "start", "--driver", "simulated")
        env = run_lab(tmp_path, "env")
        exports = dict(line.removeprefix("export ").split("=", 1) for line in env.splitlines())
        obs = exports["HW_OBS_ENDPOINT"].strip("'")
        for host, status in (("build.example", 200), ("lab-images.build.example", 200), ("other.example", 403)):
            response = requests.head(f"{obs}/?apiversion", headers={"Host": host}, timeout=30)
            assert response.status_code == status, host
    finally:
        run_lab(tmp_path, "stop")
