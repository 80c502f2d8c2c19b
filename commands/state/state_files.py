"""
Files of a stack's state in a folder, which a full disk leaves empty or truncated, and their restoration.

Pulumi keeps the state before the last change beside it (`<stack>.json.bak`) and a copy of each finished run
(`.pulumi/history`, `.pulumi/backups`). Each file may have a companion `.attrs` with attributes, which is optional.
"""

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from commands.state import locks
from commands.state.lock_records import LockFolder
from config import wording
from toolchain.paths import ROOT
from toolchain.steps import SetupError

LAYOUT_VERSION = 1  # of .pulumi/meta.yaml, with stacks by project


@dataclass(frozen=True)
class StateFolder:
    """
    Files of one stack.

    Attributes:
        root: Folder `.pulumi` of the backend.
        project: Name of the project.
        stack: Name of the stack.
    """

    root: Path
    project: str
    stack: str

    @classmethod
    def of(cls, folder: LockFolder) -> "StateFolder":
        """Return the folder that belongs to a folder of locks."""
        return cls(folder.backend / ".pulumi", folder.project, folder.stack)

    @property
    def meta(self) -> Path:
        """Return the file with the version of the layout."""
        return self.root / "meta.yaml"

    @property
    def file(self) -> Path:
        """Return the file with the stack's state, which may not exist."""
        plain = self.root / "stacks" / self.project / f"{self.stack}.json"
        packed = plain.with_name(f"{plain.name}.gz")
        return packed if packed.exists() and not plain.exists() else plain

    def earlier(self) -> Iterator[Path]:
        """Yield files with earlier states, beginning with the newest."""
        yield self.file.with_name(f"{self.file.name}.bak")
        copies: list[Path] = []
        for folder, pattern in (("history", "*.checkpoint.json*"), ("backups", "*.json*")):
            copies += (self.root / folder / self.project / self.stack).glob(f"{self.stack}[-.]{pattern}")
        finished = [path for path in copies if path.suffix in (".json", ".gz")]
        yield from sorted(finished, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def damage(files: StateFolder) -> list[str]:
    """Return phrases on the files that Pulumi cannot read; none for a stack that does not exist yet."""
    found = []
    if files.meta.exists() and not _is_meta(files.meta):
        found.append(f"{files.meta} {_state(files.meta)}")
    if files.file.exists() and resources(files.file) is None:
        found.append(f"{files.file} {_state(files.file)}")
    found += [f"{path} {_state(path)}" for path in _damaged_attributes(files)]
    return found


def require_sound(stack: str, environment: Mapping[str, str], program: Path = ROOT) -> None:
    """
    Check that the files of a stack's state are undamaged.

    Args:
        stack: Name of the stack.
        environment: Environment of Pulumi commands.
        program: Folder of the project.

    Raises:
        SetupError: A file is damaged; the message contains a remedy.
    """
    _remove_damaged_selections(environment)
    folder = locks.lock_folder(stack, environment, program)
    found = damage(StateFolder.of(folder)) if folder else []
    if not found or not folder:
        return
    lines = [f"the state of the stack {stack} is damaged, probably because the disk was full:"]
    lines += [f"  {sentence}" for sentence in found]
    source = _source(StateFolder.of(folder))
    options = "" if program == ROOT else f" ARGS='--program {program}'"
    if source is None:
        advice = "There is no good copy of it. Replace it by a copy of your own (docs/how-to/recovery.md)."
    else:
        advice = (
            f"Free disk space, then restore {_description(source)} with `make restore STACK={stack}{options}`,"
            " and run `make refresh` and `make up`, which find unrecorded resources by their ownership tags."
        )
    raise SetupError("\n".join([*lines, advice]))


def restore(stack: str, environment: Mapping[str, str], program: Path = ROOT) -> list[str]:
    """
    Replace damaged files by good ones, and keep the damaged ones under another name.

    Args:
        stack: Name of the stack.
        environment: Environment of Pulumi commands.
        program: Folder of the project.

    Returns:
        Phrases on the changes.

    Raises:
        SetupError: There is no good file, or the state is not kept in a folder.
    """
    folder = locks.lock_folder(stack, environment, program)
    if folder is None:
        raise SetupError("the state is not kept in a folder; restore an earlier version in its backend")
    files, done = StateFolder.of(folder), []
    for path in _damaged_attributes(files):
        path.unlink()
        done.append(f"removed {path}")
    if files.meta.exists() and not _is_meta(files.meta):
        _replace(files.meta, f"version: {LAYOUT_VERSION}\n".encode())
        done.append(f"wrote {files.meta}")
    if files.file.exists() and resources(files.file) is None:
        source = _source(files)
        if source is None:
            raise SetupError(f"there is no good copy of {files.file}; see docs/how-to/recovery.md")
        _replace(files.file, _content_for(files.file, source))
        done.append(f"restored {_description(source)}")
    return done


def resources(path: Path) -> int | None:
    """Return the number of resources in a file with a state, or None if it is damaged."""
    try:
        state = json.loads(_unpacked(path))
        found = (state["checkpoint"].get("latest") or {}).get("resources") or []
        return len(found) if isinstance(state["version"], int) else None
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _source(files: StateFolder) -> Path | None:
    return next((path for path in files.earlier() if path.exists() and resources(path) is not None), None)


def _description(path: Path) -> str:
    count = resources(path)
    when = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    content = "damaged" if count is None else wording.count(count, "resource")
    return f"{path} of {when:%Y-%m-%d %H:%M:%S} UTC ({content})"


def _state(path: Path) -> str:
    size = path.stat().st_size
    return "is empty" if size == 0 else f"is truncated ({size} bytes)"


def _is_meta(path: Path) -> bool:
    try:
        meta: Any = yaml.safe_load(path.read_text())
        return isinstance(meta["version"], int)
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return False


def _damaged_attributes(files: StateFolder) -> list[Path]:
    owners = (files.meta, files.file, files.file.with_name(f"{files.file.name}.bak"))
    return [path for owner in owners if (path := Path(f"{owner}.attrs")).exists() and not _is_json_object(path)]


def _remove_damaged_selections(environment: Mapping[str, str]) -> None:
    """Remove damaged settings of Pulumi's workspaces, which contain only the stack that `make` selects again."""
    home = environment.get("PULUMI_HOME")
    for path in Path(home, "workspaces").glob("*-workspace.json") if home else ():
        if not _is_json_object(path):
            path.unlink(missing_ok=True)


def _is_json_object(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except (OSError, ValueError):
        return False


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def _content_for(target: Path, source: Path) -> bytes:
    content = _unpacked(source)
    return gzip.compress(content) if target.suffix == ".gz" else content


def _replace(path: Path, content: bytes) -> None:
    """Write a file atomically, and keep the damaged one beside it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(path, path.with_name(f"{path.name}.damaged"))
        os.replace(unfinished, path)
    except OSError as error:
        raise SetupError(f"cannot write {path}: {error.strerror}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
