"""`make downstream`: the console of a server until its system is up, and the reason if it does not start."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from commands.downstream import marker_from, timeout_from
from commands.iso import iso_choice
from commands.server_console import NotReady, ServerConsole
from toolchain.steps import SetupError


class ScriptedLab:
    """Control interface of a lab with a console that grows with each request."""

    def __init__(self, texts: list[str], vm_state: str = "active") -> None:
        self.texts, self.vm_state, self.tokens = texts, vm_state, set[str | None]()
        lab = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                lab.tokens.add(self.headers.get("Authorization"))
                if self.path.startswith("/console/"):
                    text = lab.texts.pop(0) if len(lab.texts) > 1 else lab.texts[0]
                else:
                    text = json.dumps({"vm_state": lab.vm_state, "driver": "qemu"})
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: Any) -> None:
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        return {"HW_LAB_ENDPOINT": f"http://127.0.0.1:{self.server.server_address[1]}", "HW_LAB_TOKEN": "t0"}


@pytest.fixture(autouse=True)
def _behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setattr("commands.server_console.INTERVAL_S", 0)


def test_the_console_is_shown_once_until_the_text(capsys: pytest.CaptureFixture[str]) -> None:
    lab = ScriptedLab(["boot\n", "boot\n\x1b[31mlogin: ", "never"])

    ServerConsole(lab.environment, "server-1").follow("login:", 10)

    assert capsys.readouterr().out.count("boot") == 1
    assert lab.tokens == {"Bearer t0"}


@pytest.mark.parametrize(
    ("texts", "vm_state", "words"),
    [
        ([""], "active", "timed out after 0 s: .* did not show 'login:' .it has shown nothing"),
        (["kernel panic\n\n"], "active", "its last line is 'kernel panic'"),
        (["off\n"], "stopped", "has shut down: its serial console did not show"),
    ],
)
def test_the_reason_is_given_when_the_text_does_not_appear(texts: list[str], vm_state: str, words: str) -> None:
    lab = ScriptedLab(texts, vm_state)

    with pytest.raises(NotReady, match=words) as reason:
        ServerConsole(lab.environment, "server-1").follow("login:", 0.01)

    assert "Set READY" in str(reason.value)


def test_a_lab_that_does_not_answer_is_named_without_a_traceback() -> None:
    with pytest.raises(SetupError, match=r"the lab at http://127\.0\.0\.1:1 does not respond"):
        ServerConsole({"HW_LAB_ENDPOINT": "http://127.0.0.1:1"}, "server-1").follow("login:", 1)


def test_the_installers_own_text_is_awaited_of_its_own_image_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iso_choice, "is_own", lambda: True)
    own = marker_from({})
    monkeypatch.setattr(iso_choice, "is_own", lambda: False)

    assert own == "IMAGE-READY"
    assert marker_from({}) == ""
    assert marker_from({"READY": "login:"}) == "login:"
    assert marker_from({"READY": ""}) == ""


@pytest.mark.parametrize("text", ["soon", "0", "-1", "nan", "inf"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SetupError, match="READY_TIMEOUT_S"):
        timeout_from({"READY_TIMEOUT_S": text})

    assert timeout_from({"READY_TIMEOUT_S": "7.5"}) == 7.5
    assert timeout_from({}) == 180
