"""The ISO file that `make up` and `make preview` work with, with and without ISO=."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from commands import local_lab
from commands.iso import iso_choice, iso_file, iso_overlay
from config.sign_in import connection
from tests.e2e.conftest import ISO_9660
from tests.labs import RunningLab
from toolchain.steps import SetupError


class FakeStore:
    """Object store of the lab, as the choice uses it."""

    def __init__(self) -> None:
        self.content: bytes | None = None
        self.puts: list[str] = []

    def stored(self, _bucket: str, _key: str) -> dict[str, Any] | None:
        if self.content is None:
            return None
        return {"size_bytes": len(self.content), "etag": hashlib.md5(self.content, usedforsecurity=False).hexdigest()}

    def module(self, *arguments: str, **_: Any) -> None:
        self.puts.append(arguments[4])
        self.content = Path(arguments[4]).read_bytes()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeStore:
    """Return an empty store, in a clone whose installer is there."""
    made = FakeStore()
    state = tmp_path / ".state"
    state.mkdir()
    installer = state / "installer.iso"
    installer.write_bytes(b"the installer")
    monkeypatch.chdir(tmp_path)
    for name, value in {"CHOICE": state / "iso.json", "LOCK": state / "iso.lock", "INSTALLER_ISO": installer}.items():
        monkeypatch.setattr(iso_choice, name, value)
    monkeypatch.setattr(iso_file, "CACHE", state / "digests.json")
    monkeypatch.setattr(local_lab, "stored", made.stored)
    monkeypatch.setattr(local_lab, "module", made.module)
    monkeypatch.setattr(local_lab, "installer_iso", lambda: installer)
    return made


@pytest.mark.recovery("`make up ISO=…` failed, and `make up` or `make preview` runs without `ISO=`")
def test_the_users_file_is_remembered(store: FakeStore, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.iso").write_bytes(b"mine")

    first = iso_choice.offer("mine.iso")
    again = iso_choice.offer(None)

    assert store.content == b"mine"
    assert len(store.puts) == 1
    assert first == again == {"IMAGE_FROM_ISO_NAMES": '{"lab-images:installer.iso": "mine.iso"}'}
    assert capsys.readouterr().err.count("the ISO file is mine.iso: ") == 2
    assert not iso_choice.is_own()


def test_the_users_file_is_put_again_when_it_changed_or_the_store_was_emptied(store: FakeStore) -> None:
    Path("mine.iso").write_bytes(b"mine")
    iso_choice.offer("mine.iso")
    Path("mine.iso").write_bytes(b"mended")
    iso_choice.offer("")
    changed = store.content
    store.content = None
    iso_choice.offer("")

    assert changed == store.content == b"mended"
    assert 3 == len(store.puts)


def test_the_installer_returns_only_on_request(store: FakeStore) -> None:
    Path("mine.iso").write_bytes(b"mine")
    iso_choice.offer("mine.iso")
    iso_choice.offer(".state/installer.iso")
    back = store.content
    iso_choice.offer(None)

    assert back == store.content == b"the installer"
    assert iso_choice.is_own()


def test_a_remembered_file_that_is_gone_is_not_replaced(store: FakeStore, capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.iso").write_bytes(b"mine")
    iso_choice.offer("mine.iso")
    Path("mine.iso").unlink()

    iso_choice.offer(None)
    said = capsys.readouterr().err
    store.content = None
    with pytest.raises(SetupError, match="there is no file"):
        iso_choice.offer(None)

    assert "continuing with its copy in the lab's object store" in said
    assert store.content is None


def test_a_file_that_an_earlier_version_has_put_is_not_replaced(store: FakeStore) -> None:
    store.content = b"put by an earlier version"

    iso_choice.offer(None)

    assert store.content == b"put by an earlier version"
    assert store.puts == []


def test_a_damaged_record_does_not_lead_to_another_file(store: FakeStore) -> None:
    iso_choice.CHOICE.write_text("{")

    with pytest.raises(SetupError, match="set ISO=file"):
        iso_choice.offer(None)

    assert store.content is None


@pytest.mark.parametrize("chosen", ["other.iso", None])
def test_a_preview_changes_and_remembers_nothing(
    chosen: str | None, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("mine.iso").write_bytes(b"mine")
    Path("other.iso").write_bytes(b"other")
    iso_choice.offer("mine.iso")
    remembered = iso_choice.CHOICE.read_text()
    shown: list[Path] = []

    def start(_upstream: str, file: iso_overlay.ShownFile) -> str:
        shown.append(file.path)
        return "http://127.0.0.1:1"

    monkeypatch.setattr(iso_overlay, "start", start)

    settings = iso_choice.show(chosen, {"HW_OBS_ENDPOINT": "http://127.0.0.1:9"})

    assert store.content == b"mine"
    assert iso_choice.CHOICE.read_text() == remembered
    assert [path.name for path in shown] == ([chosen] if chosen else [])
    assert ("HW_OBS_ENDPOINT" in settings) == bool(chosen)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Yield a lab that holds an ISO file."""
    with RunningLab.holding(tmp_path_factory.mktemp("lab"), {"installer.iso": ISO_9660}) as lab_:
        yield lab_


def object_store(environment: Mapping[str, str]) -> Any:

    return connection.connect("lab-1", {}, environment).obs


def test_a_preview_sees_a_file_in_the_place_of_the_object(running: RunningLab, tmp_path: Path) -> None:
    other = tmp_path / "other.iso"
    other.write_bytes(os.urandom(100_000))
    md5 = hashlib.md5(other.read_bytes(), usedforsecurity=False).hexdigest()
    shown = iso_overlay.ShownFile(other, "/lab-images/installer.iso", md5)
    endpoint = iso_overlay.start(running.env["HW_OBS_ENDPOINT"], shown)

    overlaid = object_store({**running.env, "HW_OBS_ENDPOINT": endpoint})
    found = overlaid.head_object("lab-images", "installer.iso")
    start = overlaid.read_start("lab-images", "installer.iso", 50)
    part = overlaid.read_range("lab-images", "installer.iso", 1000, 2000)

    assert (found.size_bytes, found.etag) == (100_000, md5)
    assert start[1] == other.read_bytes()[:50]
    assert part == other.read_bytes()[1000:3000]
    assert overlaid.head_object("lab-images", "absent.iso") is None
    assert overlaid.bucket_location("lab-images") == "lab-1"
    assert object_store(running.env).head_object("lab-images", "installer.iso").size_bytes == len(ISO_9660)


def test_a_file_that_is_shown_is_shown_to_its_owner_only(running: RunningLab, tmp_path: Path) -> None:
    import requests

    secret = tmp_path / "secret.iso"
    secret.write_bytes(b"secret")
    shown = iso_overlay.ShownFile(secret, "/lab-images/installer.iso", "0" * 32)
    endpoint = iso_overlay.start(running.env["HW_OBS_ENDPOINT"], shown)

    response = requests.get(f"{endpoint}/lab-images/installer.iso", timeout=30)

    assert response.status_code == 403
    assert b"secret" not in response.content


def test_put_copies_only_what_the_store_does_not_have(running: RunningLab, tmp_path: Path) -> None:
    from tests.labs import run_lab

    def head() -> str:
        return run_lab(running.state, "head", "lab-images/a b.iso")

    file = tmp_path / "ä.iso"
    file.write_bytes(b"one")
    md5 = hashlib.md5(b"one", usedforsecurity=False).hexdigest()
    absent = head()
    run_lab(running.state, "put", "--md5", md5, str(file), "lab-images/a b.iso")
    first = head()
    file.write_bytes(b"two")
    run_lab(running.state, "put", str(file), "lab-images/a b.iso")

    assert absent.strip() == "null"
    assert md5 in first
    assert hashlib.md5(b"two", usedforsecurity=False).hexdigest() in head()


def test_no_command_of_the_lab_goes_through_a_proxy(running: RunningLab, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.labs import run_lab

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert "ok" in run_lab(running.state, "status")
    assert "etag" in run_lab(running.state, "head", "lab-images/installer.iso")
    assert "no_proxy='localhost,127.0.0.1,::1'" in run_lab(running.state, "env")
    assert object_store(running.env).head_object("lab-images", "installer.iso").size_bytes == len(ISO_9660)
