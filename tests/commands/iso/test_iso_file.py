"""A user's ISO file: valid files, and detection of unchanged content without reading it again."""

import hashlib
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from commands.iso import iso_file
from commands.iso.iso_file import content_of, find
from toolchain.steps import SetupError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iso_file, "CACHE", tmp_path / "cache" / "digests.json")


def as_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "directory": (lambda path: path.mkdir(), r"x\.iso is a directory, not an ISO file"),
    "pipe": (lambda path: os.mkfifo(path), r"x\.iso is a named pipe"),
    "socket": (as_socket, r"x\.iso is a socket"),
    "device": (lambda path: path.symlink_to("/dev/zero"), r"x\.iso is a device"),
    "empty": (lambda path: path.touch(), r"x\.iso is empty"),
    "broken link": (lambda path: path.symlink_to("nowhere.iso"), r"x\.iso is a link to nowhere\.iso, which does not"),
    "loop": (lambda path: path.symlink_to(path), r"cannot open x\.iso in .*symbolic links"),
    "absent": (lambda path: None, r"there is no file x\.iso in /.*, where `make` runs"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_iso_file_is_named_for_what_it_is(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make, words = KINDS[kind]
    make(Path("x.iso"))

    with pytest.raises(SetupError, match=words):
        find("x.iso", tmp_path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere/x.iso", r"there is no folder nowhere in /.*, where `make` runs"),
        ("/nowhere/x.iso", r"there is no folder /nowhere \("),
        ("file/x.iso", r"cannot open file/x\.iso in .*Not a directory"),
        ("~nobody-of-this-name/x.iso", "there is no such user"),
        ("~/nowhere/of/mine.iso", r"there is no folder ~/nowhere/of \("),
        ("x" * 300, "name too long"),
        ("ä \udcff.iso", r"there is no file ä \\udcff\.iso in"),
    ],
)
def test_a_path_that_leads_nowhere_is_reported_with_where_it_ends(name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SetupError, match=words) as refusal:
        find(name, tmp_path)

    str(refusal.value).encode()  # can be printed


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.iso").write_bytes(b"x")
    (tmp_path / "x.iso").chmod(0)

    with pytest.raises(SetupError, match="cannot be read"):
        find("x.iso", tmp_path)


@pytest.mark.parametrize("name", ["~/a b.iso", "a b.iso", "~/größe 龍.iso", "\udcff.iso"])
def test_a_file_is_found_in_the_home_and_in_the_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / name.removeprefix("~/")
    file.write_bytes(b"x")

    assert find(name, tmp_path) == file


def content(data: bytes) -> iso_file.Content:
    return iso_file.Content(
        len(data), hashlib.md5(data, usedforsecurity=False).hexdigest(), hashlib.sha256(data).hexdigest()
    )


def settle(path: Path, mtime_s: int = 1_000_000_000) -> None:
    """Set the modification time of a file, by default far in the past."""
    os.utime(path, (mtime_s, mtime_s))


def test_a_file_is_read_again_only_when_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, read, digest = tmp_path / "x.iso", [], iso_file._digest

    def counting(path: Path, name: str) -> iso_file.Content:
        read.append(name)
        return digest(path, name)

    monkeypatch.setattr(iso_file, "_digest", counting)
    file.write_bytes(b"one")
    settle(file)

    first = [content_of(file, "x.iso"), content_of(file, "x.iso")]
    file.write_bytes(b"two")
    settle(file)  # size and time of modification are the same: the inode's own time differs
    second = [content_of(file, "x.iso"), content_of(file, "x.iso")]

    assert first == [content(b"one")] * 2
    assert second == [content(b"two")] * 2
    assert len(read) == 2


def test_a_file_that_was_written_just_now_is_not_trusted_to_stay(tmp_path: Path) -> None:
    file = tmp_path / "x.iso"
    file.write_bytes(b"one")
    content_of(file, "x.iso")

    assert not iso_file.CACHE.exists()


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.iso"
    file.write_bytes(b"one")
    digest = iso_file._digest

    def changing(path: Path, name: str) -> iso_file.Content:
        found = digest(path, name)
        file.write_bytes(b"longer")
        return found

    monkeypatch.setattr(iso_file, "_digest", changing)

    with pytest.raises(SetupError, match="changed while it was read"):
        content_of(file, "x.iso")


@pytest.mark.parametrize("damaged", ["", "[]", "{", '{"x": 1}', '{"x": {"signature": [], "content": {}}}'])
def test_a_damaged_cache_is_no_obstacle(damaged: str, tmp_path: Path) -> None:
    file = tmp_path / "x.iso"
    file.write_bytes(b"one")
    settle(file)
    iso_file.CACHE.parent.mkdir()
    iso_file.CACHE.write_text(damaged)

    assert content_of(file, "x.iso") == content(b"one")


def test_reading_a_big_file_shows_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(iso_file, "SILENT_S", 0)
    monkeypatch.setattr(iso_file, "CHUNK_BYTES", 1 << 20)
    file = tmp_path / "x.iso"
    file.write_bytes(bytes(3 << 20))

    content_of(file, "~/x.iso")

    assert re.search(r"lab: reading ~/x\.iso: 1 MiB of 3 MiB \(33 %\)", capsys.readouterr().err)
