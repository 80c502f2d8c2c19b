"""Commands of the lab if its files are damaged, or another program responds in its place: one sentence each."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.__main__ import main
from lab.control_client import Control
from lab.daemon import LabError, last_start, only_one

COMMANDS = (["status"], ["env"], ["head", "a/b"], ["console", "x"], ["journal"], ["stop"], ["boot", "x"])
COMPLETE = {"pid": 2**22 + 1, "endpoints": {"control": "http://127.0.0.1:1"}}


@pytest.mark.parametrize("content", ["", "[]", "{", '{"pid": 1}', json.dumps({**COMPLETE, "pid": 1})])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_damaged_record_of_the_running_lab_is_named(
    command: list[str], content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with only_one(tmp_path):
        (tmp_path / "lab.json").write_text(content)
        status = main([*command, "--state", str(tmp_path)])

    assert status == 1
    assert "lab.json is damaged" in capsys.readouterr().err


def test_a_folder_without_a_lab_has_no_record(tmp_path: Path) -> None:
    assert last_start(tmp_path) is None


@pytest.mark.parametrize("content", [None, "", "[]", "{}"])
def test_damaged_credentials_are_named(content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lab.json").write_text(json.dumps(COMPLETE))
    if content is not None:
        (tmp_path / "credentials.json").write_text(content)

    with only_one(tmp_path):
        status = main(["env", "--state", str(tmp_path)])

    assert status == 1
    assert "credentials.json" in capsys.readouterr().err


@contextmanager
def server_that_responds(content: bytes) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def response() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(content)

        thread = threading.Thread(target=response, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


@pytest.mark.parametrize("content", [b"garbage\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"])
def test_something_else_in_the_labs_place_is_a_sentence(content: bytes) -> None:
    with server_that_responds(content) as endpoint, pytest.raises(LabError, match=r"127\.0\.0\.1"):
        Control(endpoint, "token").call("GET", "/health")
