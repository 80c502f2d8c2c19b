import os
import stat
import subprocess
from pathlib import Path

import pytest

from commands import environment
from tests.probe import Probe


@pytest.fixture(autouse=True)
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a clone whose state is in a folder with characters that mean something in a URL."""
    state = tmp_path / "a #1 clone?" / "pulumi"
    monkeypatch.setattr(environment, "PULUMI_HOME", state / "home")
    monkeypatch.setattr(environment, "PULUMI_STACKS", state / "stacks")
    monkeypatch.setattr(environment, "PASSPHRASE", state / "passphrase")
    return state


USER = {
    "PATH": "/usr/bin",
    "PULUMI_HOME": "/home/user/.pulumi",
    "PULUMI_BACKEND_URL": "s3://team",
    "PULUMI_CONFIG_PASSPHRASE": "of the team",
    "PULUMI_STACK": "other",
}


def test_lab_stack_uses_nothing_of_the_users_own_pulumi(clone: Path) -> None:
    variables = environment.pulumi_environment("lab", USER)

    assert variables["PULUMI_HOME"] == str(clone / "home")
    assert variables["PULUMI_BACKEND_URL"].startswith("file:///")
    assert variables["PULUMI_CONFIG_PASSPHRASE"] != USER["PULUMI_CONFIG_PASSPHRASE"]
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in variables
    assert "PULUMI_STACK" not in variables


def test_another_stack_keeps_the_backend_and_passphrase_that_the_user_chose(clone: Path) -> None:
    variables = environment.pulumi_environment("production", USER)

    assert variables["PULUMI_BACKEND_URL"] == "s3://team"
    assert variables["PULUMI_CONFIG_PASSPHRASE"] == "of the team"
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in variables
    assert variables["PULUMI_HOME"] == str(clone / "home")


def test_another_stack_has_state_in_the_clone_when_the_user_chose_nothing(clone: Path) -> None:
    variables = environment.pulumi_environment("production", {"PATH": "/usr/bin"})

    assert variables["PULUMI_BACKEND_URL"] == (clone / "stacks").as_uri()
    assert variables["PULUMI_CONFIG_PASSPHRASE_FILE"] == str(clone / "passphrase")


def test_passphrase_is_made_once_and_readable_by_its_owner_only(clone: Path) -> None:
    environment.own_settings("production", {})
    first = (clone / "passphrase").read_text()
    environment.own_settings("production", {})

    assert (clone / "passphrase").read_text() == first
    assert len(first) >= 32
    assert stat.S_IMODE((clone / "passphrase").stat().st_mode) == 0o600


def test_exports_survive_eval_by_a_shell(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "lab_settings", lambda: {"HW_USER_PASSWORD": "it's $HOME"})
    script = f'{environment.exports("lab")}\nprintf "%s|%s|%s" "$PULUMI_HOME" "$HW_USER_PASSWORD" "$PATH"'

    printed = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env=USER).stdout

    home, password, path = printed.split("|")
    assert home == str(clone / "home")
    assert password == "it's $HOME"
    assert path.split(os.pathsep)[-1] == "/usr/bin"


def test_reads_what_the_lab_exports() -> None:
    text = "export HW_AUTH_URL='http://127.0.0.1:9081/v3'\nexport HW_USER_PASSWORD='a'\"'\"'b = c'\nnoise\n"

    assert environment.parse_exports(text) == {"HW_AUTH_URL": "http://127.0.0.1:9081/v3", "HW_USER_PASSWORD": "a'b = c"}


def test_a_passphrase_that_another_process_has_just_made_is_kept(clone: Path) -> None:
    clone.mkdir(parents=True)
    (clone / "passphrase").write_text("theirs")

    environment.own_settings("production", {})

    assert (clone / "passphrase").read_text() == "theirs"


def test_the_cli_works_without_writing_logs_of_all_properties(clone: Path) -> None:
    variables = environment.pulumi_environment("lab", {"PATH": os.environ["PATH"], "HOME": str(clone)})

    ran = subprocess.run(["pulumi", "stack", "ls", "--all"], env=variables, capture_output=True, text=True, cwd=clone)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert (clone / "home" / "logs").read_bytes() == b""


PROXY_NAMES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "grpc_proxy")
LOOPBACK = "localhost,127.0.0.1,::1"


@pytest.mark.parametrize("name", PROXY_NAMES)
def test_no_proxy_stands_between_processes_of_this_machine(name: str) -> None:
    found = environment.without_proxy({name: "http://127.0.0.1:1"})

    assert found == {"no_proxy": LOOPBACK, "NO_PROXY": LOOPBACK, "no_grpc_proxy": LOOPBACK}


def test_exceptions_of_the_user_stay() -> None:
    found = environment.without_proxy({"http_proxy": "http://proxy:3128", "NO_PROXY": "intranet, 127.0.0.1"})

    assert found["no_proxy"] == found["NO_PROXY"] == "intranet,127.0.0.1,localhost,::1"


def test_no_proxy_at_all_stays_so() -> None:
    found = environment.without_proxy({"http_proxy": "http://proxy:3128", "no_proxy": "*"})

    assert found["no_proxy"] == "*"
    assert found["no_grpc_proxy"].endswith(LOOPBACK)


def test_nothing_is_said_of_proxies_where_there_are_none() -> None:
    assert environment.without_proxy({"HOME": "/root"}) == {}


@pytest.mark.e2e
def test_pulumi_runs_with_a_proxy_in_the_environment(probe: Probe) -> None:
    proxies = dict.fromkeys(PROXY_NAMES, "http://127.0.0.1:1")
    variables = {**probe.environment, **proxies, **environment.without_proxy(proxies)}
    command = ["pulumi", "up", "--yes", "--skip-preview", "--non-interactive"]

    up = subprocess.run(command, cwd=probe.folder / "program", env=variables, capture_output=True, text=True)

    assert up.returncode == 0, up.stdout + up.stderr


def test_no_variable_has_bytes_that_the_policy_pack_cannot_be_handed() -> None:
    strange = os.fsdecode(b"/tmp/deb\xff\xfeian.iso")

    variables = environment.pulumi_environment("lab", {**USER, "ISO": strange, "MAKEFLAGS": f"ISO={strange} -- \u00e9"})

    assert "\ufffd" in variables["ISO"]
    assert all(value.encode() for value in variables.values())
    assert variables["MAKEFLAGS"].endswith("\u00e9")
